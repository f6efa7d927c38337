"""Schools publish and freeze offerings: teachers, rooms and providers are checked and kept in one place at a time."""
