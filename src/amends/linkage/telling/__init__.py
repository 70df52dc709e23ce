"""What became of one person, and of everybody between two runs, in words."""
