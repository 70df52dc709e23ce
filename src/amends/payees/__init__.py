"""Who is paid for a person: adults, guardians, or nobody yet."""
