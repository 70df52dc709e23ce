"""What operators are shown of payees: ids, states, days, kinds of papers; nobody's values."""

from collections.abc import Iterable
from datetime import date
from weakref import WeakKeyDictionary

from amends.payees import further, moves_store, papers
from amends.payees.machine import possible
from amends.payees.model import PayeeState, Situation
from amends.payees.states import ABOUT
from amends.store.connection import Connection, Database
from amends.vault.opened import OpenCase

Shown = dict[str, object]


_kept: WeakKeyDictionary[Database, tuple[int, dict[str, int]]] = WeakKeyDictionary()
"""What was counted last, and after how many changes: of millions it reads many rows."""


def counted(opened: OpenCase) -> dict[str, int]:
    """How many people are in each state; counted where something has changed since."""
    with opened.database.reading() as connection:
        changes = moves_store.changes(connection)
        known = _kept.get(opened.database)
        if known is None or known[0] != changes:
            known = _kept[opened.database] = (changes, moves_store.counts(connection))
    return dict(known[1])


def listed(
    opened: OpenCase, situation: Situation, most: int, *, after: tuple[date, str] | None = None
) -> list[Shown]:
    """The people in a state, longest first; adults, who are nearly all, by id.

    *after*: only those behind this day and id; of adults the id counts alone.
    """
    with opened.database.reading() as connection:
        return _listed(connection, situation, most, after=after)


def overdue(opened: OpenCase, situations: Iterable[Situation], most: int) -> list[Shown]:
    """At most *most* people of these states whose clock has run out, the earliest due first.

    A state has one clock, so of each state these are the first ones.
    """
    today = opened.clock.now().date()
    with opened.database.reading() as connection:
        found = [
            row
            for situation in situations
            if ABOUT[situation].clock
            for row in _listed(connection, situation, most, waiting=True)
            if isinstance(row["due_on"], date) and row["due_on"] < today
        ]
    return sorted(found, key=lambda row: (row["due_on"], row["person_id"]))[:most]


def _listed(
    connection: Connection,
    situation: Situation,
    most: int,
    *,
    waiting: bool = False,
    after: tuple[date, str] | None = None,
) -> list[Shown]:
    if situation is Situation.ADULT and not waiting:
        rows = moves_store.adults(connection, most, after=after[1] if after else "")
    else:
        rows = moves_store.listed(connection, situation.value, most, waiting=waiting, after=after)
    return [{**row, "due_on": _due(situation, row)} for row in rows]


def _due(situation: Situation, row: moves_store.Row) -> date | None:
    """When the clock of somebody runs out whom no rail pays."""
    clock = ABOUT[situation].clock
    if clock is None or row["state"] == PayeeState.PAYABLE:
        return None
    return clock.due(row["since"])


def show(opened: OpenCase, person_id: str) -> Shown:
    """Everything about a payee that is no value of a person.

    Raises:
        PayeeError: nobody of that id.
    """
    with opened.database.reading() as connection:
        now = papers.must_exist(connection, person_id)
        history = moves_store.moves(connection, person_id)
        seen = moves_store.evidence(connection, person_id)
        stated = moves_store.statements(connection, person_id)
        paid = moves_store.hand_payments(connection, person_id)
        doubts = moves_store.doubts(connection, person_id, 100)
        accounts = further.shown(connection, person_id)
    situation = Situation(str(now["situation"]))
    about = ABOUT[situation]
    told = ("event", "target", "actor", "basis", "entered_by", "happened_on", "due_on")
    return {
        "person_id": person_id,
        "situation": situation.value,
        "since": now["since"],
        "recipient": about.recipient.value if about.recipient else None,
        "state": now["state"],
        "reason": now["reason"],
        "kind": now["kind"],
        "due_on": _due(situation, now),
        "then": about.clock.then.value if about.clock and about.clock.then else None,
        "history": [{name: row[name] for name in told} for row in history],
        "papers": [dict(row) for row in seen],
        "statements": [dict(row) for row in stated],
        "paid_by_hand": [dict(row) for row in paid],
        "doubts": [dict(row) for row in doubts],
        "further_accounts": accounts,
        "possible": [
            {
                "event": one.event.value,
                "target": one.target.value,
                "actor": one.actor.value,
                "basis": one.basis,
                "papers": ["/".join(sorted(group)) for group in one.papers],
                "statements": sorted(one.statements),
            }
            for one in possible(situation)
        ],
    }


def doubts(opened: OpenCase, most: int) -> list[Shown]:
    """Rows of people files that a person has to look at."""
    with opened.database.reading() as connection:
        return [dict(row) for row in moves_store.doubts(connection, None, most)]
