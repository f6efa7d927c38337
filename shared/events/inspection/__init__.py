"""What inspection publishes: grids, teams, where each institution was placed, campaigns, visits and violations."""
