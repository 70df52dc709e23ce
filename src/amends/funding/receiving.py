"""Takes bank statements into custody, proves them, and books what they show.

Kept true: a statement counts only where it joins the chain of those before it; a movement counts
once; evidence, once there, counts in place of what case.toml declares. An import is one
transaction: a file that is refused leaves nothing behind.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from amends.funding import rules, service, store
from amends.funding.model import (
    DeclaredUsedError,
    EscrowAccountError,
    Held,
    Imported,
    LineClass,
)
from amends.governance.service import audit_in
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import BANK, FUNDS, Transfer
from amends.statements.model import Problem, Statement, StatementError
from amends.statements.service import check, joined, read_statements
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

FOLDER = "funding"
"""Where the case keeps the bank's files, for an import that names none."""


def import_statements(opened: OpenCase, paths: Sequence[Path]) -> Imported:
    """Take bank statements into custody, prove them, and book what they show; all or nothing.

    Without *paths*: everything in the case's folder ``funding/``. A file whose very bytes are in
    custody changes nothing.

    Raises:
        EscrowAccountError: case.toml does not name the account.
        InputFileError: a file is missing, or there is none.
        StatementError: which file is refused, and why.
        DeclaredUsedError: declared funding was used before.
    """
    if opened.case.file.escrow.account is None:
        raise EscrowAccountError(
            said(
                "case.toml does not say of which account statements are evidence: add account "
                "under [funding]"
            )
        )
    files = _files(opened, paths)
    opened.progress.start("import statements", len(files))
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        before = store.held(connection)
        taken = {held.sha256 for held in before}
        new_files = {sha: file for sha, file in files.items() if sha not in taken}
        read = [
            (sha, name, place, statement)
            for sha, (name, data) in new_files.items()
            for place, statement in enumerate(_read(opened, name, data), 1)
        ]
        chain = joined([(held.name, held.statement) for held in before] + [r[1:4:2] for r in read])
        new = _numbered(read, [statement for _, statement in chain], len(before))
        _record(opened, connection, new_files, new)
        _book(opened, connection, before, new)
        unexplained = _record_lines(opened, connection, new)
        if new:
            details = {"files": len(new_files), "statements": len(new)}
            audit_in(connection, opened, opened.by, "funding statements imported", details)
    return Imported(
        files=len(files),
        known=len(files) - len(new_files),
        statements=len(new),
        lines=sum(len(held.statement.lines) for held, _ in new),
        unexplained=unexplained,
    )


def _files(opened: OpenCase, paths: Sequence[Path]) -> dict[str, tuple[str, bytes]]:
    """Name and bytes of every file by SHA-256."""
    folder = opened.case.root / FOLDER
    chosen = paths or (
        sorted(p for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
    )
    if not chosen:
        raise InputFileError(
            said(
                "no statement is named, and the case has none in {folder}/: name the bank's files",
                folder=FOLDER,
            )
        )
    files: dict[str, tuple[str, bytes]] = {}
    for path in chosen:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputFileError(
                said("{file}: cannot be read ({why})", file=path.name, why=type(error).__name__)
            ) from None
        if not data:
            raise StatementError(
                Problem.TRUNCATED,
                said("{file}: is empty; fetch it from the bank again", file=path.name),
            )
        files[hashlib.sha256(data).hexdigest()] = path.name, data
    return files


def _read(opened: OpenCase, name: str, data: bytes) -> Iterator[Statement]:
    """The statements of a file, each proved by itself."""
    account = opened.case.file.escrow.account
    assert account is not None  # noqa: S101 - import_statements asks for it
    latest = (opened.clock.now() + rules.AHEAD).date()
    for statement in read_statements(data, name):
        check(statement, name, account=account, currency=opened.case.file.currency, latest=latest)
        yield statement
    opened.progress.advance()


_Read = tuple[str, str, int, Statement]
_New = list[tuple[Held, int]]


def _numbered(read: Iterable[_Read], chain: Sequence[Statement], known: int) -> _New:
    """New statements with numbers in the order of the chain, and their places in their files."""
    order = {id(statement): place for place, statement in enumerate(chain)}
    ranked = sorted(read, key=lambda one: order[id(one[3])])
    return [
        (Held(statement_no=number, name=name, sha256=sha, statement=statement), place)
        for number, (sha, name, place, statement) in enumerate(ranked, known + 1)
    ]


def _record(
    opened: OpenCase, connection: Connection, files: dict[str, tuple[str, bytes]], new: _New
) -> None:
    """Files, sealed, and statements."""
    now = opened.clock.now()
    for sha, (name, data) in files.items():
        sealed = opened.vault.seal(data, service.SEALED, sha)
        store.insert_original(
            connection,
            {"sha256": sha, "name": name, "size": len(data), "sealed": sealed}
            | {"by": opened.by, "at": now},
        )
    for held, place in new:
        store.insert_statement(connection, held, place, len(held.statement.lines))


def _record_lines(opened: OpenCase, connection: Connection, new: _New) -> int:
    """Lines, each once; how many a person has to explain.

    Raises:
        StatementError: a movement is in another statement, or twice in this one.
    """
    keys: dict[str, str] = {}
    rows: list[tuple[object, ...]] = []
    for held, _ in new:
        for place, line in enumerate(held.statement.lines):
            key = rules.line_key(held.statement, place)
            if key in keys:
                raise _twice(held.name, keys[key])
            keys[key] = held.name
            what = rules.class_of(line, opened.case.file.id)
            row = (key, held.statement_no, place + 1, line.reference, line.booked_on)
            rows.append((*row, str(line.direction), line.amount_minor, str(what)))
    for key, other in store.known_lines(connection, keys):
        raise _twice(keys[key], other)
    store.insert_lines(connection, rows)
    return sum(row[-1] == str(LineClass.UNEXPLAINED) for row in rows)


def _twice(name: str, other: str) -> StatementError:
    return StatementError(
        Problem.DUPLICATE_LINE,
        said(
            "{file}: holds a movement (same reference, amount and day) that {other} holds too; ask "
            "the bank which of them is right",
            file=name,
            other=other,
        ),
    )


def _book(opened: OpenCase, connection: Connection, before: Sequence[Held], new: _New) -> None:
    """What new statements do to the books; the first of all takes declared funding back."""
    if not new:
        return
    now, currency = opened.clock.now(), opened.case.file.currency
    transfers: list[Transfer] = []
    if not before and (declared := ledger.moved(connection, rules.DECLARED)):
        if ledger.balances(connection)[BANK] != declared:
            raise DeclaredUsedError(
                said(
                    "money of the declared funding lies at a rail already; statements would count "
                    "it twice: begin the case anew with statements"
                )
            )
        transfers.append(
            Transfer(
                transfer_id="escrow:in-place-of-declared",
                debit=FUNDS,
                credit=BANK,
                amount_minor=declared,
                currency=currency,
                reason="escrow",
                subject="funding",
                occurred_at=now,
            )
        )
    old = min(
        ((held.statement_no, held.statement) for held in before), key=_first_day, default=None
    )
    added = [(held.statement_no, held.statement) for held, _ in new]
    first = min([*added, *([old] if old else [])], key=_first_day)
    transfers += rules.opening_transfers(old, first, now)
    for number, statement in added:
        transfers += rules.transfers_of(number, statement, opened.case.file.id, now)
    if transfers:
        ledger.post(connection, transfers)


def _first_day(numbered: tuple[int, Statement]) -> tuple[object, ...]:
    """Where a statement stands in the chain."""
    statement = numbered[1]
    return statement.last_day, statement.number or 0, statement.first_day
