"""A rectification: the institution reports it, a second visit looks at it, somebody verifies it."""
