import polars as pl
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from amends.linkage.compiled.octets import is_there, octets_of

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=4), st.text("a é王", max_size=30)))


@given(TEXTS, TEXTS, st.integers(0, 9), st.integers(0, 30))
@example(["x" * 12, "y" * 13, None, ""], ["z" * 40], 1, 4)
@example([None, "a"] * 9, [], 9, 9)
@example([], [], 0, 0)
def test_octets_are_those_of_the_texts(
    one: list[str | None], other: list[str | None], first: int, size: int
) -> None:
    """Of texts in one buffer or in several, in whole or a slice, each comes out under its row."""
    whole = pl.concat([pl.Series(one, dtype=pl.String), pl.Series(other, dtype=pl.String)])
    hidden = whole.set(pl.Series([i % 3 == 0 for i in range(len(whole))], dtype=pl.Boolean), None)
    for texts in (whole, whole.rechunk(), whole.slice(first, size), hidden):
        arrow = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
        for kind in (texts, texts.to_arrow(), arrow, arrow.cast(pa.string()), arrow[1:]):
            octets, bounds, valid, bit = octets_of(kind)
            found = [
                octets[bounds[i] : bounds[i + 1]].tobytes().decode()
                if is_there(valid, bit + i)
                else None
                for i in range(len(bounds) - 1)
            ]
            assert found == pl.Series(kind).to_list()
