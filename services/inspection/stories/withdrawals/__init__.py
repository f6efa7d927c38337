"""Withdraws or ends what other records may depend on: campaigns, violations, offences."""
