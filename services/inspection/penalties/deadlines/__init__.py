"""The deadlines of a case, and what forbids its decision today."""
