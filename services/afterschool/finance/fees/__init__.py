"""Fees: a bill by child and term from lessons really delivered, waivers of hardship, collections and refunds."""
