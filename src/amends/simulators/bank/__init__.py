"""A stand-in for a bank that is spoken to in files: its checks, its books, its delays and mistakes.

It shares no code with the rail that speaks to it: a mistake in one shows in the other.
"""
