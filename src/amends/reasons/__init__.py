"""Why one person gets what they get: from the leaked rows to the payment, in words."""
