"""The books: accounts and one-row transfers. Knows money and nobody."""
