"""Leaked files and registries in custody: read into columns, row by row, or quarantined."""
