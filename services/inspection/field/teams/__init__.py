"""Street teams and the grids they walk. Refuses a grid nobody drew, and a grid that another team walks already."""
