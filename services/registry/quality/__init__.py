"""What is doubtful about the ledger, as a work list with reasons; and the merge of two entries that are one institution."""
