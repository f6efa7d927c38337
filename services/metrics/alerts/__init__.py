"""Alerts: numbers beyond a threshold, with the office that answers and the day by which it should have."""
