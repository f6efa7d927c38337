"""Rebuilds: the numbers once more from the whole log, held against the live ones, and put in their place if asked."""
