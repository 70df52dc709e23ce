"""Compiled kernels that several rooms use: numbers and flat arrays in, numbers out."""
