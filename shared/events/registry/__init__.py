"""What the registry publishes: institutions and all that the licensing authority decides about them.

Days (`date`) are days in China; `at` is the instant of the fact. Money is in fen. Officials appear by the subject of
their account only; operators and guardians not at all.
"""
