"""People as operators and their programs are shown them: masked, page by page, open for a reason.

Kept true: a page beyond the first is noted before it is shown, a value stands in the trail before
it is opened, whichever door they were asked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from amends.access import paging, revealing
from amends.access.model import Ground
from amends.access.revealing import Values
from amends.kernel.ids import PersonId
from amends.kernel.saying import said
from amends.payees import service as payees
from amends.payees import shown
from amends.payees.model import Situation
from amends.payouts.showing import shown as payouts
from amends.reasons.model import PersonTold, UnknownPersonError
from amends.reasons.service import explain
from amends.vault.opened import OpenCase
from amends.web import keyset

MOST: Final = 85
"""People of a page: how many pages somebody turns in a day is bounded, so their size is, too."""
_KIND: Final = "account_kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A page of people in a state; ``counts``: of every state, on the first page alone.

    ``following``: the cursor of the next page, empty at the end.
    """

    rows: list[shown.Shown]
    following: str
    counts: dict[str, int]


def listed(opened: OpenCase, situation: Situation, *, cursor: str, most: int = MOST) -> People:
    """The people in a state, longest first; adults by id. Nobody's values.

    Raises:
        PagingError: the operator has turned enough pages today.
    """
    after = keyset.day_of(cursor)
    if after is not None:
        paging.note_page(opened, situation.value)
    counts = shown.counted(opened) if after is None else {}
    rows = shown.listed(opened, situation, most + 1, after=after)
    last = rows[most - 1] if len(rows) > most else None
    following = keyset.cursor_of((str(last["since"]), str(last["person_id"]))) if last else ""
    return People(rows=rows[:most], following=following, counts=counts)


def every(opened: OpenCase, situation: Situation) -> Iterator[shown.Shown]:
    """Everybody in a state, in the same order: for a file, which the register of exports has."""
    after: tuple[date, str] | None = None
    while True:
        rows = shown.listed(opened, situation, _AT_ONCE, after=after)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        after = date.fromisoformat(str(rows[-1]["since"])), str(rows[-1]["person_id"])


_AT_ONCE: Final = 10_000


def found(opened: OpenCase, person_id: str) -> tuple[PersonTold, Values]:
    """What can be told of a person, and where the money goes; nothing where no rail pays them.

    Raises:
        UnknownPersonError: there is nobody of that id.
    """
    if not (person_id.isascii() and person_id.isalnum()):
        raise UnknownPersonError(said("there is no person {person}", person=person_id[:40]))
    person = explain(opened, person_id)
    known = PersonId(person.person_id)
    with opened.database.reading() as connection:
        details = payees.payment_details(opened, connection, [known]).get(known)
    if details is None:
        return person, Values(values={})
    kind = details.account_kind.value
    values = {"name": details.name, "account": details.account, _KIND: kind}
    return person, Values(values=values)


def masked(values: Values) -> dict[str, str]:
    """The values with their middles hidden; the kind of an account is not told."""
    return {name: value for name, value in values.masked().items() if name != _KIND}


def revealed(
    opened: OpenCase, person_id: str, *, ground: Ground, reason: str
) -> tuple[PersonTold, Values]:
    """The open values, after the look is written down.

    Raises:
        UnknownPersonError: there is nobody of that id.
        RevealError: the reason says nothing.
    """
    person, values = found(opened, person_id)
    with opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection,
            opened,
            person.person_id,
            fields=tuple(values.values),
            ground=ground,
            reason=reason,
        )
    return person, values


def message(opened: OpenCase, number: str, digest: bytes, *, ground: Ground, reason: str) -> bytes:
    """A raw message about a payment, which names the payee, after the look is written down.

    Raises:
        NoPaymentError: there is no such payment, or no such message about it.
        RevealError: the reason says nothing.
    """
    person_id = payouts.person_of(opened, number)
    with opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection, opened, person_id, fields=("message",), ground=ground, reason=reason
        )
        return payouts.message(opened, connection, number, digest)
