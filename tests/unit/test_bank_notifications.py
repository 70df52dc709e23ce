"""Notifications of a bank (camt.054): held against the count and the sum that they give."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from amends.simulators.bank.writing import Books, Day, Movement, notification, statement
from amends.statements.model import Problem, StatementError
from amends.statements.service import walk_advices, walk_statements

BOOKS = Books(account="6222020200112233445", currency="CNY", zone="Asia/Shanghai")
AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOVED = [
    Movement(reference=f"B{n}", number=f"N{n}", amount_minor=-minor, at=AT)
    for n, minor in enumerate((500, 200))
]
PLAIN = notification("A1", "2026-11-23T12:00:00", BOOKS, MOVED)
PENDING = PLAIN.replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1)

Change = Callable[[bytes], bytes]
WAYS: dict[str, Change] = {
    "text": lambda data: data,
    "tree": lambda data: data.replace(b"<Ntfctn>", b"<!-- a bank --><Ntfctn>"),
}


def total(count: str, amount: str) -> bytes:
    """A notification's own count and sum."""
    return (
        f"</Acct><TxsSummry><TtlNtries><NbOfNtries>{count}</NbOfNtries><Sum>{amount}</Sum>"
        "</TtlNtries></TxsSummry>"
    ).encode()


def page(tag: str, last: str = "false") -> bytes:
    """Which page it is."""
    return f"<{tag}><PgNb>1</PgNb><LastPgInd>{last}</LastPgInd></{tag}>".encode()


def read(data: bytes) -> list[int]:
    """What each line moves."""
    return [line.signed_minor for one in walk_advices(lambda: (data,), "a") for line in one.lines]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "data",
    [
        PLAIN.replace(b"</Acct>", total("3", "7.00")),
        PLAIN.replace(b"</Acct>", total("2", "7.01")),
        PLAIN.replace(b"</Acct>", total("0", "0.00")),
        PENDING.replace(b"</Acct>", total("1", "7.00")),
        PLAIN.replace(b"</Ntfctn>", b"</Ntfctn><Ntfctn><Id>A2</Id><CreDtTm>2026-11-23T12:00:00")
        .replace(b"</BkToCstmrDbt", b"</CreDtTm><Acct><Id><Othr><Id>1</Id></Othr></Id>%s</Ntfctn>")
        .replace(b"%s</Ntfctn>", total("1", "7.00") + b"</Ntfctn></BkToCstmrDbt"),
        PLAIN.replace(b"<Ntfctn><Id>A1</Id>", b"<Ntfctn><Id>A1</Id>" + page("NtfctnPgntn")),
        PLAIN.replace(b"</GrpHdr>", page("MsgPgntn") + b"</GrpHdr>"),
        PLAIN.replace(b"</GrpHdr>", page("MsgPgntn", "0") + b"</GrpHdr>"),
    ],
)
def test_a_notification_of_which_something_is_missing_is_refused(way: str, data: bytes) -> None:
    """Another count, another sum, one page of several: nothing of it counts."""
    with pytest.raises(StatementError, match=r"fetch the file again|the whole") as caught:
        read(WAYS[way](data))
    assert caught.value.problem is Problem.TRUNCATED


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("data", "moved"),
    [
        (PLAIN, [-500, -200]),
        (PLAIN.replace(b"</Acct>", total("2", "7.00")), [-500, -200]),
        (PLAIN.replace(b"</GrpHdr>", page("MsgPgntn", "true") + b"</GrpHdr>"), [-500, -200]),
        (PENDING.replace(b"</Acct>", total("1", "2.00")), [-200]),
        (PENDING.replace(b"</Acct>", total("2", "7.00")), [-200]),
    ],
)
def test_what_waits_is_counted_or_is_not(way: str, data: bytes, moved: list[int]) -> None:
    """Banks count entries that are not booked yet, too, or do not."""
    assert read(WAYS[way](data)) == moved


def test_a_statement_may_count_what_waits() -> None:
    """As a notification may."""
    told = Day(
        identifier="S1",
        number=1,
        day=AT.date(),
        opening_minor=1000,
        closing_minor=800,
        moved=MOVED,
    )
    data = statement(BOOKS, told).replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1)
    [found] = walk_statements(lambda: (data,), "s")
    assert [line.signed_minor for line in found.lines] == [-200]
    with pytest.raises(StatementError, match="counts 2 entries and 1"):
        walk_statements(lambda: (data.replace(b"<Sum>7.00", b"<Sum>6.00"),), "s")
