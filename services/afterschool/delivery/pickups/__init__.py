"""Pickups of children after a session, by a guardian or a person whose name is sealed."""
