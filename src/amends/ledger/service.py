"""What other rooms do with the books: post, ask for balances, check, export."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
from psycopg.errors import UniqueViolation
from pyarrow import csv

from amends.kernel.saying import said
from amends.ledger import rules, store
from amends.ledger.model import (
    Account,
    LedgerChainError,
    LedgerConflictError,
    Posting,
    Side,
    Transfer,
    at_rail,
    in_flight,
)
from amends.store.connection import Connection

if TYPE_CHECKING:
    from amends.vault.opened import OpenCase

EXPORT_SCHEMA = pa.schema(
    [
        ("transfer_id", pa.string()),
        ("debit", pa.string()),
        ("credit", pa.string()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("reason", pa.string()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""The columns of ``amends export ledger``."""


DEPOSIT, DEPOSIT_OF_RETURNED = "deposit", "deposit_of_returned"
"""The reasons of transfers into what is deposited: out of what is owed, and of what came back."""

BY_HAND, BY_HAND_OF_RETURNED = "by_hand", "by_hand_of_returned"
"""The same of what is paid by hand."""


def post(connection: Connection, transfers: Iterable[Transfer]) -> int:
    """Write transfers, in postings of at most 10,000; how many were new.

    The same transfer again changes nothing. Other writers wait from here to the end of the
    transaction, so post last.

    Raises:
        LedgerConflictError: an id is known with other content, or given twice.
        LedgerTextError: a field holds a separator.
    """
    return _post_blocks(connection, rules.lines_of(transfers))


def hold(connection: Connection) -> None:
    """Let nobody else post until the transaction ends: what is read of the books then stays so."""
    store.lock_chain(connection)


def _post_blocks(connection: Connection, blocks: Iterator[bytes]) -> int:
    """Write blocks of lines, each as one posting."""
    new, locked = 0, False
    for block in blocks:
        if not locked:
            store.lock_chain(connection)
            locked = True
        new += _post_block(connection, block)
    return new


def _post_block(connection: Connection, block: bytes) -> int:
    """Write one posting. Most are all new; one that is not is undone and written without them."""
    posting = rules.next_posting(store.newest_posting(connection), block)
    if _insert_if_all_new(connection, posting, block):
        return posting.transfers
    store.stage(connection, block)
    if twice := store.staged_twice(connection):
        raise LedgerConflictError(
            said("{twice} transfers are given twice in one posting; give each id once", twice=twice)
        )
    if wrong := store.contradictions(connection):
        raise LedgerConflictError(
            said(
                "{wrong}: already in the books with other content; correct by a transfer in "
                "the other direction with an id of its own",
                wrong=", ".join(wrong),
            )
        )
    known = store.known_ids(connection)
    lines = block.splitlines(keepends=True)
    rest = b"".join(
        line
        for line, transfer_id in zip(lines, rules.ids_of(block), strict=True)
        if transfer_id not in known
    )
    return _post_block(connection, rest) if rest else 0


def _insert_if_all_new(connection: Connection, posting: Posting, block: bytes) -> bool:
    """Write the lines of *block* as *posting*; when some are not new, undo it and say so."""
    try:
        with connection.transaction():
            store.insert_posting(connection, posting)
            store.insert_transfers(connection, posting.posting_no, block)
    except UniqueViolation as known:
        if known.diag.constraint_name != "transfer_pkey":
            raise
        return False
    return True


def open_rail(connection: Connection, rail: str) -> None:
    """Open the two accounts of a rail: what lies there, and what is in flight."""
    store.insert_account(
        connection,
        Account(account=at_rail(rail), side=Side.DEBIT, meaning=f"money that lies at {rail}"),
    )
    store.insert_account(
        connection,
        Account(
            account=in_flight(rail),
            side=Side.CREDIT,
            meaning=f"given to {rail} and not answered for good",
        ),
    )


def balances(connection: Connection) -> dict[str, int]:
    """Minor units per account, on the side on which the account grows; 0 where nothing moved."""
    found: dict[str, int] = {}
    for account, _, _, amount in store.balances(connection):
        found[account] = found.get(account, 0) + amount
    return found


def transfers_named(connection: Connection, names: Sequence[str]) -> list[Transfer]:
    """The transfers of these ids that are in the books, in their order."""
    return store.transfers_named(connection, names)


def moved(connection: Connection, reason: str) -> int:
    """Minor units that were ever moved for one reason."""
    return store.moved(connection, reason)


def deposited(connection: Connection, awards: Sequence[int]) -> dict[int, int]:
    """Minor units that are deposited of each of these awards; others are left out."""
    return _moved_of(connection, (DEPOSIT, DEPOSIT_OF_RETURNED), awards)


def paid_by_hand(connection: Connection, awards: Sequence[int]) -> dict[int, int]:
    """Minor units that were paid by hand of each of these awards; others are left out."""
    return _moved_of(connection, (BY_HAND, BY_HAND_OF_RETURNED), awards)


def by_hand_of_returned(connection: Connection, award: int) -> int:
    """Minor units of an award that came back and were paid by hand then."""
    return _moved_of(connection, (BY_HAND_OF_RETURNED,), [award]).get(award, 0)


def _moved_of(
    connection: Connection, reasons: Sequence[str], awards: Sequence[int]
) -> dict[int, int]:
    """Minor units that were moved for these reasons, by award."""
    subjects = [f"award:{index}" for index in awards]
    found = store.moved_of(connection, reasons, subjects)
    return {int(subject.removeprefix("award:")): minor for subject, minor in found.items()}


def subjects(connection: Connection, reason: str) -> set[str]:
    """What the transfers of one reason are about."""
    return store.subjects(connection, reason)


def check_trial(connection: Connection) -> Literal[True]:
    """Check that debit and credit accounts hold the same, in every currency.

    Raises:
        AssertionError: they do not, which one-row transfers rule out.
    """
    by_currency: dict[str, dict[str, int]] = {}
    sides: dict[str, Side] = {}
    for account, side, currency, amount in store.balances(connection):
        by_currency.setdefault(currency, {})[account] = amount
        sides[account] = side
    for amounts in by_currency.values():
        rules.trial(amounts, sides)
    return True


def verify_chain(connection: Connection) -> Literal[True]:
    """Check that every transfer is as it was written, and that none is missing or added.

    Raises:
        LedgerChainError: which posting is not, and how.
    """
    wrong = rules.first_break(store.all_postings(connection), store.written_groups(connection))
    if wrong is not None:
        number, _, what = wrong.partition(" ")
        raise LedgerChainError(int(number), what)
    return True


def verify_books(opened: "OpenCase") -> int:
    """Check the chain and the balances of the books.

    Returns:
        How many postings they have.

    Raises:
        LedgerChainError: a posting is not what was written.
    """
    with opened.database.reading() as connection:
        verify_chain(connection)
        check_trial(connection)
        return len(store.all_postings(connection))


def export_ledger(opened: "OpenCase") -> pa.Table:
    """Every transfer, in the order of the books (``amends export ledger``)."""
    read = csv.ReadOptions(column_names=EXPORT_SCHEMA.names)
    convert = csv.ConvertOptions(
        column_types={
            field.name: pa.int64() if field.name == "recorded_at" else field.type
            for field in EXPORT_SCHEMA
        }
    )
    with opened.database.reading() as connection:
        parts = [
            csv.read_csv(pa.BufferReader(lines), read_options=read, convert_options=convert)
            for lines in store.export_lines(connection)
        ]
    return pa.concat_tables([EXPORT_SCHEMA.empty_table(), *(p.cast(EXPORT_SCHEMA) for p in parts)])
