"""Who has a place and who waits for one, in the order of asking. Refuses a second request for the same child."""
