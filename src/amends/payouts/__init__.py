"""Instruction, attempt, dispatch, returns, reconciliation: everybody paid exactly once."""
