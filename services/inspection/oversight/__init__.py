"""Decides whether the work was done: duties and escalations, second visits by other teams, reports of campaigns."""
