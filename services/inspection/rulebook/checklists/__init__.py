"""Checklists in versions. Decides which answers a visit owes, and which of them are violations of which clause."""
