"""Leaked files, registries and people files in custody: readers, columns, rows or quarantine."""
