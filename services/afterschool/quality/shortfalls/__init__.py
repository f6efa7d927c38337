"""Where a school falls short in a management: found by its own figures or by verification, with a deadline, closed."""
