"""A year's calendar is published or corrected, and the clocks of running applications are counted again."""
