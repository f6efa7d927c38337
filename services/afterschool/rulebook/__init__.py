"""What the offices decided for after-school service: the catalogue and numbers, as dated, sourced records."""
