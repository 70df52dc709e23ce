"""Telephone numbers that people reported: how often each, and the reports behind them.

Kept true: without a reason in the audit trail nobody sees a number, only how often each was named;
of a number that somebody types it is told how often it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from amends.inbox import opening, store
from amends.inbox.model import Letter, UnopenedError
from amends.inbox.rules import number_mark, number_read
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

MOST_OPENED: Final = 10_000
"""So many reports are opened at once, the newest."""
MOST_TIMES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Reports that named a number, the numbers, and how often the first were named, by mark."""

    reports: int
    numbers: int
    times: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A number, or what stood in its place, with its reports; days as their senders wrote them."""

    number: str = field(repr=False)
    times: int
    first: date
    last: date
    references: tuple[str, ...]


def counts(opened: OpenCase, most: int, *, after: tuple[int, str] | None = None) -> Counts:
    """How often numbers were reported, those reported most first; no number is opened.

    *after*: only those behind one, by how often it was reported and its mark as it is shown.
    """
    with opened.database.reading() as connection:
        reports, numbers = store.numbers_in_all(connection)
        behind = None if after is None else (after[0], bytes.fromhex(after[1]))
        times = store.numbers(connection, most, behind)
    return Counts(
        reports=reports,
        numbers=numbers,
        times=tuple((mark.hex()[:12], number) for mark, number in times),
    )


def times(opened: OpenCase, number: str) -> int | None:
    """How often a number was reported; None where it is no number."""
    digits = number_read(number)
    if not digits:
        return None
    mark = number_mark(opening.numbers_key(opened), digits)
    with opened.database.reading() as connection:
        return store.reports(connection, mark, MOST_TIMES)


def require_between(opened: OpenCase, first: int, last: int) -> int:
    """How many reports there are among messages *first* to *last*: as many as one file takes.

    Raises:
        UnopenedError: there are none, or more than are opened at once.
    """
    with opened.database.reading() as connection:
        reports = store.reports_between(connection, first=first, last=last)
    if not 0 < reports <= MOST_OPENED:
        raise UnopenedError(
            said(
                "{rows:,} reports lie between these messages: choose 1 to {most:,}",
                rows=reports,
                most=MOST_OPENED,
            )
        )
    return reports


def by_number(letters: Iterable[Letter]) -> list[Reported]:
    """Reports by the number that they name, the most frequent first. Pure."""
    found: dict[str, list[Letter]] = {}
    for one in letters:
        text = one.answers.get("number", "")
        found.setdefault(number_read(text) or text, []).append(one)
    rows = [
        Reported(
            number=number,
            times=len(them),
            first=min(map(day_of, them)),
            last=max(map(day_of, them)),
            references=tuple(one.message.reference for one in them),
        )
        for number, them in found.items()
    ]
    return sorted(rows, key=lambda one: (-one.times, one.number))


def day_of(letter: Letter) -> date:
    """The day of a call as its sender wrote it, else the day on which the report came."""
    try:
        return date.fromisoformat(letter.answers.get("when", ""))
    except ValueError:
        return letter.message.received_at.date()
