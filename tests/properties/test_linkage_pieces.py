"""Pieces of texts are those of their signs."""

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from amends.linkage.compiled.pieces import Piece, pieces


@given(
    st.lists(st.none() | st.text(alphabet="a*@é王𠮷", max_size=8), max_size=20),
    st.builds(
        Piece,
        skip=st.integers(0, 3),
        first=st.integers(0, 4),
        last=st.integers(0, 4),
        least=st.integers(0, 5),
        at=st.sampled_from(["", "@"]),
    ),
    st.integers(0, 3),
)
@example(["ab@c", "@", None, ""], Piece(last=2**31 - 1, at="@"), 0)
def test_pieces_are_those_of_signs(texts: list[str | None], piece: Piece, sliced: int) -> None:
    """Beginnings and ends by signs, not octets; none of what is short, masked, or lacks a sign."""
    column = pl.Series("text", texts, dtype=pl.String)[sliced:]
    assert pieces(column, piece).to_list() == [_piece(text, piece) for text in texts[sliced:]]


def _piece(text: str | None, piece: Piece) -> str | None:
    """The rule in plain words."""
    if text is None or piece.at not in text:
        return None
    whole = text.split(piece.at)[0] if piece.at else text
    head = min(piece.skip + piece.first, len(whole))
    tail = max(len(whole) - piece.last, head)
    found = whole[piece.skip : head] + whole[tail:]
    return None if len(whole) < piece.least or "*" in found else found
