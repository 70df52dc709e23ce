"""Leaked rows to accounts, accounts to persons: each person once, with a stated error.

Fields are made ``canonical``; exact keys decide what they can, ``weighing`` the rest; ``review`` is
what people read, ``telling`` is what they are told. ``determine`` is the stage.
"""
