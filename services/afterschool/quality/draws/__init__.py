"""Which declarations the bureau verifies: a sample, drawn from a secret that was promised and a public value."""
