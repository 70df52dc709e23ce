"""How transfers are written as lines, and how postings are chained.

The line of a transfer is its eight fields with a tab between them and a newline after them. The
same bytes are what COPY reads, what is hashed, and what PostgreSQL can rebuild from the row, so the
chain is checked where the rows are. Lines of a posting are sorted as bytes; a tab sorts before
every character of an id, so that is the order of the ids.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from amends.kernel.saying import said
from amends.ledger.model import LedgerTextError, Posting, Side, Transfer

GROUP = 10_000
"""Most transfers in one posting: bounds memory, and what one link of the chain covers."""

START = bytes(32)
"""What the first posting is chained to."""

_FIELDS = len(fields(Transfer))
_CHAIN = b"amends ledger posting 1\n"


def written_time(moment: datetime) -> str:
    """A time as a line carries it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def lines_of(transfers: Iterable[Transfer]) -> Iterator[bytes]:
    """The lines of transfers, in blocks of at most :data:`GROUP`.

    Raises:
        LedgerTextError: a field holds a tab, a line break or a backslash.
    """
    waiting = iter(transfers)
    times: dict[datetime, str] = {}
    while batch := list(islice(waiting, GROUP)):
        for moment in {transfer.occurred_at for transfer in batch} - times.keys():
            times[moment] = written_time(moment)
        text = "".join(
            f"{t.transfer_id}\t{t.debit}\t{t.credit}\t{t.amount_minor}\t{t.currency}\t"
            f"{t.reason}\t{t.subject}\t{times[t.occurred_at]}\n"
            for t in batch
        )
        yield _checked(text.encode(), rows=len(batch))


def _checked(block: bytes, *, rows: int) -> bytes:
    """The block, when it holds exactly the separators that *rows* lines have."""
    if (
        block.count(b"\n") != rows
        or block.count(b"\t") != rows * (_FIELDS - 1)
        or b"\\" in block
        or b"\r" in block
    ):
        raise LedgerTextError(
            said("a field of a transfer holds a tab, a line break or a backslash; leave it out")
        )
    return block


def ids_of(block: bytes) -> list[bytes]:
    """The ids of the lines of a block."""
    return [line[: line.index(b"\t")] for line in block.splitlines()]


def next_posting(previous: Posting | None, block: bytes) -> Posting:
    """The posting of a block of lines after *previous* (None: the first of all)."""
    lines = sorted(block.splitlines(keepends=True))
    return link(
        posting_no=1 if previous is None else previous.posting_no + 1,
        previous_sha256=START if previous is None else previous.chain_sha256,
        rows_sha256=hashlib.sha256(b"".join(lines)).digest(),
        transfers=len(lines),
    )


def link(*, posting_no: int, previous_sha256: bytes, rows_sha256: bytes, transfers: int) -> Posting:
    """A posting with its link: SHA-256 over number, count, rows and the link before."""
    head = b"%s%d %d\n" % (_CHAIN, posting_no, transfers)
    return Posting(
        posting_no=posting_no,
        transfers=transfers,
        rows_sha256=rows_sha256,
        previous_sha256=previous_sha256,
        chain_sha256=hashlib.sha256(head + previous_sha256 + rows_sha256).digest(),
    )


def trial(balances: Mapping[str, int], sides: Mapping[str, Side]) -> Literal[True]:
    """Check that what the debit accounts hold equals what the credit accounts hold.

    Raises:
        AssertionError: they differ, which one-row transfers rule out.
    """
    debit = sum(amount for account, amount in balances.items() if sides[account] is Side.DEBIT)
    credit = sum(amount for account, amount in balances.items() if sides[account] is Side.CREDIT)
    if debit != credit:
        raise AssertionError(f"debit accounts hold {debit}, credit accounts {credit}")
    return True


def first_break(postings: Sequence[Posting], found: Mapping[int, tuple[int, bytes]]) -> str | None:
    """What is wrong with the chain, or None.

    *found*: per posting number, how many transfers there are and the hash of their lines.
    """
    previous = START
    for number, posting in enumerate(postings, start=1):
        expected = link(
            posting_no=number,
            previous_sha256=previous,
            rows_sha256=posting.rows_sha256,
            transfers=posting.transfers,
        )
        if posting != expected:
            return f"{number} does not follow from the one before it"
        if found.get(number) != (posting.transfers, posting.rows_sha256):
            return f"{number} holds other transfers than were written"
        previous = posting.chain_sha256
    strangers = found.keys() - {posting.posting_no for posting in postings}
    return f"{min(strangers)} was never written" if strangers else None
