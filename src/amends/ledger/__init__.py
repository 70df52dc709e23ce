"""Accounts and transfers. A transfer is one row: one debit, one credit, one positive amount."""
