"""Further accounts of people, in order, and the turn to the next one when a payment has failed.

A person may have a wallet, then a card, then a counter. The first is in force; each of the others
comes in force once, after a payment that ended for good, so that whoever approves the follow-up
knows which payment it follows. Kept true: at rest an account exists only sealed; who names one by
hand has signed it, and the database refuses that operator's approval of a plan that pays into it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from amends.governance.model import SYSTEM
from amends.governance.service import audit_in, present, sign_statement
from amends.kernel.accounts import AccountKind
from amends.kernel.saying import said
from amends.payees import further_store, moves_store, papers, store
from amends.payees.further_store import Named
from amends.payees.model import PayeeError, PaymentDetails
from amends.payees.recording import PURPOSE, mark_of, plain_of, stand_apart
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

SEALED_FOR: Final = "payee-further"
MOST: Final = 99
"""The last place in somebody's order of accounts; the one in force is before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A payment that ended for good: whose it was, and its number."""

    person_id: str
    number: str


def name(
    opened: OpenCase,
    person_id: str,
    payee: PaymentDetails,
    place: int,
    by: str,
    *,
    key_file: Path | None = None,
) -> bool:
    """Name a further account of a person, at a place in their order; False: it is named already.

    Raises:
        PayeeError: nobody of that id, or the account is the one in force.
        GovernanceError: no such operator, or a wrong key.
    """
    operator = present(opened, by, key_file=key_file, role="caseworker")
    plain = plain_of(payee.account, payee.account_kind.value, payee.name)
    mark = mark_of(opened.vault, person_id, plain)
    body = {"person": person_id, "mark": mark.hex(), "place": str(place)}
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        stand_apart(opened, connection, person_id)
        papers.must_exist(connection, person_id)
        if further_store.in_force(connection, person_id) == mark:
            raise PayeeError(said("this account is the one in force: name another"))
        known = {one.mark: one for one in further_store.named(connection, [person_id])}
        if mark in known and known[mark].place == place:
            return False
        signature = sign_statement(opened, by, "payee-further", body, key_file=key_file)
        row = _row(opened, person_id, plain, place) | {"change": "named"}
        row |= {"entered_by": str(operator), "signature": signature}
        further_store.add(connection, [row], opened.clock.now())
        audit_in(connection, opened, str(operator), "further account named", body)
    return True


def shown(connection: Connection, person_id: str) -> list[dict[str, object]]:
    """Place, kind and whether a payment went to it, of a person's further accounts; no value."""
    untried = {one.mark for one in further_store.untried(connection, [person_id])}
    return [
        {"place": one.place, "kind": one.account_kind, "tried": one.mark not in untried}
        for one in further_store.named(connection, [person_id])
    ]


def write(opened: OpenCase, connection: Connection, rows: pl.DataFrame) -> None:
    """Keep the accounts that files name, and withdraw those that they no longer do.

    *rows*: person_id, place, account, account_kind, name.

    What an operator named stays; so does what was withdrawn or tried before.
    """
    told = {}
    for person_id, place, account, kind, name_ in rows.unique().sort(rows.columns).iter_rows():
        row = _row(opened, person_id, plain_of(account, kind, name_), place)
        told[person_id, row["mark"]] = row
    known = {(one.person_id, one.mark): one for one in further_store.named(connection, None)}
    tried = further_store.turned(connection)
    by_file = {key: one for key, one in known.items() if one.entered_by is None}
    new = [
        row | {"change": "named", "entered_by": None, "signature": None}
        for key, row in told.items()
        if key not in tried and (key not in known or _moved(by_file.get(key), row))
    ]
    gone = [
        _again(one) | {"change": "withdrawn"}
        for key, one in by_file.items()
        if key not in told and key not in tried
    ]
    further_store.add(connection, [*new, *gone], opened.clock.now())


def _moved(known: Named | None, row: dict[str, object]) -> bool:
    """Whether a file names the account at another place now."""
    return known is not None and known.place != row["place"]


def _again(one: Named) -> dict[str, object]:
    return {
        "person_id": one.person_id,
        "place": one.place,
        "account_kind": one.account_kind,
        "mark": one.mark,
        "sealed": one.sealed,
        "entered_by": None,
        "signature": None,
    }


def _row(opened: OpenCase, person_id: str, plain: bytes, place: int) -> dict[str, object]:
    """An account as it is kept."""
    return {
        "person_id": person_id,
        "place": place,
        "account_kind": str(json.loads(plain)["account_kind"]),
        "mark": mark_of(opened.vault, person_id, plain),
        "sealed": opened.vault.seal(plain, SEALED_FOR, person_id),
    }


def turn(
    opened: OpenCase,
    connection: Connection,
    failed: Sequence[Failed],
    kinds: Collection[AccountKind],
) -> int:
    """Let the next account of each person come in force; of how many there was one.

    *kinds*: what accounts may be written as so that a rail of the case takes them; one of another
    kind is passed over, and stays for a case that has such a rail. Of people who are not paid in
    person none is turned: who receives for them has no further accounts.
    """
    store.lock(connection)
    people = [one.person_id for one in failed]
    nexts: dict[str, Named] = {}
    for named in further_store.untried(connection, people):
        if named.account_kind in kinds:
            nexts.setdefault(named.person_id, named)
    now = opened.clock.now()
    turning = [one for one in failed if one.person_id in nexts]
    for one in turning:
        _turn(opened, connection, one, nexts[one.person_id], now)
    return len(turning)


def _turn(
    opened: OpenCase, connection: Connection, failed: Failed, following: Named, now: datetime
) -> None:
    """One person's turn: what was in force is told apart by its mark, and never paid to again."""
    person_id = failed.person_id
    stand_apart(opened, connection, person_id)
    left = further_store.in_force(connection, person_id)
    assert left is not None  # noqa: S101 - only people who are payable are asked for
    plain = opened.vault.unseal(following.sealed, SEALED_FOR, person_id)
    standing = {
        "state": "payable",
        "reason": None,
        "kind": "self",
        "sealed": opened.vault.seal(plain, PURPOSE, person_id),
        "details_mark": following.mark,
    }
    moves_store.put(connection, person_id, standing)
    further_store.add_turn(
        connection,
        {
            "person_id": person_id,
            "after_number": failed.number,
            "left_mark": left,
            "mark": following.mark,
            "now": now,
        },
    )
    details = {"person": person_id, "after": failed.number}
    audit_in(connection, opened, SYSTEM, "turned to the next account", details)
