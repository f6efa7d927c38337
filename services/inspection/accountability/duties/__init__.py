"""Who must do what by when, and who was told when it was not done."""
