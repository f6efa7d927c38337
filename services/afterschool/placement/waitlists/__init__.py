"""Waiting lists: the children who wait for a seat, and the one who gets a seat that becomes free.

A free seat goes at once to the first child in line who can take it, as an offer with an end, or for good where the
family agreed beforehand. Whoever cannot take it is passed over with a reason and keeps its ticket.
"""
