"""Decides whom to visit next: risks, random draws, and the daily list of a team."""
