"""Who picked up which child after a session: a guardian, or a person whose name is sealed."""
