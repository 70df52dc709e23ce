"""Paying what is owed, exactly once: instructions, dispatch, reconciliation."""
