"""The whole platform on one machine: PostgreSQL, a broker, a token issuer, and what keeps them up."""
