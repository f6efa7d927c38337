"""Sources: how far each partition of the log has been counted, and so of which moment a number speaks."""
