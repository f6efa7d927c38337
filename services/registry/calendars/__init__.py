"""Which days are working days, rest days, holidays, vacations; and where the calendar of a year is not published yet."""
