"""A case that is written down as closed is closed: nobody posts in between, and nobody lies."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.types.json import Jsonb

from amends.governance.service import proposal_sha256, require_approval
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import in_language
from amends.ledger import service as ledger
from amends.ledger.model import BANK, COMPENSATION, OWED, Transfer
from amends.payouts import service
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import Direction, LineKind, RailUnavailableError, StatementLine
from amends.payouts.reconciling import bill_store, closing, provider_balance
from amends.payouts.reconciling.closing_model import NotClosedError
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase

if TYPE_CHECKING:
    from amends.governance.model import JSON

AGREED = {"alipay": None}
HELD = 100_000_000


def proved(opened: OpenCase) -> FakeProvider:
    """Four payments, each with its line in a bill; every day is closed."""
    make_awards(opened, 4)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=HELD)
    asyncio.run(pay_through(opened, provider))
    provider.lines = [line for line in provider.lines if line.direction is Direction.OUT]
    asyncio.run(reconcile_through(opened, provider))
    closing.close_days_agreed(opened, AGREED, None, dry_run=False)
    return provider


def owing(opened: OpenCase, minor: int = 500) -> Transfer:
    """What makes somebody owed."""
    return Transfer(
        transfer_id="late",
        debit=COMPENSATION,
        credit=OWED,
        amount_minor=minor,
        currency="CNY",
        reason="x",
        subject="x",
        occurred_at=opened.clock.now(),
    )


def closed(opened: OpenCase) -> int:
    """How often the case was closed."""
    with opened.database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM payouts.closed_case").fetchone()
    assert row is not None
    return int(str(row[0]))


def told(refused: pytest.ExceptionInfo[NotClosedError]) -> str:
    """What a refusal says; it is said in Chinese, too."""
    message = refused.value.message
    assert in_language(message, "zh") != in_language(message, "en")
    return in_language(message, "en")


def wait_for_a_waiter(connection: Connection) -> None:
    """Until somebody waits for a lock that this connection holds."""
    for _ in range(600):
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted "
            "AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        ).fetchone()
        if row == (True,):
            return
        time.sleep(0.05)
    pytest.fail("nobody waits")


def test_a_transfer_posted_between_look_and_writing_keeps_the_case_open(
    opened_case: OpenedCase,
) -> None:
    """What was at zero when two people signed is looked at again where nobody can post."""
    opened = opened_case(approve_as=("anna", "bert"))
    proved(opened)
    with ThreadPoolExecutor(1) as pool:
        with opened.database.unit_of_work() as connection:
            bill_store.lock(connection)
            closes = pool.submit(closing.close_case_agreed, opened, AGREED, dry_run=False)
            wait_for_a_waiter(connection)
            ledger.post(connection, [owing(opened)])
        with pytest.raises(NotClosedError) as refused:
            closes.result(timeout=30)
    assert "owed: CNY 5.00 owed to people and not under way" in told(refused)
    assert not closed(opened)


def test_nobody_posts_while_a_case_is_written_down_as_closed(opened_case: OpenedCase) -> None:
    """From the look on, whoever posts waits until the case is closed."""
    opened = opened_case(approve_as=("anna", "bert"))
    proved(opened)
    digest, figures = signed(opened)
    with opened.database.unit_of_work() as connection:
        insert(connection, digest, figures)
        with opened.database.reading() as other:
            free = other.execute("SELECT pg_try_advisory_xact_lock(%s)", [0x6C656467]).fetchone()
        assert free == (False,)
        connection.rollback()


def signed(opened: OpenCase, **changed: int) -> tuple[str, dict[str, int]]:
    """The digest of what two people have signed, and the figures."""
    counts = closing.close_case_agreed(opened, AGREED, dry_run=True).counts | changed
    figures = {name: int(value) for name, value in counts.items()}
    body: dict[str, JSON] = {
        "case": opened.case.file.id,
        "closing": 1,
        "currency": "CNY",
        **figures,
    }
    return require_approval(opened, "close", body), figures


def insert(connection: Connection, digest: str, figures: dict[str, int]) -> None:
    """Write down by hand that the case is closed."""
    connection.execute(
        "INSERT INTO payouts.closed_case VALUES (1, %s, %s, now())", [digest, Jsonb(figures)]
    )


OPEN = {
    "closed_case_clears": "SELECT 1",
    "closed_case_of_closed_days": (
        "INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, "
        "in_minor, out_minor, file, imported_at, previous_day) SELECT rail, day + 1, raw_sha256, "
        "closing_minor, closing_minor, 0, 0, 0, 'x', imported_at, day FROM payouts.bill "
        "ORDER BY day DESC LIMIT 1"
    ),
    "closed_case_explained": (
        "INSERT INTO payouts.exception (exception_id, kind, rail, amount_minor, found_at) "
        "VALUES ('x', 'unknown_to_us', 'alipay', 1, now())"
    ),
}


@pytest.mark.parametrize("constraint", OPEN)
def test_the_database_refuses_a_closed_case_in_which_something_is_open(
    opened_case: OpenedCase, constraint: str
) -> None:
    """Money in a clearing account, an open day, something unexplained: by its name."""
    opened = opened_case(approve_as=("anna", "bert"))
    proved(opened)
    digest, figures = signed(opened)
    with opened.database.unit_of_work() as connection:
        connection.execute(OPEN[constraint].encode())
        if constraint == "closed_case_clears":
            ledger.post(connection, [owing(opened)])
        with pytest.raises(psycopg.errors.CheckViolation) as failed:
            insert(connection, digest, figures)
        connection.rollback()
    assert failed.value.diag.constraint_name == constraint


def test_the_database_refuses_a_closed_case_that_nobody_signed(opened_case: OpenedCase) -> None:
    """No proposal, other figures, another kind, no signature, an old snapshot."""
    opened = opened_case(approve_as=("anna", "bert"))
    proved(opened)
    digest, figures = signed(opened)
    other, _ = signed(opened, left_minor=1)
    kind = require_approval(opened, "export", {"closing": 1, **figures})
    body: dict[str, JSON] = {"case": "x", "closing": 1, "currency": "CNY", **figures}
    with pytest.raises(WaitingForApprovalError):
        require_approval(replace(opened, approve_as=()), "close", body)
    alone = proposal_sha256(opened, "close", body)
    for wrong in ("nobody", other, kind, alone):
        with (
            pytest.raises(psycopg.errors.CheckViolation) as failed,
            opened.database.unit_of_work() as connection,
        ):
            insert(connection, wrong, figures)
        assert failed.value.diag.constraint_name == "closed_case_signed"
    with opened.database.unit_of_work() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.CheckViolation) as failed:
            insert(connection, digest, figures)
        connection.rollback()
    assert failed.value.diag.constraint_name == "closed_case_of_now"
    with opened.database.unit_of_work() as connection:
        insert(connection, digest, figures)
    assert closed(opened) == 1


def test_a_case_that_moved_later_is_signed_and_closed_anew(opened_case: OpenedCase) -> None:
    """A posting into a closed case is what a provider told later; the next closing has its own."""
    opened = opened_case(approve_as=("anna", "bert"))
    proved(opened)
    closing.close_case_agreed(opened, AGREED, dry_run=False)
    for minor, out in ((7, True), (7, False)):
        left = owing(opened, minor)
        way = (BANK, "fees") if out else ("fees", BANK)
        with opened.database.unit_of_work() as connection:
            moved = Transfer(
                transfer_id=f"fee {out}",
                debit=way[1],
                credit=way[0],
                amount_minor=minor,
                currency="CNY",
                reason="x",
                subject="x",
                occurred_at=left.occurred_at,
            )
            ledger.post(connection, [moved])
        closing.close_case_agreed(opened, AGREED, dry_run=False)
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT count(*), count(DISTINCT approval), count(DISTINCT figures) "
            "FROM payouts.closed_case"
        ).fetchone()
    assert rows == (3, 3, 2)


def test_a_rail_that_is_not_in_the_case_file_is_in_the_way(opened_case: OpenedCase) -> None:
    """Nobody asks what it holds: neither days nor the case close, and it is said what to do."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 4)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=HELD)
    asyncio.run(pay_through(opened, provider))
    provider.lines = [line for line in provider.lines if line.direction is Direction.OUT]
    asyncio.run(reconcile_through(opened, provider))
    with pytest.raises(NotClosedError) as refused:
        closing.close_days_agreed(opened, {}, None, dry_run=False)
    assert "alipay: case.toml has no such rail" in told(refused)
    closing.close_days_agreed(opened, AGREED, None, dry_run=False)
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, {}, dry_run=False)
    assert "put its [[rail]] back into case.toml" in told(refused)
    assert not closed(opened)


class Lying(FakeProvider):
    """Says that it holds what it is told to say, or nothing at all."""

    says_minor: int | None = 1
    asked = 0

    async def balance(self) -> Money:
        """What it is told to say."""
        self.asked += 1
        if self.says_minor is None:
            raise RailUnavailableError("no answer")
        return Money(amount_minor=self.says_minor, currency="CNY")


def lying(provider: FakeProvider) -> Lying:
    """The same provider, with another word."""
    return Lying(
        seed=1,
        rates=Rates(),
        now=provider.now,
        funds_minor=HELD,
        orders=provider.orders,
        lines=provider.lines,
    )


def test_the_providers_word_decides_although_every_bill_is_in(opened_case: OpenedCase) -> None:
    """It is asked, whatever the bills say: another balance, or no answer, is in the way."""
    opened = opened_case(approve_as=("anna", "bert"))
    honest = proved(opened)
    for at_rest in (False, True):
        assert asyncio.run(provider_balance.doubt(opened, honest, at_rest=at_rest)) is None
    provider = lying(honest)
    found = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    assert provider.asked == 1
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, found, dry_run=False)
    assert "says that it holds CNY 0.01, another balance than bills and books" in told(refused)
    assert "which make CNY 980,000.00" in told(refused)
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["rail_balance_agrees"] == 0
    provider.says_minor = None
    found = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, found, dry_run=False)
    assert "alipay: the provider does not say what it holds (no answer)" in told(refused)
    assert not closed(opened)


def movement(
    opened: OpenCase, line_id: str, minor: int, kind: LineKind, *, balance_minor: int
) -> StatementLine:
    """A line of the account log, of now: in where *minor* is above zero."""
    return StatementLine(
        line_id=line_id,
        number=None,
        provider_reference=None,
        direction=Direction.IN if minor > 0 else Direction.OUT,
        amount=Money(amount_minor=abs(minor), currency="CNY"),
        balance_after=Money(amount_minor=balance_minor, currency="CNY"),
        kind=kind,
        at=opened.clock.now(),
    )


def test_what_moved_since_the_newest_bill_keeps_the_case_open_until_its_bill_is_read(
    opened_case: OpenedCase,
) -> None:
    """The account log explains the balance for a day; the case needs it in bill and books."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider = proved(opened)
    opened.clock.sleep(timedelta(days=3))
    provider.lines.append(movement(opened, "fee", -100, LineKind.FEE, balance_minor=97_999_900))
    assert asyncio.run(provider_balance.doubt(opened, provider)) is None
    found = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, found, dry_run=False)
    assert "alipay: 1 movements since the newest bill, CNY -1.00 in all" in told(refused)
    opened.clock.sleep(timedelta(days=1, hours=12))
    asyncio.run(reconcile_through(opened, provider))
    found = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    assert found == {"alipay": None}
    closing.close_days_agreed(opened, found, None, dry_run=False)
    closing.close_case_agreed(opened, found, dry_run=False)
    with opened.database.reading() as connection:
        assert ledger.balances(connection)["fees"] == 100


def test_as_much_in_as_out_is_no_rest(opened_case: OpenedCase) -> None:
    """What comes back late and is swept away the same day is read and explained before the end."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider = proved(opened)
    opened.clock.sleep(timedelta(days=3))
    provider.lines += [
        movement(opened, "back", 500_000, LineKind.OTHER, balance_minor=98_500_000),
        movement(opened, "swept", -500_000, LineKind.OTHER, balance_minor=98_000_000),
    ]
    found = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, found, dry_run=False)
    assert "alipay: 2 movements since the newest bill, CNY 0.00 in all" in told(refused)
    opened.clock.sleep(timedelta(days=1, hours=12))
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["exceptions"] == 2


def test_closing_asks_the_rails_of_the_case_itself(opened_case: OpenedCase) -> None:
    """Days and case close by the word of the simulated provider, asked over its gateway."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 4)
    service.pay(opened)
    service.reconcile_payments(opened)
    assert closing.close_days(opened).counts["days"] > 1
    told = closing.close_case(opened)
    assert told.counts["settled_minor"] == 2_000_000
    assert closed(opened) == 1
