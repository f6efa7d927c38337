"""Allocation: decides from ranked wishes who gets which seat, in one market per school, term and weekday slot.

`market` is the frozen input, `lottery` draws the numbers, `mechanism` allocates, `sequence` orders the markets of a
term, `checker` checks the result independently. `explanation` gives the reason for each choice, `swaps` and `credits`
count who lost, and `publication` writes the file that `deploy/verify/allocation.py` checks.
"""
