"""Use cases in which wings meet: a pupil who changes class or school loses the seats that the change rules out."""
