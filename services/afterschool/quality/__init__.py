"""Whether after-school service is good: satisfaction of guardians and students, and the five managements (五项管理)."""
