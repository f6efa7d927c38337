"""The three responsibilities (district, street, industry department): a name for each on every institution."""
