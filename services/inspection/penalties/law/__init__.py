"""The Administrative Penalty Law (行政处罚法) as checks, and the facts outside the file that they need."""
