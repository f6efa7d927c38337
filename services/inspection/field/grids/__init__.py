"""Street grids in versions. Decides which polygons may form a set, and in which grid a point lies."""
