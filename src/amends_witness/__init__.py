"""A stand-alone witness of transparency logs (C2SP tlog-witness): imports nothing of ours."""
