"""What a school prints with names: the list of a class with its courses, and the sheet of a session."""
