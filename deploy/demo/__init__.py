"""Plays on a running platform: the founding report in two sizes, and one district with phones. All is synthetic."""
