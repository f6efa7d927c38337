"""Classes of a school in a school year, and the grades they are in."""
