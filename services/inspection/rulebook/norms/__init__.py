"""Numbers that offices decide, each from a day on with its source: days, shares, points of risk, large fines."""
