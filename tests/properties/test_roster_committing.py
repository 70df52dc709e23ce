"""Awards committed together are those that were committed one by one."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.roster.commitment import (
    HIDDEN,
    SEED_BYTES,
    Bound,
    Opening,
    commit,
    commitment,
    field_digest,
    nonce_of,
    normal_value,
    root_of,
    salts_of,
)
from amends.roster.committing import commit_columns, committed, normal
from amends.roster.entries import award_entry

BOUND = Bound(case="种植-2026", currency="CNY")
VALUE = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["13800138000", "+86 138-0013-8000", "张三", "１３８", "1990030712345678x"]),
    st.sampled_from(["٣٤", " 张三\x1f", "11010119900307123X"]),
)
AWARD = st.tuples(st.sampled_from(["", "NAME", "NAME;PHONE"]), VALUE, VALUE, VALUE)
AWARDS = st.lists(AWARD, min_size=1, max_size=6)


def hidden_of(seed: bytes, values: dict[str, str | None]) -> tuple[bytes, ...]:
    """Digests of hidden fields, one by one."""
    return tuple(
        field_digest(field, salt, normal_value(field, values[field]))
        for field, salt in zip(HIDDEN, salts_of(seed, HIDDEN), strict=True)
    )


@given(AWARDS, st.integers(0, 3_000_000), st.binary(min_size=200, max_size=200))
def test_commitments_of_many_are_those_of_each(
    awards: list[tuple[str, str | None, str | None, str | None]], first: int, random: bytes
) -> None:
    """Commitment and opening, whatever the values are."""
    seeds = np.frombuffer(random, dtype=np.uint8)[: SEED_BYTES * len(awards)]
    columns = list(zip(*awards, strict=True))
    told = [
        normal(name, pl.Series(column, dtype=pl.String))
        for name, column in zip(HIDDEN, columns[1:], strict=True)
    ]
    for name, column, normalised in zip(HIDDEN, columns[1:], told, strict=True):
        assert normalised.to_list() == [normal_value(name, value) for value in column]
    made, openings = commit_columns(
        BOUND, first, seeds.reshape(-1, SEED_BYTES), pl.Series(columns[0]), told
    )
    for at, (categories, *values) in enumerate(awards):
        seed = random[at * SEED_BYTES : (at + 1) * SEED_BYTES]
        by_field = dict(zip(HIDDEN, values, strict=True))
        opening = Opening(seed=seed, categories=categories, hidden=hidden_of(seed, by_field))
        one = commitment(nonce_of(seed), root_of(BOUND, first + at, opening))
        assert (made[at].tobytes(), openings[at]) == (one, opening.packed())
        assert commit(BOUND, first + at, seed, categories, by_field) == (one, opening)


def test_a_value_that_has_no_length_is_refused() -> None:
    """A length has two bytes: what is longer is committed to neither at once nor one by one."""
    seeds, long = np.zeros((2, SEED_BYTES), dtype=np.uint8), "9" * 65_536
    told = [pl.Series(["", value]) for value in ("", "", long)]
    with pytest.raises(OverflowError):
        commit_columns(BOUND, 0, seeds, pl.Series(["", ""]), told)
    with pytest.raises(OverflowError):
        commit(BOUND, 1, bytes(SEED_BYTES), "", {"phone": long})


def test_entries_are_those_of_the_format() -> None:
    """Also in parts, in threads."""
    people = 20_050
    table = pl.DataFrame(
        {
            "award_index": range(7, 7 + people),
            "class": [1 + number % 3 for number in range(people)],
            "amount_minor": [500_000 * (1 + number % 3) for number in range(people)],
            "categories": ["NAME"] * people,
            "idno": [None] * people,
            "name": [f"种植{number}" for number in range(people)],
            "phone": ["13800138000"] * people,
        },
        schema_overrides={"idno": pl.String},
    )
    parts = list(committed(BOUND, table, at_once=9_000))
    assert [part.first_award for part in parts] == [7, 9_007, 18_007]
    number = 0
    for part in parts:
        for entry, opening in zip(part.entries, part.openings, strict=True):
            values = {"name": f"种植{number}", "phone": "13800138000"}
            made, known = commit(BOUND, 7 + number, opening[:SEED_BYTES], "NAME", values)
            expected = award_entry(1 + number % 3, 500_000 * (1 + number % 3), made)
            assert (entry.tobytes(), opening) == (expected, known.packed())
            number += 1
    assert number == people
