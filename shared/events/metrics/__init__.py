"""What metrics publishes: nothing yet. It listens; reported indicators will speak here."""
