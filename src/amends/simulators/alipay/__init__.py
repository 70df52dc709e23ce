"""A stand-in for Alipay's gateway: its protocol, its books, its delays and its mistakes.

It shares no code with the rail that speaks to it: a mistake in one shows in the other.
"""
