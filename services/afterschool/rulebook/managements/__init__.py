"""The rules of the five managements (五项管理): what a school declares about each, and which figures fall short."""
