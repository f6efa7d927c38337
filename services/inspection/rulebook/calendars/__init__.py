"""Which days are working days: a copy of the registry's calendar, by which the statutory days of a case are counted."""
