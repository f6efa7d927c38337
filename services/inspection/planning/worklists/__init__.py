"""A team's day in a campaign: in which order to visit, and when to try a closed door again. Leaves nobody out."""
