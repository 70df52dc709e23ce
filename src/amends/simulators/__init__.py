"""The outside parties, each its own process, able to fail on purpose."""
