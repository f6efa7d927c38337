"""Keeps the rules of inspection as dated versions: norms, offences, checklists, and the registry's calendar."""
