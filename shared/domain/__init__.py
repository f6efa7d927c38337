"""What a rule is written with: refusals, time, dated records, working days, text and its normal forms. No I/O."""
