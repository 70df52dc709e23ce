"""Compiled kernels of linkage: numbers and flat arrays in, numbers out; no files, no frames."""
