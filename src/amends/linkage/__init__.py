"""Leaked rows to accounts, accounts to persons: each person once, with a stated error."""
