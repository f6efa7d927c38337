"""Scripts for strangers: each checks one thing we publish, with Python's standard library alone."""
