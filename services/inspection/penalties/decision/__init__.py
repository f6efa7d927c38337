"""Decides a case, or ends it without a penalty."""
