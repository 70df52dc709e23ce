"""A stand-in for WeChat Pay's gateway (API v3): its protocol, its books, its payees, its mistakes.

It shares no code with the rail that speaks to it: a mistake in one shows in the other.
"""
