"""Settlement of providers: the sessions that they really delivered, times the rate that was agreed for each.

A settlement posts the target minus what earlier ones posted, so a correction of attendance comes with the next one.
"""
