"""How a matter is handled where offices differ: documents, deciding office, days, steps, dated and sourced."""
