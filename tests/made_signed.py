"""Proposals with signatures, as rows by hand: for what the database alone holds against them."""


def signed(letter: str, kind: str, says: str, *, people: int = 2) -> str:
    """SQL of a proposal, its digest 64 times *letter*, that so many operators of a case sign.

    *says*: its body, an SQL expression of ``jsonb``.
    """
    return f"""
INSERT INTO governance.proposal (digest, kind, body, occurred_at)
    SELECT repeat('{letter}', 64), '{kind}', {says}, now();
INSERT INTO governance.approval (digest, operator, signature, occurred_at)
    SELECT repeat('{letter}', 64), name, sha256('a') || sha256('b'), now() FROM governance.operator
    ORDER BY name LIMIT {people};
"""  # noqa: S608 -- our own words
