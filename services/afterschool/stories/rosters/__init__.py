"""Rosters from files: schools, classes, teachers, and pupils with their guardians.

A file removes nobody: pupils who are missing from it are listed, and leave only when somebody decides so. What a person
decided by hand is not changed by a file. Every row has its report.
"""
