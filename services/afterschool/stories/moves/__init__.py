"""A pupil changes class or school, or leaves: the seats that the change rules out go to others."""
