"""Compiled functions that several rooms share."""
