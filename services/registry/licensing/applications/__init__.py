"""Who asks for a permit, on which statutory clock the answer runs, and what the answer is."""
