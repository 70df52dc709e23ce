"""The SQL of the books. Rows go in by COPY; nothing here changes or deletes one."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo
from itertools import islice

from amends.ledger.model import Account, Movement, Posting, Side, Transfer
from amends.store.columns import calendar_day, moment, octets, whole
from amends.store.connection import Connection

_CHAIN_LOCK = 0x6C656467  # "ledg": see docs/locking.md
_EXPORTED_AT_ONCE = 100_000

_LINE = (
    "transfer_id || E'\\t' || debit || E'\\t' || credit || E'\\t' || amount_minor || E'\\t' || "
    "currency || E'\\t' || reason || E'\\t' || subject || E'\\t' || "
    """to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || E'\\n'"""
)
_FIELDS = "transfer_id, debit, credit, amount_minor, currency, reason, subject, occurred_at"


def lock_chain(connection: Connection) -> None:
    """Wait until no other transaction writes to the books; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _CHAIN_LOCK})


def newest_posting(connection: Connection) -> Posting | None:
    """The end of the chain."""
    row = connection.execute(
        "SELECT posting_no, transfers, rows_sha256, previous_sha256, chain_sha256 "
        "FROM ledger.posting ORDER BY posting_no DESC LIMIT 1"
    ).fetchone()
    return _posting(row) if row else None


def all_postings(connection: Connection) -> list[Posting]:
    """The chain from its start."""
    cursor = connection.execute(
        "SELECT posting_no, transfers, rows_sha256, previous_sha256, chain_sha256 "
        "FROM ledger.posting ORDER BY posting_no"
    )
    return [_posting(row) for row in cursor]


def _posting(row: tuple[object, ...]) -> Posting:
    """A posting from its row."""
    number, transfers, rows, previous, chain = row
    return Posting(
        posting_no=whole(number),
        transfers=whole(transfers),
        rows_sha256=octets(rows),
        previous_sha256=octets(previous),
        chain_sha256=octets(chain),
    )


def stage(connection: Connection, block: bytes) -> None:
    """Put a block of lines where the questions about staged transfers find it."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS incoming_transfer (transfer_id text, debit text, "
        "credit text, amount_minor bigint, currency text, reason text, subject text, "
        "occurred_at timestamptz) ON COMMIT DROP"
    )
    connection.execute("TRUNCATE incoming_transfer")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY incoming_transfer ({_FIELDS}) FROM STDIN") as copy,
    ):
        copy.write(block)


def insert_posting(connection: Connection, posting: Posting) -> None:
    """Add a link to the chain."""
    connection.execute(
        "INSERT INTO ledger.posting "
        "(posting_no, transfers, rows_sha256, previous_sha256, chain_sha256) "
        "VALUES (%(no)s, %(transfers)s, %(rows)s, %(previous)s, %(chain)s)",
        {
            "no": posting.posting_no,
            "transfers": posting.transfers,
            "rows": posting.rows_sha256,
            "previous": posting.previous_sha256,
            "chain": posting.chain_sha256,
        },
    )


def insert_transfers(connection: Connection, posting_no: int, block: bytes) -> None:
    """Add a block of lines as transfers of a posting.

    Raises:
        UniqueViolation: one of them is in the books, or is there twice.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ledger.transfer ({_FIELDS}, posting_no) FROM STDIN") as copy,
    ):
        copy.write(block.replace(b"\n", b"\t%d\n" % posting_no))


def staged_twice(connection: Connection) -> int:
    """How many staged transfers share their id with another staged one."""
    row = connection.execute(
        "SELECT count(*) - count(DISTINCT transfer_id) FROM incoming_transfer"
    ).fetchone()
    return whole(row[0]) if row else 0


def known_ids(connection: Connection) -> set[bytes]:
    """The ids of staged transfers that the books already hold."""
    cursor = connection.execute(
        "SELECT transfer_id FROM incoming_transfer JOIN ledger.transfer USING (transfer_id)"
    )
    return {str(transfer_id).encode() for (transfer_id,) in cursor}


def contradictions(connection: Connection) -> list[str]:
    """Ids of staged transfers that the books hold with other content (at most ten)."""
    cursor = connection.execute(
        "SELECT known.transfer_id FROM incoming_transfer AS staged "
        "JOIN ledger.transfer AS known ON known.transfer_id = staged.transfer_id "
        "WHERE (known.debit, known.credit, known.amount_minor, known.currency, known.reason, "
        "known.subject, known.occurred_at) IS DISTINCT FROM (staged.debit, staged.credit, "
        "staged.amount_minor, staged.currency, staged.reason, staged.subject, "
        "staged.occurred_at) ORDER BY known.transfer_id LIMIT 10"
    )
    return [str(transfer_id) for (transfer_id,) in cursor]


def insert_account(connection: Connection, account: Account) -> None:
    """Open an account, unless it is open."""
    connection.execute(
        "INSERT INTO ledger.account (account, side, meaning) "
        "VALUES (%(account)s, %(side)s, %(meaning)s) "
        "ON CONFLICT ON CONSTRAINT account_pkey DO NOTHING",
        {"account": account.account, "side": account.side, "meaning": account.meaning},
    )


def balances(connection: Connection) -> list[tuple[str, Side, str, int]]:
    """Account, side, currency ('' where nothing moved) and amount on the account's own side."""
    cursor = connection.execute(
        "SELECT account, side, currency, amount_minor FROM ledger.balance "
        "ORDER BY account, currency"
    )
    return [
        (str(account), Side(str(side)), str(currency), whole(amount))
        for account, side, currency, amount in cursor
    ]


def moved(connection: Connection, reason: str) -> int:
    """The sum of all transfers of one reason."""
    row = connection.execute(
        "SELECT COALESCE(sum(amount_minor), 0)::bigint FROM ledger.transfer "
        "WHERE reason = %(reason)s",
        {"reason": reason},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def moved_of(
    connection: Connection, reasons: Sequence[str], subjects: Sequence[str]
) -> dict[str, int]:
    """The sums of the transfers of these reasons about each of these subjects."""
    rows = connection.execute(
        "SELECT subject, sum(amount_minor)::bigint FROM ledger.transfer "
        "WHERE reason = ANY(%(reasons)s) AND subject = ANY(%(subjects)s) GROUP BY subject",
        {"reasons": list(reasons), "subjects": list(subjects)},
    )
    return {str(subject): whole(amount) for subject, amount in rows}


def subjects(connection: Connection, reason: str) -> set[str]:
    """What the transfers of one reason are about."""
    rows = connection.execute(
        "SELECT DISTINCT subject FROM ledger.transfer WHERE reason = %(reason)s",
        {"reason": reason},
    )
    return {str(subject) for (subject,) in rows}


def transfers_named(connection: Connection, names: Sequence[str]) -> list[Transfer]:
    """The transfers of these ids that are there, by time."""
    cursor = connection.execute(
        "SELECT transfer_id, debit, credit, amount_minor, currency, reason, subject, occurred_at "
        "FROM ledger.transfer WHERE transfer_id = ANY(%(names)s) "
        "ORDER BY posting_no, transfer_id",
        {"names": list(names)},
    )
    return [
        Transfer(
            transfer_id=str(name),
            debit=str(debit),
            credit=str(credit),
            amount_minor=whole(amount),
            currency=str(currency),
            reason=str(reason),
            subject=str(subject),
            occurred_at=moment(at),
        )
        for name, debit, credit, amount, currency, reason, subject, at in cursor
    ]


def written_groups(connection: Connection) -> dict[int, tuple[int, bytes]]:
    """Per posting number: how many transfers carry it, and the SHA-256 of their lines."""
    cursor = connection.execute(
        "SELECT posting_no, count(*), "  # noqa: S608 - the fixed line of this module
        f"sha256(convert_to(string_agg({_LINE}, '' ORDER BY transfer_id COLLATE \"C\"), 'UTF8')) "
        "FROM ledger.transfer GROUP BY posting_no ORDER BY posting_no"
    )
    return {whole(no): (whole(count), octets(digest)) for no, count, digest in cursor}


def movements(
    connection: Connection, *, zone: tzinfo, each: bool, until: date | None
) -> list[Movement]:
    """What moved, by day.

    A row per day, pair of accounts and reason, with its postings as the token; with *each* a row
    per transfer, with its id. Days are those of *zone*.
    """
    day = "(occurred_at AT TIME ZONE %(zone)s::interval)::date"
    of = f"{day}, debit, credit, reason, currency"
    token = (
        "min(transfer_id)" if each else "'postings ' || min(posting_no) || '–' || max(posting_no)"
    )
    cursor = connection.execute(
        f"SELECT {of}, sum(amount_minor)::bigint, count(*), min(posting_no), {token} "  # noqa: S608
        "FROM ledger.transfer "
        f"WHERE %(until)s::date IS NULL OR {day} <= %(until)s::date "
        f"GROUP BY {of}{', transfer_id' if each else ''}",
        {"zone": datetime(2000, 1, 1, tzinfo=zone).utcoffset(), "until": until},
    )
    return [_movement(*row) for row in cursor]


def _movement(*row: object) -> Movement:
    """A movement from its row."""
    day, debit, credit, reason, currency, amount, transfers, first, token = row
    return Movement(
        day=calendar_day(day),
        debit=str(debit),
        credit=str(credit),
        reason=str(reason),
        currency=str(currency),
        amount_minor=whole(amount),
        transfers=whole(transfers),
        first_posting=whole(first),
        token=str(token),
    )


def export_lines(connection: Connection) -> Iterator[bytes]:
    """Transfers in the order of the books, as blocks of whole lines of CSV (no field has a break).

    The columns are those of the export; ``recorded_at`` is in microseconds since 1970 in UTC.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT transfer_id, debit, credit, amount_minor, currency, reason, "
            "(extract(epoch FROM recorded_at) * 1000000)::bigint "
            "FROM ledger.transfer ORDER BY posting_no, transfer_id) TO STDOUT (FORMAT csv)"
        ) as copy,
    ):
        begun = b""
        while block := b"".join(islice(copy, _EXPORTED_AT_ONCE)):
            lines, line_end, begun = (begun + block).rpartition(b"\n")
            yield lines + line_end
