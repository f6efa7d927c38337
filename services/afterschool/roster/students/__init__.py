"""Pupils by pseudonymous id: class and school of each day, and the groups that have reserved seats."""
