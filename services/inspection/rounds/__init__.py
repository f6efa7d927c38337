"""Decides who is visited: campaigns with a frozen list, visits from plan to review, and what visits discover."""
