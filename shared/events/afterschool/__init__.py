"""What after-school publishes: schools, offerings and enrolments. Children appear by pseudonymous id only."""
