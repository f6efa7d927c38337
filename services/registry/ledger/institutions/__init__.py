"""The ledger: one institution, one entry. Decides what an entry must say; refuses two entries for one institution."""
