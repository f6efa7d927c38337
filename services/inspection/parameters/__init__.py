"""Numbers that offices decide: each in force from a day, with its source, until a later row replaces it."""
