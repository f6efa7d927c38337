"""Schools and their people: who belongs to which school, and who may act for a child."""
