"""What a campaign came to, out of recorded facts only. Decides what its report counts, and of which day."""
