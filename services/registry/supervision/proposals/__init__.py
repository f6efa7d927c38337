"""What penalty decisions ask of the registry: the bureau follows it, acting on permits and notices at once, or not."""
