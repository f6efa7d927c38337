"""A small city to try the platform on: facts where facts are public, synthetic and labelled so where they are not."""
