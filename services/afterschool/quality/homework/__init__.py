"""Homework: the minutes that teachers declare for a class, judged by week against the limit of its grade."""
