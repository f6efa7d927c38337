"""A permit is taken back without a penalty decision: the permit ends and the notice goes out, or neither."""
