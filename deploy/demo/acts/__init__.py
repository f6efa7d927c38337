"""The acts of "Datong 2021". Each looks at what is there and does what is missing, so each can be played again."""
