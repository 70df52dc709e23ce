"""What comes after: refusals, money that waits, taken back, asked back, or given to a notary."""
