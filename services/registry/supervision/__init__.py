"""What the bureau asks of institutions and what they answer: notices, stop orders, commitments, advertisements."""
