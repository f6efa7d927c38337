"""Which days are working days, rest days, holidays, vacations; and which years' calendars are not known yet."""
