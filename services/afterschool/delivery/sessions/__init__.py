"""Sessions: which lesson of an offering is on which day, who teaches it, and which were cancelled."""
