"""Pages of payees: everybody stands in one, pages stay where they are, and none grows too large."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.ids import PERSON_ID_BYTES
from amends.payees import pages

NONE = pl.Series([], dtype=pl.String)
NUMBERS = st.sets(st.integers(0, 400), min_size=1, max_size=200)


def ids(numbers: set[int]) -> pl.Series:
    """People by number, in order."""
    return pl.Series(
        [f"{number:0{PERSON_ID_BYTES}}" for number in sorted(numbers)], dtype=pl.String
    )


def keys(people: pl.Series, firsts: pl.Series) -> pl.Series:
    """The page of each person."""
    begins, page = pages.divided(people, firsts)
    return page.gather(np.repeat(np.arange(len(page)), np.diff(begins, append=len(people))))


def opened_by(people: pl.Series, keys: pl.Series) -> list[str]:
    """The page that a look-up by id leads to: the last one that begins at the id or before."""
    firsts = keys.unique().sort()
    return [firsts.filter(firsts <= one)[-1] for one in people]


@given(first=NUMBERS, later=NUMBERS)
def test_everybody_is_found_where_they_stand(first: set[int], later: set[int]) -> None:
    """Whoever comes or goes: a look-up by id leads to the page, and no page has too many."""
    begun = keys(ids(first), NONE)
    assert begun.to_list() == opened_by(ids(first), begun)
    people, firsts = ids(later), begun.unique().sort()
    now = keys(people, firsts)
    every = pl.concat([firsts, now]).unique().sort()
    assert [every.filter(every <= one)[-1] for one in people] == now.to_list()
    assert now.is_sorted()
    assert max(now.value_counts()["count"].to_list()) <= pages.MOST


@given(people=st.sets(st.integers(0, 10_000), min_size=1, max_size=300), gone=st.integers(0))
def test_pages_in_which_nothing_happens_stay(people: set[int], gone: int) -> None:
    """When one person leaves, all the others stand where they stood."""
    begun = keys(ids(people), NONE)
    firsts = begun.unique().sort()
    assert keys(ids(people), firsts).to_list() == begun.to_list()
    left = people - {sorted(people)[gone % len(people)]}
    before = dict(zip(ids(people), begun, strict=True))
    now = dict(zip(ids(left), keys(ids(left), firsts), strict=True)) if left else {}
    assert all(before[one] == key for one, key in now.items())
