"""Protects the party's rights: notice, statement, hearing."""
