"""Mail addresses told by all their octets at once are those told octet by octet."""

import re

import numpy as np
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage.compiled.parsing import is_mail, is_small_mail

LOCAL, LABELS = r"[a-z0-9._%+-]+", r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]+"
BEHIND = b"@b.cn" * 8
ADDRESSES = st.from_regex(re.compile(f"{LOCAL}@{LABELS}", re.ASCII), fullmatch=True)
ANYTHING = st.text("ab@@..c_+%-0Z é", min_size=1, max_size=40)


@given(st.one_of(ADDRESSES, ANYTHING), st.text("a@.", max_size=9))
@budget(max_examples=300)
@example("abcdefghijklmnopqrstuvwxyzab@b.cn", "")
@example("abcdefghijklmnopqrstuvwxyz@ab.cn", "")
@example("a@b", "")
@example("a@b.", "")
@example("@b.c", "a")
@example("a@b..c", "")
@example("a@b.c1", "")
@example("a@b_c.d", "")
def test_what_is_told_at_once_is_told_one_by_one(text: str, before: str) -> None:
    """Nothing around an address matters, and of those in usual form only long ones are left."""
    octets = np.frombuffer(before.encode() + text.encode() + BEHIND, dtype=np.uint8)
    start = np.uint64(len(before.encode()))
    end = start + np.uint64(len(text.encode()))
    usual = re.fullmatch(f"{LOCAL}@{LABELS}", text, re.ASCII) is not None
    short = len(text.encode()) <= 32
    assert is_small_mail(octets, start, end) == (usual and short)
    assert not usual or is_mail(octets, start, end)


def test_octets_that_are_not_there_are_not_looked_at() -> None:
    """An address at the very end, with less than all of them behind it, is left to the others."""
    octets = np.frombuffer(b"abc@example.cn", dtype=np.uint8)
    assert not is_small_mail(octets, np.uint64(0), np.uint64(len(octets)))
    assert is_mail(octets, np.uint64(0), np.uint64(len(octets)))
