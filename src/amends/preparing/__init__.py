"""The first day: a case directory made from files, and what a case still needs."""
