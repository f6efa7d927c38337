"""The rights of a child in its data: identities are corrected, and erased when no duty to keep them is left."""
