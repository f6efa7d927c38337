"""PostgreSQL: engine and sessions, the unit of work, leases, and what an error of the database means."""
