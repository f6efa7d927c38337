"""An institution that becomes another kind, or closes: its steps, and what happens to the permit."""
