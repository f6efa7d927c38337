"""Numbers that offices decide, for the city or one district: minutes, times of day, fen, shares, hours of an offer."""
