"""Compiled kernels of the evidence room: bytes and flat arrays in, flat arrays out; no files."""
