"""The commitment of standardised schools: its versions, who signed which, and what broke it."""
