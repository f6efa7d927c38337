"""Phones that work without a line. Decides what becomes of each operation, and loses neither of two versions."""
