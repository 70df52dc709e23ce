"""Who may sign in at the console, in which roles, and what of people they looked at."""
