"""Technique that every service stands on, and the published language (`shared.events`).

Admission rule: used by two services, no domain word, imports no service.
"""
