"""Metrics decides nothing: it counts what the other services' events say, and shows the events behind each number."""
