"""Decides who is where: grids, teams with their rotas and devices, and the institutions in each grid."""
