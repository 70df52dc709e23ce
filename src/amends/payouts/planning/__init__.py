"""Before money goes out: who is due, by which rail and quota, and whether the promise holds."""
