"""What is read across all other wings: the file of one institution, what the public may know, doubts about entries."""
