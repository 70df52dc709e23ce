"""Documents as files that last: tagged PDF for archives, read aloud and by programs."""
