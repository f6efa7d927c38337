"""Who is a child's guardian, from when to when, and may act or see. Proven by a one-time code from the school."""
