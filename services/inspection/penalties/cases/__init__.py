"""Penalty cases. Refuses a decision that a court would void, and names the article of the law that forbids it."""
