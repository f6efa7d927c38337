"""Children get places: by asking in time, from the waiting list, or by allocation of ranked wishes."""
