"""What the policy forbids, as dated records with their sources; refuses nothing by itself, but says what would break it."""
