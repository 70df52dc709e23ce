"""Words that every room shares: money, ids, time, refusals, data categories, the case. Pure."""
