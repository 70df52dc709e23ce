"""Every list that leaves as a file: its columns, and all of its rows, narrowed as it is shown."""
