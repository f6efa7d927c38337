"""What schools declare about the five managements: by one person, signed by another, verified where it is drawn."""
