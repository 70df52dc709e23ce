"""Clerical review: what readers are asked, what they answer, and the error that follows."""
