"""Names: what people call the things and places that are counted, and the shapes of the grids."""
