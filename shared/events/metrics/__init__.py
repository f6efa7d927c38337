"""The events of metrics: figures of which no event tells, reported by an office and approved by another person."""
