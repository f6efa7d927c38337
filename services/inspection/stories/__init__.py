"""Use cases in which several wings change together; each states once in which order it locks rows."""
