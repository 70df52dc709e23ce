"""Promise and tariff make an amount per person; funding is checked before it is owed."""
