"""Imports of ledgers as they really are: any column names, a report for every row, resumable after a crash.

The file waits in the database; a worker applies it in chunks, each chunk one transaction with its report and the
progress. A service says what its rows mean (`Importer`); all the rest is here.
"""
