"""What penalty decisions ask of the registry, and what the bureau decided on each."""
