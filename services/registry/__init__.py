"""Registry decides which institutions exist, what the ledger says of each, and who may teach what and where."""
