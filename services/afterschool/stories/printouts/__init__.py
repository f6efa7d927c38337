"""Prints with names for a school: the list of a class, the sheet of a session, and the bill of a child."""
