"""Kill everything at random while work goes on, then prove that nothing was lost, doubled or reordered."""
