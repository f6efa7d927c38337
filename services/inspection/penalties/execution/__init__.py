"""Carries a decision out: service, payment, enforcement, closure."""
