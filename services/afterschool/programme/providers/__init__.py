"""Institutions a school might engage: a copy of the ledger and its permits, judged by the days they state."""
