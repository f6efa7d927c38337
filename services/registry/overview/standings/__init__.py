"""What the public may know: who is licensed, whether an institution is lawful and why, and published notices."""
