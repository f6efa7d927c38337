"""What inspection told about institutions: every fact, where each violation and case stands, where each one lies."""
