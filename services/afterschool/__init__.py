"""After-school decides which child has a place in which course, and who is next when one is given back."""
