"""An institution may no longer be engaged: its offerings freeze with the event, or on the day, that ends its standing.

The children affected get proposals of other courses.
"""
