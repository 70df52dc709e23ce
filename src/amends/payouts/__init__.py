"""Paying what is owed, exactly once.

In the order of a payment's life: ``planning``, ``sending`` through ``rails``, ``after_payment`` for
what is refused, waits or is asked back, ``reconciling`` with the bills; ``showing`` is for lists.
"""
