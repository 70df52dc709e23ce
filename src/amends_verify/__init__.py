"""The outsider's verifier: standard library only, imports nothing of ours."""
