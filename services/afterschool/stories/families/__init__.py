"""The page on which a guardian finds courses, takes a seat or ranks choices, and reads why."""
