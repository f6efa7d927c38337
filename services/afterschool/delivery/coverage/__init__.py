"""Whether a school serves its pupils on every school day, long enough and late enough; and whom it serves."""
