"""Complaints of the public and of the hotline: received, matched, looked into, answered; repeated ones join."""
