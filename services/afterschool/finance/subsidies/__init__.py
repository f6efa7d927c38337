"""Subsidies: runs by term, each reviewed by another person and locked; the next run posts what is still due."""
