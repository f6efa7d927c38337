"""Visits from the plan to the review. Decides who may walk in, how a visit may end, and what its end sets in motion."""
