"""Exports: every view of the numbers as a file."""
