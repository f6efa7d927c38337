"""A child's sessions in the calendar of the family's phone: an address without names, until it is revoked."""
