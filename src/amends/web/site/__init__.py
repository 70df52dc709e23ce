"""Baked pages: made from what is published and from what the case says of itself."""
