"""What is doubtful about the ledger, with reasons; and the merge of two entries that are one institution."""
