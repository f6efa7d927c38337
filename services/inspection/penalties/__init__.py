"""Decides penalty cases (行政处罚), and refuses what the Administrative Penalty Law forbids."""
