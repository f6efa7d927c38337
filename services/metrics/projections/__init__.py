"""Numbers from events. Every counted thing (a member) stands in one cell; a cell knows how many stand in it.

An event moves members between cells. So any number is a sum over cells, no query ever scans members, and the events
behind a number are those of the members in its cells.
"""
