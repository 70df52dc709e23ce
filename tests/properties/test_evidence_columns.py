import random
import re

import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.evidence.categories.bits import codes_of
from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.categories.masking import LONGEST, masked
from amends.evidence.categories.placeholders import NOTHING, says_something, without_placeholders
from amends.evidence.categories.tells import CERTAIN, HINTED, LIKELY, NOBODYS
from amends.evidence.masks import masks_of
from amends.evidence.model import ColumnDecision, How, Role
from amends.evidence.readers.cells import texts_of
from corpora import columns as made
from corpora.looked_at import LOOKED_AT
from corpora.ninth_held_out import NINTH

VALUES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
        st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.cn", fullmatch=True),
        st.sampled_from(
            [
                *NOTHING,
                "张伟",
                "男",
                "0000",
                "11111111111",
                "本科",
                "1990-01-02",
                "2024-01-02 10:00:00",
            ]
        ),
    ),
    max_size=40,
)
_FORMS = r"([A-Za-z]{1,3}|[0-9]{1,4}|[\u4e00-\u9fff]|[·•ε（）年月日¥]|[ \-/.:@$*{}()+_,;#?]){1,16}"
HEADERS = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(["手机号", "name", "from", "x"])
)


@given(st.text(max_size=60))
def test_a_mask_shows_no_second_character(value: str) -> None:
    """Behind its first character a masked value holds marks of form alone."""
    shown = masked(value)
    assert set(shown[1:]) <= set("#*?@.-_/:·+ …")
    assert len(shown) <= LONGEST + 1
    if len(value) == 1:
        assert not value.isalnum() or shown in "#*?"


@settings(max_examples=40)  # patterns are prepared once a process
@given(st.lists(st.tuples(HEADERS, VALUES), min_size=1, max_size=5), st.randoms())
def test_order_of_rows_decides_nothing(
    columns: list[tuple[str | None, list[str]]], chance: random.Random
) -> None:
    """Shuffled rows give the same decisions, but for row numbers; fields are each once."""
    told = []
    for shuffled in (False, True):
        samples = []
        for at, (header, values) in enumerate(columns):
            mixed = [*values]
            if shuffled:
                chance.shuffle(mixed)
            samples.append(Sample(position=at, header=header, values=tuple(mixed)))
        told.append(decide(samples, {}, {}, Role.EVIDENCE))
    assert "serial" in {one.rule for one in told[0] + told[1]} or told[0] == told[1]
    for decisions in told:
        fields = [one.field for one in decisions]
        assert len(set(fields)) == len(fields)
        assert all(0 <= one.confidence <= 1 for one in decisions)


@given(st.lists(VALUES, max_size=3), st.sampled_from(["phone", "balance"]))
def test_masks_say_what_says_something(parts: list[list[str]], field: str) -> None:
    """Whole columns are asked as each cell is, however a column lies in memory."""
    decision = ColumnDecision(position=0, column="x", field=field, how=How.HEADER)
    chunks = [texts_of(part) for part in parts]
    rows = pa.table({"c0": pa.chunked_array([one.slice(1) for one in chunks], pa.large_string())})
    there = pl.DataFrame(rows).select(says_something(pl.col("c0"), field))["c0"]
    assert masks_of(rows, [decision], codes_of([field])).tolist() == there.cast(pl.Int64).to_list()


@given(VALUES)
def test_placeholders_go_and_values_stay(values: list[str]) -> None:
    """Only what says nothing is left out; everything else keeps its order."""
    kept = without_placeholders(pl.Series(values, dtype=pl.String)).to_list()
    assert kept == [value for value in values if value not in NOTHING]


def _tells_in_vain(values: pl.Series) -> list[str]:
    """Tells that speak for a field although nothing that they need stands in *values*."""
    text = "\n".join(values)
    return [
        tell.rule
        for tell in (*CERTAIN, *LIKELY, *HINTED, *NOBODYS)
        if not re.search(tell.needs, text) and tell.test(values)
    ]


@settings(max_examples=60)
@given(st.lists(st.one_of(st.text(max_size=30), st.from_regex(_FORMS, fullmatch=True)), min_size=1))
def test_where_nothing_is_that_a_tell_needs_it_is_silent(values: list[str]) -> None:
    """So it need not be asked."""
    assert _tells_in_vain(pl.Series(values, dtype=pl.String)) == []


def test_values_without_what_a_tell_needs_do_not_speak_for_its_field() -> None:
    """The same, of all values that the layouts of two benchmarks have."""
    every = {
        value
        for file in made.files({**LOOKED_AT, **NINTH}, range(1), 20)
        for column in file.columns
        for value in column
    }
    for tell in (*CERTAIN, *LIKELY, *HINTED, *NOBODYS):
        without = [value for value in sorted(every) if not re.search(tell.needs, value)]
        assert tell.test(pl.Series(without, dtype=pl.String)) == 0, tell.rule
