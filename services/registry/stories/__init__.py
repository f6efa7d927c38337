"""Use cases that exist because wings meet. Each states the order in which it locks rows."""
