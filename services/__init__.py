"""The four services. None imports another; they tell one another what happened by events."""
