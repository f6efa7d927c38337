"""The figures that anybody may see, without the small numbers of people."""
