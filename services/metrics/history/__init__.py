"""History: the values of all indicators at the end of every day in China, for the city, districts, streets, schools."""
