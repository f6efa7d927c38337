"""Inspection decides who visits whom: street grids, teams, campaigns with a frozen list, visits, violations."""
