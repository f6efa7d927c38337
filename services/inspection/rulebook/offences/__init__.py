"""The catalogue of what can be wrong: which clause it breaks, how grave it is, what it may cost. In dated versions."""
