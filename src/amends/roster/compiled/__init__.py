"""Compiled kernels of the roster: numbers and flat arrays in, numbers out."""
