"""Columns on a shelf: read as they were put, wherever they lie."""

import weakref
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage import shelf as shelves
from amends.linkage.shelf import Kept, Shelf, Texts
from amends.vault.sealed import Spool


def shelf(folder: Path, held_bytes: int) -> Shelf:
    """A shelf that seals everything for which there is no room."""
    return Shelf(lambda: Spool(folder, memory_bytes=0), held_bytes=held_bytes)


@given(
    parts=st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=9), max_size=4),
    held_bytes=st.sampled_from([0, 20, 1_000]),
    span=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_numbers_are_read_as_they_were_put(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[int]],
    held_bytes: int,
    span: tuple[int, int],
) -> None:
    """At once or one after the other, whole or some of them."""
    every = [number for part in parts for number in part]
    with shelf(tmp_path_factory.getbasetemp(), held_bytes) as found:
        room: Kept[np.int32] = found.room(len(every) + 3, np.int32)
        for part in parts:
            room.write(np.array(part, dtype=np.int32))
        for kept in (room.done(), found.put(np.array(every, dtype=np.int32))):
            assert len(kept) == len(every)
            assert kept.read().tolist() == every
            assert kept.read(*span).tolist() == every[slice(*span)]
            kept.forget()


@given(
    parts=st.lists(st.lists(st.text(max_size=4), max_size=9), min_size=1, max_size=3),
    held_bytes=st.sampled_from([0, 1_000_000]),
    dice=st.randoms(use_true_random=False),
)
def test_values_are_read_as_they_were_put(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[str]],
    held_bytes: int,
    dice: Random,
) -> None:
    """Texts and whole numbers, in parts, whole, or those at some places in any order."""
    texts = [text for part in parts for text in part]
    places = [dice.randrange(len(texts)) for _ in texts]
    with (
        pytest.MonkeyPatch.context() as patch,
        shelf(tmp_path_factory.getbasetemp(), held_bytes) as found,
    ):
        patch.setattr(shelves, "_PART", 3)
        for kind, make in ((pl.String, str), (pl.Int64, len)):
            own = [pl.Series("some", [make(text) for text in part], dtype=kind) for part in parts]
            values, expected = found.values(own), pl.concat(own)
            assert len(values) == len(expected)
            assert values.whole().equals(expected, check_dtypes=True, check_names=True)
            assert pl.concat(list(values.parts())).equals(expected)
            at = np.array(places, dtype=np.int64)
            assert values.gather(at).equals(expected.gather(places), check_names=True)


def test_what_is_let_go_makes_room_for_others(tmp_path: Path) -> None:
    """A shelf holds so much and no more, and nothing is left on the disk in clear."""
    numbers = np.arange(1_000, dtype=np.int64)
    with shelf(tmp_path, 10_000) as found:
        first, second = found.put(numbers), found.put(numbers)
        assert first.read() is not numbers
        assert np.shares_memory(first.read(), numbers)
        assert not np.shares_memory(second.read(), numbers)
        assert not list(tmp_path.iterdir())
        first.forget()
        assert np.shares_memory(found.put(numbers).read(), numbers)


@given(
    parts=st.lists(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=5), max_size=4),
    held_bytes=st.sampled_from([0, 60, 1_000]),
)
def test_texts_come_as_they_were_added(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[str | None]], held_bytes: int
) -> None:
    """One part after the other, as often as they are asked for; an empty text is none."""
    with shelf(tmp_path_factory.getbasetemp(), held_bytes) as found:
        texts = Texts(found)
        for part in parts:
            texts.add(pl.Series(part, dtype=pl.String))
        texts.done()
        for _ in range(2):
            assert [own.to_list() for own in texts] == [[t or None for t in p] for p in parts]


def test_sealed_numbers_leave_memory(tmp_path: Path) -> None:
    """Nothing of what was put there keeps it."""
    numbers = np.arange(100, dtype=np.int32)
    there = weakref.ref(numbers)
    with shelf(tmp_path, 0) as found:
        kept = found.put(numbers)
        del numbers
        assert there() is None
        assert kept.read(3, 5).tolist() == [3, 4]
