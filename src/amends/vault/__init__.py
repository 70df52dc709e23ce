"""Keys, encryption of fields and files, crypto-shredding."""
