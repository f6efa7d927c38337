"""Reported figures: numbers of which no event tells, submitted with evidence and approved by another person."""
