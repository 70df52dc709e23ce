"""Compiled kernels of payees: numbers and flat arrays in, numbers out; no files, no frames."""
