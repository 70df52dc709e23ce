"""What the public sends: sealed to a key that the process which takes it does not have."""
