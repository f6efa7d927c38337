"""Money: what families owe and get back, and what the city pays for the classes that took part."""
