"""Campaigns: a frozen list of institutions, each of which must end with a reason. Decides what counts as covered."""
