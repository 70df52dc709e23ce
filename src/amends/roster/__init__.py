"""Commitments, transparency log, receipts and epochs: what a stranger can check."""
