"""An institution may no longer be engaged: its offerings freeze at once, and the children affected get proposals."""
