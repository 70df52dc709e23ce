"""The model case at any size, with known truth."""
