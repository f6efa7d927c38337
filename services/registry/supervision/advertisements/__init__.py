"""Training advertisements: found, ordered removed, removed, verified."""
