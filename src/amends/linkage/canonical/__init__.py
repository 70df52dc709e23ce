"""Canonical forms, one module per kind of value; each mends only what is not canonical yet.

Values that a cheap test finds canonical are handed on as they are; the others are mended, where
values repeat each different one once. What was done is told by :class:`~.changes.Change`.
"""
