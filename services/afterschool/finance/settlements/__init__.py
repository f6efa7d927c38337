"""Settlement of providers and people from outside: the sessions that they really delivered."""
