"""Records what is wrong and what proves it: complaints, violations, evidence."""
