"""Marks that the sessions of a school have to be planned again: changes leave them, the worker removes them."""
