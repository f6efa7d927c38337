"""A ledger comes as a file: its rows become entries, and the permits they tell of are recorded."""
