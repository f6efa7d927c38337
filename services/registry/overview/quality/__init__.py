"""What is doubtful about the ledger, with reasons, and which doubts an official has looked into."""
