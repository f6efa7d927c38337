"""What is on record about each institution: its entry, who is responsible for it, what inspection told about it."""
