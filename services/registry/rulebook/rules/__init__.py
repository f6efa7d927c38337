"""What the policy forbids, as dated records with their sources, and what a plan would break."""
