"""Decides whether the work was done well: second visits by other teams, and reports of campaigns."""
