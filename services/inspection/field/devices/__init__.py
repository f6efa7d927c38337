"""Phones that record inspections. Decides whose phone signs for whom, and until when."""
