"""Changes who is responsible for a place: new grids come into force, teams get grids, institutions get a grid."""
