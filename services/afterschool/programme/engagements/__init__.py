"""Who from outside may teach: institutions on a county's white list with a price, and people who were checked.

The rules: outside institutions only for non-subject courses, from a published list with published prices
(双减意见, 2021); a background check for everybody who works with children (未成年人保护法 art. 62, to be confirmed).
"""
