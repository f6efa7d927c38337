"""What a school prints with names: the list of a class, the sheet of a session, and the bill of a child."""
