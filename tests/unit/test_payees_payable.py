"""Who is payable, told from ids as numbers: as the ids themselves would tell it."""

from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.payees.payable import Answer, Ids, PayableIds, in_order, read

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
REGULAR = st.tuples(st.sampled_from("0123456z7"), st.text("019afz", min_size=25, max_size=25)).map(
    "".join
)
ODD = st.one_of(
    st.text("01z,", min_size=24, max_size=28),
    st.text("0Zilou\n,é", min_size=26, max_size=26),
    st.tuples(REGULAR, REGULAR).map(",".join),
)


def _known(ids: Iterable[str]) -> Ids:
    """Ids as they are read: a line each."""
    return in_order(list(read(iter([f"{one}\n".encode() for one in ids]))))


def _line(members: list[str]) -> list[bytes]:
    """The line of a page, if the database tells it: 27 octets for each member but the last."""
    line = ",".join(members).encode()
    escaped = line.replace(b"\n", rb"\n") + b"\n"
    return [escaped] if members and len(line) == 27 * len(members) - 1 else []


@given(
    pages=st.lists(st.lists(st.one_of(REGULAR, ODD), max_size=4), max_size=5),
    apart=st.sets(REGULAR, max_size=3),
    others=st.lists(st.one_of(REGULAR, ODD), max_size=4),
)
def test_payees_payable_are_those_in_pages_without_a_row_that_says_no(
    pages: list[list[str]], apart: set[str], others: list[str]
) -> None:
    """Nobody is taken for payable, or for not, but by their own id; who is not known is asked."""
    lines = [line for page in pages for line in _line(page)]
    members = {one for page in pages for one in page}
    settled = PayableIds(payable=in_order(list(read(iter(lines)))), rows=_known(apart))
    wanted = sorted(members | apart | set(others))
    for persons in ([one] for one in wanted):
        (answer,) = settled.answers(",".join(persons), 1).tolist()
        if answer == Answer.YES:
            assert persons[0] in members - apart
        elif answer == Answer.NO:
            assert persons[0] in apart
    together = settled.answers(",".join(wanted), len(wanted)).tolist()
    for one, answer in zip(wanted, together, strict=True):
        if answer != Answer.ASK:
            assert answer == (Answer.NO if one in apart else Answer.YES)
            assert one in members | apart


@given(st.lists(st.tuples(st.sampled_from("01234567"), st.text(DIGITS, min_size=25, max_size=25))))
def test_payees_payable_of_regular_ids_nobody_has_to_be_asked(parts: list[tuple[str, str]]) -> None:
    """Each is found, and found once, whatever its digits."""
    ids = sorted({first + rest for first, rest in parts})
    half = len(ids) // 2
    settled = PayableIds(payable=_known(ids[:half]), rows=_known(ids[half:]))
    answers = settled.answers(",".join(ids), len(ids)).tolist()
    assert answers == [Answer.YES] * half + [Answer.NO] * (len(ids) - half)
    assert len(set(zip(*_numbers(ids), strict=True))) == len(ids)


def _numbers(ids: list[str]) -> tuple[list[int], list[int]]:
    known = _known(ids)
    return known.mixed.tolist(), known.low.tolist()


def test_payees_payable_two_that_only_one_half_tells_apart_are_asked() -> None:
    """What is looked up by one half is compared by both."""
    (one,) = read(iter([b"0" * 25 + b"7\n"]))
    other = Ids(one.mixed, one.low + np.uint64(1))
    assert one.answers(one).tolist() == [Answer.YES]
    assert other.answers(one).tolist() == [Answer.ASK]
    assert PayableIds(one, other).answers("0" * 25 + "7", 1).tolist() == [Answer.ASK]
