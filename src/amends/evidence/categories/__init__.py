"""What leaked: which category a column is of, and identifiers in running text."""
