"""Pairs that no exact key decides: which are compared, how they agree, what that weighs."""
