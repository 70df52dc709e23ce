"""Compiled functions that no one room owns: numbers and flat arrays in, numbers out."""
