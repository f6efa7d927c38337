"""Inspection's copy of the ledger: every institution with the grid it stands in, and the blind spots that remain."""
