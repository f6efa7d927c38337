"""Two entries that are one institution become one, with one file."""
