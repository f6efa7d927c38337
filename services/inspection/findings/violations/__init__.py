"""Violations from report to verified rectification. Decides by when each must be put right, and who may say so."""
