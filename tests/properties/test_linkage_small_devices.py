"""Devices and mobiles told by eight or more octets at once are those told octet by octet."""

import re

import numpy as np
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage.canonical.devices import BEGINS
from amends.linkage.compiled.octets import rows_there
from amends.linkage.compiled.parsing import is_device, is_small_device, mobile

BEHIND = b"7" * 32
SIGNS = st.text("ab09zAZ-.é", min_size=1, max_size=40)
DEVICES = st.from_regex(re.compile(r"[a-z0-9]{8,36}", re.ASCII), fullmatch=True)


@given(st.one_of(DEVICES, SIGNS), st.text("a7", max_size=9))
@budget(max_examples=300)
@example("aaaaaaaab", "")
@example("00000000", "")
@example("Made12345678", "")
@example("unknown12345", "")
@example("a" * 7 + "b" * 25, "7")
@example("ab" * 17, "")
def test_what_is_told_at_once_is_told_one_by_one(text: str, before: str) -> None:
    """Nothing around a device matters, and of those in usual form only these are left to others."""
    octets = np.frombuffer(before.encode() + text.encode() + BEHIND, dtype=np.uint8)
    start = np.uint64(len(before.encode()))
    end = start + np.uint64(len(text.encode()))
    usual = re.fullmatch(r"[a-z0-9]{8,32}", text, re.ASCII) is not None
    told = usual and is_device(octets, start, end, BEGINS) and len(set(text[:8])) > 1
    assert is_small_device(octets, start, end, BEGINS) == told


def test_octets_that_are_not_there_are_not_looked_at() -> None:
    """A device at the very end, with less than all octets behind it, is left to the others."""
    octets = np.frombuffer(b"made12345678", dtype=np.uint8)
    assert not is_small_device(octets, np.uint64(0), np.uint64(len(octets)), BEGINS)


@given(st.integers(0, 10), st.integers(0, 255))
@budget(max_examples=300)
@example(0, ord("2"))
@example(10, ord(":"))
@example(3, ord("/"))
def test_a_mobile_has_eleven_digits(place: int, octet: int) -> None:
    """Each of them counts at its place, and nothing else is a digit."""
    text = bytearray(b"13987654321")
    text[place] = octet
    octets = np.frombuffer(bytes(text), dtype=np.uint8)
    right = re.fullmatch(rb"1[3-9]\d{9}", bytes(text)) is not None
    expected = int(bytes(text)) if right else -1
    assert mobile(octets, np.uint64(0), np.uint64(11)) == expected


@given(st.lists(st.sampled_from(["", "a", None])), st.integers(0, 9), st.booleans())
def test_rows_that_are_there_are_neither_null_nor_empty(
    texts: list[str | None],
    first: int,
    gaps: bool,  # noqa: FBT001 -- Hypothesis passes what it makes by position
) -> None:
    """Wherever the bits of a column begin, and where there are none all rows are."""
    bounds = np.cumsum([0, *(len(text or "") for text in texts)], dtype=np.int64)
    bits = [True] * first + [text is not None for text in texts]
    valid = np.packbits(np.array(bits, dtype=np.bool_)[: len(bits) * gaps], bitorder="little")
    rows = np.empty(len(texts), dtype=np.int32)
    found = rows[: rows_there(bounds, valid, first, rows)]
    assert found.tolist() == [row for row, text in enumerate(texts) if text]
