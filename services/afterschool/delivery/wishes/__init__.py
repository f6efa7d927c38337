"""Whether a child is to have after-school service in a term: the denominator of "willing"."""
