"""Takes a table of claims in: each row becomes a claim, is one already, or is set aside.

Kept true: nobody loses a claim, since every row is counted in one of the three; taking a file in a
second time adds nothing.
"""

from collections.abc import Mapping
from pathlib import Path

from amends.claims import rules, store
from amends.claims.model import Asked, ClaimError, Fault, Placed, Taken
from amends.claims.placing import people_of
from amends.claims.reading import Sheet, read
from amends.governance.service import audit_in
from amends.kernel.saying import said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def take_in(opened: OpenCase, path: Path, *, dry_run: bool = False) -> Taken:
    """Take in a table of claims. With *dry_run* nothing is written.

    Raises:
        ClaimError: the file is no such table, or has lost rows since it was taken in.
        StageOrderError: nothing is determined yet.
        EvidenceDestroyedError: rows name accounts, and these can be looked up no more.
    """
    sheet = read(path)
    asked = _asked(opened, sheet)
    good = {
        row_no: cells
        for row_no, cells in sheet.rows.items()
        if not isinstance(cells, Fault) and not isinstance(asked[row_no], Fault)
    }
    people = people_of(opened, good)
    if dry_run:
        with opened.database.reading() as connection:
            return _sorted_out(connection, sheet, asked, people)
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        taken = _sorted_out(connection, sheet, asked, people)
        if taken.new or taken.set_aside != _aside_before(connection, sheet.name):
            _record(connection, opened, sheet, taken)
    return taken


def limits(opened: OpenCase) -> rules.Limits:
    """By what rows of the case are judged today."""
    file, now = opened.case.file, opened.clock.now()
    found = (file.discovered_at or file.announced_at or now).astimezone(file.zone).date()
    return rules.Limits(
        tariff=file.tariff,
        leaked_on=file.payees.leaked_on or found,
        today=now.astimezone(file.zone).date(),
    )


def _asked(opened: OpenCase, sheet: Sheet) -> dict[int, Asked | Fault]:
    """What each row asks for, or what is wrong with it."""
    judged_by = limits(opened)
    return {
        row_no: cells if isinstance(cells, Fault) else rules.asked(cells, judged_by)
        for row_no, cells in sheet.rows.items()
    }


def _sorted_out(
    connection: Connection,
    sheet: Sheet,
    asked: Mapping[int, Asked | Fault],
    people: Mapping[int, str | Fault],
) -> Taken:
    """What is new, what is known, and what is set aside.

    Raises:
        ClaimError: the file has lost rows since it was taken in.
    """
    last = max(sheet.rows, default=0)
    if last < store.rows_before(connection, sheet.name):
        raise ClaimError(
            [
                said(
                    "{file} had more rows when it was taken in before; a file of the same name is "
                    "that file, mended or longer. Give new claims a file of another name",
                    file=sheet.name,
                )
            ]
        )
    known = {rules.key(one): one for one in store.claims(connection)}
    before: dict[rules.Key, Placed] = {}
    aside: dict[int, Fault] = {}
    for row_no, what in asked.items():
        person = what if isinstance(what, Fault) else people[row_no]
        if isinstance(what, Fault) or isinstance(person, Fault):
            aside[row_no] = what if isinstance(what, Fault) else Fault(person)
            continue
        one = Placed(row_no=row_no, person_id=person, asked=what)
        key = rules.key(one)
        fault = rules.repeated(known[key], one) if key in known else None
        if key in before:
            fault = rules.repeated(before[key], one) or Fault.CLAIM_TWICE
        if fault is None:
            before[key] = one
        else:
            aside[row_no] = fault
    new = tuple(one for key, one in before.items() if key not in known)
    return Taken(
        file=sheet.name,
        rows=len(sheet.rows),
        new=new,
        known=len(before) - len(new),
        set_aside=aside,
    )


def _aside_before(connection: Connection, file: str) -> dict[int, Fault]:
    """What of a file is set aside by now."""
    return {one.row_no: one.fault for one in store.set_aside(connection) if one.file == file}


def _record(connection: Connection, opened: OpenCase, sheet: Sheet, taken: Taken) -> None:
    """Write what is new of a file."""
    now = opened.clock.now()
    intake_no = store.insert_intake(
        connection,
        file=sheet.name,
        sha256=sheet.sha256,
        row_count=max(sheet.rows, default=0),
        now=now,
    )
    store.insert_claims(
        connection, intake_no, taken.new, currency=opened.case.file.currency, now=now
    )
    store.insert_set_aside(connection, intake_no, taken.set_aside)
    audit_in(
        connection,
        opened,
        opened.by,
        "claims taken in",
        {
            "intake": intake_no,
            "file_sha256": sheet.sha256,
            "new": len(taken.new),
            "known": taken.known,
            "set_aside": len(taken.set_aside),
        },
    )
