"""The events of metrics: none yet. Reported indicators will be published here."""
