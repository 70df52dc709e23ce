"""Lines of bills in the database: each in exactly one class, and the books move as the bill."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from amends.kernel.money import Money
from amends.kernel.saying import in_language
from amends.ledger import service as ledger
from amends.payouts.model import BillChangedError, LineClass, State
from amends.payouts.rails.bank_statements import of_day
from amends.payouts.rails.columns import batches_of
from amends.payouts.rails.model import RailUnavailableError, Statement
from amends.payouts.rails.written import MalformedBillError
from amends.payouts.reconciling import bill_packs, bill_store, bills, kept_bills
from amends.payouts.reconciling.reconcile import import_bill
from amends.simulators.bank import writing as banks
from amends.statements.service import walk_statements
from amends.vault.opened import OpenCase
from made_bills import (
    AT,
    DAY,
    HELD_MINOR,
    Made,
    classes,
    make_instructions,
    make_rail,
    statement,
    taken,
)
from made_cases import OpenedCase

LINE = st.tuples(
    st.sampled_from(["A", "B", "C", None]),
    st.sampled_from(["out", "in"]),
    st.sampled_from(["transfer", "return", "top_up", "fee", "other"]),
    st.sampled_from([500, 499]),
)
STATES = st.fixed_dictionaries({}, optional=dict.fromkeys("AB", st.sampled_from(list(State))))
GIVEN_AWAY = {State.SENDING, State.UNKNOWN, State.ACCEPTED, State.SETTLED, State.RETURNED}
TOMORROW = DAY + timedelta(days=1)


def _one_by_one(days: list[list[tuple[int, Made]]], states: dict[str, State]) -> list[list[str]]:
    """What each line of each day is, said plainly: one line after the other."""
    seen: Counter[tuple[str, str]] = Counter()
    proved: set[str] = set()
    ids: set[tuple[object, ...]] = set()
    now = dict(states)
    found = []
    for lines in days:
        told = dict(now)
        found.append([_class(line, told, now, seen, proved, ids) for line in lines])
    return found


def _class(  # noqa: PLR0911 -- a line after the other
    named: tuple[int, Made],
    told: dict[str, State],
    now: dict[str, State],
    seen: Counter[tuple[str, str]],
    proved: set[str],
    ids: set[tuple[object, ...]],
) -> str:
    """One line: *told* is the state when the bill came, *now* what it is made by it."""
    line_id, (number, direction, kind, amount) = named
    if (line_id, number, direction, amount) in ids:
        return "repeated"
    ids.add((line_id, number, direction, amount))
    what, state = (direction, kind), told.get(number or "")
    if what == ("in", "top_up"):
        return "top_up"
    if what == ("out", "fee"):
        return "fee"
    if number is None or state is None or what not in {("out", "transfer"), ("in", "return")}:
        return "unknown_to_us"
    seen[number, direction] += 1
    if seen[number, direction] > 1:
        return "duplicate_at_provider"
    if amount != 500:
        return "amount_differs"
    if state not in GIVEN_AWAY or (direction == "in" and number not in proved):
        return "state_differs"
    if direction == "out":
        proved.add(number)
        now[number] = State.RETURNED if state is State.RETURNED else State.SETTLED
        return "matched"
    now[number] = State.RETURNED
    return "returned"


def _held(opened: OpenCase, rail: str) -> int:
    with opened.database.reading() as connection:
        return ledger.balances(connection)[f"rail:{rail}"]


def test_payouts_every_line_is_classed_as_one_by_one(opened_case: OpenedCase) -> None:
    """Two days of any lines about payments in any state: the database says what reading does.

    Each line is one class, classes come to what the file comes to, and the rail's account in the
    books ends with the bill's balance.
    """
    opened, places = opened_case(), itertools.count()

    @settings(max_examples=30, deadline=None)
    @given(
        first=st.lists(st.tuples(st.integers(0, 9), LINE), max_size=9),
        second=st.lists(st.tuples(st.integers(0, 9), LINE), max_size=5),
        states=STATES,
    )
    def each(
        first: list[tuple[int, Made]], second: list[tuple[int, Made]], states: dict[str, State]
    ) -> None:
        place = next(places)
        rail = f"r{place}"
        make_rail(opened, rail)
        make_instructions(
            opened, rail, {f"{rail}{n}": str(one) for n, one in states.items()}, first=10 * place
        )
        days = [[_named(rail, line) for line in lines] for lines in (first, second)]
        one = statement(days[0])
        found = [taken(opened, rail, one)]
        two = statement(days[1], opening_minor=one.closing.amount_minor, day=TOMORROW)
        again = {_same(line) for line in days[0]} & {_same(line) for line in days[1]}
        off = sum(-amount if way == "in" else amount for _, _, way, amount in again)
        found.append(taken(opened, rail, replace(two, closing=_plus(two.closing, off))))
        assert found == _one_by_one([first, second], states)
        assert _held(opened, rail) == two.closing.amount_minor + off
        _require_sums(opened, rail, [one, two])

    each()


def _named(rail: str, line: tuple[int, Made]) -> tuple[str, Made]:
    """A line with its own number, of the rail's payments."""
    line_id, (number, direction, kind, amount) = line
    return f"L{line_id}", (f"{rail}{number}" if number else None, direction, kind, amount)


def _same(line: tuple[str, Made]) -> tuple[str, str | None, str, int]:
    """What two lines have in common that are one."""
    line_id, (number, direction, _, amount) = line
    return line_id, number, direction, amount


def _plus(amount: Money, minor: int) -> Money:
    return Money(amount_minor=amount.amount_minor + minor, currency=amount.currency)


def _require_sums(opened: OpenCase, rail: str, found: list[Statement]) -> None:
    """Counts and sums of the classes are those of the files."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT day, direction, sum(lines)::bigint, sum(amount_minor)::bigint "
            "FROM payouts.line_class WHERE rail = %s GROUP BY day, direction",
            [rail],
        ).fetchall()
    told: Counter[tuple[date, str, str]] = Counter()
    for one in found:
        for line in one.lines:
            told[one.day, str(line.direction), "lines"] += 1
            told[one.day, str(line.direction), "minor"] += line.amount.amount_minor
    assert {(day, way, "lines"): n for day, way, n, _ in rows} | {
        (day, way, "minor"): n for day, way, _, n in rows
    } == dict(told)


BILL = {
    **dict.fromkeys(("in_minor", "repeated_minor", "gap_minor"), 0),
    "rail": "other",
    "day": DAY,
    "raw_sha256": bytes(32),
    "opening_minor": 1000,
    "closing_minor": 500,
    "lines": 1,
    "out_minor": 500,
    "previous_day": None,
    "file": "x",
    "imported_at": "2026-11-23",
}
EMPTY = {"rail": "alipay", "lines": 0, "out_minor": 0, "closing_minor": 1000}
WRONG_BILLS: list[tuple[dict[str, object], str]] = [
    ({"lines": 2}, "bill_total_is_that_of_the_bill"),
    ({"out_minor": 501, "gap_minor": 1}, "bill_total_is_that_of_the_bill"),
    ({"closing_minor": 1}, "bill_adds_up"),
    ({"repeated_minor": 5}, "bill_adds_up"),
    ({"day": DAY + timedelta(days=2), **EMPTY}, "bill_first_once"),
    ({"previous_day": DAY - timedelta(days=1)}, "bill_joins_the_one_before"),
    ({"previous_day": DAY - timedelta(days=2)}, "bill_after_the_day_before"),
]


def test_payouts_a_bill_that_is_not_its_lines_is_refused(opened_case: OpenedCase) -> None:
    """Another count, sum or balance, a day that does not follow: each by a named constraint."""
    opened = opened_case()
    make_rail(opened, "alipay")
    taken(opened, "alipay", statement([(None, "out", "other", 500)]))
    for change, constraint in WRONG_BILLS:
        with pytest.raises(psycopg.errors.IntegrityError) as refused:
            _add(opened, {**BILL, **change})
        assert refused.value.diag.constraint_name == constraint


PACK = (
    "INSERT INTO payouts.line_pack (rail, day, first_place, lowest_line, highest_line, line_ids, "
    "numbers, provider_references, kinds, moved_minor, balances_minor, occurred_at) VALUES "
    "(%s, '2026-11-22', %s, 'L0', 'L0', '{L0}', '{\"\"}', '{NULL}', '{o}', %s, '{500}', "
    "'{2026-11-22}')"
)


def _add(opened: OpenCase, bill: dict[str, object], *, moved_minor: int = -500) -> None:
    """A bill and a line, by hand."""
    add = sql.SQL("INSERT INTO payouts.bill ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, bill)),
        sql.SQL(", ").join([sql.Placeholder()] * len(bill)),
    )
    with opened.database.unit_of_work() as connection:
        connection.execute(PACK.encode(), ["other", 1, [moved_minor]])
        connection.execute(add, list(bill.values()))


ODD = (
    "INSERT INTO payouts.odd_line (rail, line_id, repeat, day, place, direction, kind, "
    "amount_minor, balance_after_minor, occurred_at, class) VALUES "
    "(%s, 'L0', 0, '2026-11-22', %s, 'out', 'other', %s, 0, '2026-11-22', 'fee')"
)
MATCHED = ODD.replace("'L0'", "'L1'").replace("direction,", "direction, instruction_id,", 1)
MATCHED = MATCHED.replace("'out',", "'out', 'A',")
WRONG_LINES: list[tuple[str, list[object], str]] = [
    (PACK.replace("2026-11-22", "2026-11-23", 1), ["alipay", 1, [-500]], "bill_total_once"),
    (PACK, ["alipay", 8193, [-500]], "line_pack_follows"),
    (PACK, ["alipay", 1, [-500]], "line_pack_at_its_place"),
    (PACK, ["other", 2, [-500]], "line_pack_in_steps"),
    (PACK, ["other", 8193, [-500]], "line_pack_follows"),
    (PACK, ["other", 1, [-500, -1]], "line_pack_of_lines"),
    (PACK, ["other", 1, [0]], "line_pack_whole"),
    (PACK, ["other", 1, [None]], "line_pack_whole"),
    (ODD, ["alipay", 1, 500], "odd_line_in_one_class"),
    (ODD, ["other", 1, 500], "odd_line_of_a_line"),
    (ODD.replace("'L0'", "'L1'"), ["alipay", 1, 500], "odd_line_at_its_place"),
    (ODD.replace("'L0'", "'L1'"), ["alipay", 2, 501], "odd_line_of_a_line"),
    (MATCHED, ["alipay", 2, 500], "odd_line_before_its_bill"),
]


def test_payouts_lines_come_once_and_each_has_one_class(opened_case: OpenedCase) -> None:
    """More lines for a day that has its bill, holes, a second or a wrong class: all refused."""
    opened = opened_case()
    make_rail(opened, "alipay")
    make_instructions(opened, "alipay", {"A": "settled"})
    bill = statement([(None, "out", "other", 500), ("A", "out", "transfer", 500)])
    taken(opened, "alipay", bill)
    taken(opened, "alipay", statement([], opening_minor=bill.closing.amount_minor, day=TOMORROW))
    for change, values, constraint in WRONG_LINES:
        with (
            pytest.raises(psycopg.errors.IntegrityError) as refused,
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(change.encode(), values)
        assert refused.value.diag.constraint_name == constraint


def test_payouts_what_came_in_is_odd_or_no_bill(opened_case: OpenedCase) -> None:
    """A bill that would count income as payments of ours is refused."""
    opened = opened_case()
    make_rail(opened, "other")
    came = {"in_minor": 500, "out_minor": 0, "opening_minor": 0}
    with pytest.raises(psycopg.errors.IntegrityError) as refused:
        _add(opened, {**BILL, **came}, moved_minor=500)
    assert refused.value.diag.constraint_name == "bill_has_its_odd_lines"


def test_payouts_lines_of_several_packs_are_found_where_they_stand(
    opened_case: OpenedCase,
) -> None:
    """Ten thousand lines in batches of any size: each is at its place, as it was read."""
    opened = opened_case()
    make_rail(opened, "alipay")
    total = bill_packs.LINES_IN_PACK + 2_000
    lines = pl.DataFrame({"n": range(1, total + 1)}).select(
        pl.format("L{}", "n").alias("line_id"),
        pl.when(pl.col("n") % 3 > 0).then(pl.format("N{}", pl.col("n") + 10_000)).alias("number"),
        pl.format("赔{}", "n").alias("reference"),
        direction=pl.when(pl.col("n") % 2 > 0).then(pl.lit("out")).otherwise(pl.lit("in")),
        kind=pl.lit("other"),
        amount_minor=pl.col("n").cast(pl.Int64),
        balance_after_minor=-pl.col("n").cast(pl.Int64),
        at=pl.lit(AT) + pl.duration(seconds="n"),
    )
    came = int(lines.filter(pl.col("direction") == "in")["amount_minor"].sum())
    left = int(lines.filter(pl.col("direction") == "out")["amount_minor"].sum())

    def batches() -> Iterator[pl.DataFrame]:
        yield from (lines[:1], lines[1:6_000], lines[6_000:])

    bill = statement([], closing_off=came - left)
    assert import_bill(opened, "alipay", replace(bill, batches=batches))
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT place, line_id, instruction_id, provider_reference, direction, amount_minor, "
            "balance_after_minor, occurred_at FROM payouts.bill_line ORDER BY place"
        ).fetchall()
        some = connection.execute(
            "SELECT place, line_id, occurred_at FROM payouts.lines_at('alipay', %s, %s) "
            "ORDER BY place",
            [DAY, [1, 8_192, 8_193, total, 2 * total]],
        ).fetchall()
    said = ["line_id", "number", "reference", "direction", "amount_minor", "balance_after_minor"]
    assert rows == list(lines.select(pl.int_range(1, total + 1), *said, "at").iter_rows())
    assert [(place, f"L{place}") for place in (1, 8_192, 8_193, total)] == [
        (place, line_id) for place, line_id, _ in some
    ]
    assert some[2][2] == AT + timedelta(seconds=8_193)
    with opened.database.reading() as connection:
        assert bill_store.line_classes(connection) == {"unknown_to_us": total}


def _told(error: pytest.ExceptionInfo[BillChangedError | RailUnavailableError], words: str) -> None:
    """A refusal that says what to do, in two languages."""
    message = error.value.message
    assert words in in_language(message, "en")
    assert in_language(message, "zh") != in_language(message, "en")


def test_payouts_the_same_bill_again_changes_nothing_and_another_is_refused(
    opened_case: OpenedCase,
) -> None:
    """Twice the same; another of the day; one that does not follow; one that opens otherwise."""
    opened = opened_case()
    make_rail(opened, "alipay")
    bill = statement([(None, "out", "fee", 500)])
    taken(opened, "alipay", bill)
    with opened.database.reading() as connection:
        before = ledger.balances(connection)
        row = connection.execute("SELECT file FROM payouts.bill").fetchone()
    assert row is not None
    kept = kept_bills.kept(opened, str(row[0]), rail="alipay", day=DAY)
    assert b"".join(kept) == bill.raw
    assert not import_bill(opened, "alipay", bill)
    with opened.database.reading() as connection:
        assert ledger.balances(connection) == before
    for other, words in (
        (statement([(None, "out", "fee", 501)]), "is in, and this is another one"),
        (statement([], day=DAY + timedelta(days=2)), "does not follow"),
        (statement([], day=TOMORROW), "opens with CNY 1,000,000.00"),
        (statement([], day=DAY - timedelta(days=1)), "does not follow"),
    ):
        with pytest.raises(BillChangedError) as refused:
            import_bill(opened, "alipay", other)
        _told(refused, words)


def test_payouts_a_bill_whose_line_cannot_be_read_leaves_nothing(opened_case: OpenedCase) -> None:
    """Lines before the bad one are not kept; what is wrong is told in both languages."""
    opened = opened_case()
    make_rail(opened, "alipay")
    good = statement([(None, "out", "fee", 500)])

    def broken() -> Iterator[pl.DataFrame]:
        yield from batches_of(good.lines)
        raise MalformedBillError("x")

    with pytest.raises(RailUnavailableError) as refused:
        import_bill(opened, "alipay", replace(good, batches=broken))
    _told(refused, "nothing of it counts")
    with opened.database.reading() as connection:
        assert bill_store.newest_bill(connection, "alipay") is None
    assert not classes(opened, "alipay")


def test_payouts_the_first_bill_tells_how_the_money_came_to_the_rail(
    opened_case: OpenedCase,
) -> None:
    """What was found when the rail was opened is not counted again when its top-up is told."""
    opened = opened_case()
    make_rail(opened, "alipay")
    lines: list[Made] = [(None, "in", "top_up", HELD_MINOR), (None, "out", "fee", 7)]
    assert taken(opened, "alipay", statement(lines, opening_minor=0)) == ["top_up", "fee"]
    with opened.database.reading() as connection:
        found = ledger.balances(connection)
    assert (found["rail:alipay"], found["bank"], found["fees"]) == (
        HELD_MINOR - 7,
        -HELD_MINOR,
        7,
    )


@pytest.mark.parametrize("off", [1, -1, 12_345])
def test_payouts_a_wrong_total_is_in_suspense(opened_case: OpenedCase, off: int) -> None:
    """What a bill closes with beside its lines is noted, and the books end as the bill does."""
    opened = opened_case()
    make_rail(opened, "alipay")
    bill = statement([(None, "out", "fee", 500)], closing_off=off)
    assert taken(opened, "alipay", bill) == ["fee"]
    with opened.database.reading() as connection:
        assert ledger.balances(connection)["suspense"] == -off
        assert bill_store.open_exceptions(connection) == {"does_not_add_up": 1}
    assert _held(opened, "alipay") == bill.closing.amount_minor


@pytest.mark.parametrize("write", [banks.statement, banks.mt940])
def test_payouts_a_banks_statement_is_classed_line_by_line(
    opened_case: OpenedCase, write: Callable[[banks.Books, banks.Day], bytes]
) -> None:
    """Off by a fen, twice, under nobody's number, written again: in camt.053 as in MT940."""
    opened = opened_case()
    make_rail(opened, "bank")
    make_instructions(opened, "bank", dict.fromkeys(("A", "FEN", "TWICE"), "settled"))
    numbers = [("A", 500), ("FEN", 501), ("TWICE", 500), ("TWICE", 500), ("X", 500)]
    moved = [
        banks.Movement(reference=f"R{n}", number=number, amount_minor=-minor, at=AT)
        for n, (number, minor) in enumerate(numbers)
    ]
    told = banks.Day(
        identifier="S1",
        number=1,
        day=DAY,
        opening_minor=HELD_MINOR,
        closing_minor=HELD_MINOR - sum(minor for _, minor in numbers),
        moved=[*moved, moved[0]],
    )
    books = banks.Books(account="6222020200112233445", currency="CNY", zone="Asia/Shanghai")
    raw = write(books, told)
    [found] = walk_statements(lambda: (raw,), "s")
    bill = of_day(found, "s", DAY, zone=books.zone, raw=raw, ours=dict(numbers).__contains__)
    assert taken(opened, "bank", bill) == [
        *("matched", "amount_differs", "matched", "duplicate_at_provider", "unknown_to_us"),
        "repeated",
    ]
    assert _held(opened, "bank") == bill.closing.amount_minor


def test_payouts_a_release_arrives_once() -> None:
    """The oldest release of exactly the amount; a fen more is none."""
    releases = [(1, 500), (2, 300), (3, 500)]
    found = bills.arrivals([(1, 500), (2, 300), (4, 500), (5, 500)], releases)
    assert found == {1: 1, 2: 2, 4: 3}
    assert not bills.arrivals([(1, 501)], releases)
    assert LineClass.TOP_UP in bills.EXPLAINED
