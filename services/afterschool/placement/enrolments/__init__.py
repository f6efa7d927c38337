"""Enrolments: children with a place, and those who wait for one in the order of asking.

Refuses a second request for the same child.
"""
