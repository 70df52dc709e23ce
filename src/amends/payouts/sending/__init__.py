"""Money goes out: number first, commit, send; what was answered, and the switch."""
