"""A visit is submitted: what it found is reported, and its outcome counts in its campaign and at its institution."""
