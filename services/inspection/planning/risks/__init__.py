"""How urgent a visit is, in points that anybody can add up. Decides an order and a class, never whom to leave out."""
