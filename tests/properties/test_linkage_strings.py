import duckdb
import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage.compiled.strings import (
    alike,
    contains,
    flat,
    jaro_winkler,
    likeness,
    order,
    sorted_tokens,
    spelled,
)

SIGNS = "abc 王小明大é\U00020bb7"
PLAIN = "abc defghi"
WORD = st.text(SIGNS, max_size=12)


def in_bytes(text: str) -> str:
    """Each sign as a letter of one byte: what works on bytes then works on signs."""
    return text.translate(str.maketrans(SIGNS, PLAIN))


def by_duckdb(question: str, one: str, other: str) -> object:
    """DuckDB's answer."""
    return duckdb.execute(f"SELECT {question}", [one, other]).fetchall()[0][0]


@given(st.lists(st.text(), max_size=8))
@example(["", "a", "é", "王", "\U00020bb7", "\x00"])
def test_texts_keep_their_signs(texts: list[str]) -> None:
    """What is made flat can be read back, sign by sign."""
    made = flat(pl.Series(texts, dtype=pl.String))
    assert len(made) == len(texts)
    for i, text in enumerate(texts):
        signs = made.codepoints[made.offsets[i] : made.offsets[i + 1]]
        assert "".join(map(chr, signs)) == text


@given(WORD, WORD)
@budget(max_examples=300)
@example("王小明", "王大明")
@example("abcabcaaabca", "bcaabcacabcc")
@example("a ", "aaaaa aaaaa")
def test_similarity_is_that_of_duckdb_on_signs(one: str, other: str) -> None:
    """Where every sign is one byte, the figure is DuckDB's to the last bit."""
    made = flat(pl.Series([one, other]))
    theirs = by_duckdb("jaro_winkler_similarity(?, ?)", in_bytes(one), in_bytes(other))
    assert jaro_winkler(made.codepoints, made.offsets, 0, 1) == theirs


@given(WORD, WORD)
def test_parts_order_and_containment_are_those_of_python(one: str, other: str) -> None:
    """Sorted parts, order and containment say what Python says of the same texts."""
    made = flat(pl.Series([one, other]))
    codepoints, offsets = made.codepoints, made.offsets
    by_parts = sorted_tokens(codepoints, offsets)
    for i, text in enumerate((one, other)):
        signs = by_parts[offsets[i] : offsets[i + 1]]
        assert "".join(map(chr, signs)) == " ".join(sorted(text.split(" ")))
    assert order(codepoints, offsets, 0, 1) == (one > other) - (one < other)
    assert contains(codepoints, offsets, 0, 1) == (other in one)
    here = likeness(codepoints, by_parts, offsets, 0, 1)
    assert here == likeness(codepoints, by_parts, offsets, 1, 0)
    assert (here == 1.0) >= (one in other or other in one)


@given(
    st.text("王小明 \U00020bb7", min_size=2, max_size=4), st.text("王小明 \U00020bb7", max_size=4)
)
@budget(max_examples=300)
@example("王小明", "王大明")
@example("王小明", "王小大")
@example("王小明", "明小王")
@example("王 明", "明 王")
@example("王小明", "小明")
def test_names_of_three_signs_are_as_alike_as_any(one: str, other: str) -> None:
    """What is known of short names as numbers is, to the last bit, what their signs say."""
    names = spelled(flat(pl.Series([one, other])))
    said = likeness(names.codepoints, names.by_parts, names.offsets, 0, 1)
    assert alike(names, 0, 1) == alike(names, 1, 0) == said


def test_one_different_character_of_three_is_a_different_name() -> None:
    """Two thirds of the signs agree, not the eight ninths of bytes that do in UTF-8."""
    made = flat(pl.Series(["王小明", "王大明", "o brien mary", "mary o brien"]))
    codepoints, offsets = made.codepoints, made.offsets
    by_parts = sorted_tokens(codepoints, offsets)
    assert np.isclose(likeness(codepoints, by_parts, offsets, 0, 1), 0.8)
    assert likeness(codepoints, by_parts, offsets, 2, 3) == 1.0
