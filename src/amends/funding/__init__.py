"""Proof that the money is there, what is owed against it, and how much of it may be used."""
