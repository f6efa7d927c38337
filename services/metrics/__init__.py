"""Metrics counts what the other services' events say, and shows the events behind each number.

It decides one thing: whether a figure of which no event tells, reported with evidence, is approved.
"""
