"""Teachers of a school by pseudonymous id, and from when to when each belongs to it."""
