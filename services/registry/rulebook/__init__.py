"""What the offices decided for everybody: working days, vacations, rules and procedures, as dated, sourced records."""
