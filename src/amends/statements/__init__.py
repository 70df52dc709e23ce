"""Bank statements as banks send them, read into one form and proved. Pure; knows no case."""
