"""Indicators: what each number means, its value for a scope, its series, and its receipts."""
