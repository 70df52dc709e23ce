"""How fast payments go through the database, against the limit of raw COPY measured beside it.

    python bench/payouts.py [PAYMENTS ...]      (default: 5000 and 20000)

Everything is done but the calls to a provider, which answers at once from memory: planning, writing
down before sending, results with their raw answers, the books, a bill with a line per payment.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.ledger import service as ledger
from amends.ledger.model import BANK, COMPENSATION, FUNDS, OWED, Transfer
from amends.ledger.rules import lines_of
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import (
    BillNotReady,
    CallbackRejected,
    Capabilities,
    Direction,
    LineKind,
    NotFound,
    Order,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    Settled,
    Statement,
    StatementLine,
)
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case

SIZES = (5_000, 20_000)
AMOUNT_MINOR = 500_000
FUNDING_MINOR = 10**15
CASE = """
[case]
id = "bench"
title = { zh = "测速", en = "Benchmark" }
controller = { zh = "测速", en = "Benchmark" }
jurisdictions = ["CN"]
discovered_at = 2026-11-20T08:00:00+08:00
announced_at = 2026-11-21T20:00:00+08:00
clock = "simulated"
[promise]
per_person = "CNY 5000.00"
pay_within = "P3D"
[[registry]]
product = "im"
path = "im.csv"
[[evidence]]
path = "dump.csv"
[tariff]
preset = "flat"
amount = "CNY 5000.00"
[funding]
amount = "CNY 10000000000000.00"
[[rail]]
kind = "simulator"
protocol = "alipay"
"""


@dataclass(slots=True)
class InstantRail:
    """A provider that pays at once and keeps a bill."""

    now: Callable[[], datetime]
    numbers: list[InstructionId] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        """No limits."""
        most = Money(amount_minor=10**12, currency="CNY")
        return Capabilities(
            rail="alipay",
            account_kinds=frozenset(AccountKind),
            number_max_length=32,
            number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            transfer_min=Money(amount_minor=1, currency="CNY"),
            transfer_max=most,
            day_max=None,
            payee_day_max=None,
            calls_per_second=None,
            calls_in_flight=32,
            bill_zone="Asia/Shanghai",
            bill_ready_at=clock_time(9),
            callback_acknowledgement=b"success",
        )

    def prepare(self, order: Order) -> PreparedRequest:
        """Bytes of an order."""
        body = f"{order.number} {order.amount} {order.payee_account}".encode()
        return PreparedRequest(number=order.number, body=body, sha256=hashlib.sha256(body).digest())

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Pay."""
        self.numbers.append(prepared.number)
        raw = b'{"alipay_fund_trans_uni_transfer_response":{"code":"10000","out_biz_no":"%s"}}'
        return Settled(
            provider_reference=f"2026{prepared.number}",
            settled_at=self.now(),
            raw=raw % prepared.number.encode(),
        )

    async def query(self, number: InstructionId) -> QueryAnswer:
        """Nobody has to ask."""
        return NotFound(raw=number.encode())

    async def balance(self) -> Money:
        """What is left."""
        spent = AMOUNT_MINOR * len(self.numbers)
        return Money(amount_minor=FUNDING_MINOR - spent, currency="CNY")

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bill: everything was paid on the first day."""
        if self.now() < datetime.combine(day + timedelta(days=1), clock_time(1), UTC):
            return BillNotReady(day=day, code="bill_not_exist")
        first = day == date(2026, 11, 21)
        closing = Money(
            amount_minor=FUNDING_MINOR - AMOUNT_MINOR * len(self.numbers), currency="CNY"
        )
        opening = Money(amount_minor=FUNDING_MINOR, currency="CNY") if first else closing
        lines = self._lines() if first else []
        return Statement(day=day, opening=opening, closing=closing, lines=lines, raw=b"bill")

    def _lines(self) -> list[StatementLine]:
        amount = Money(amount_minor=AMOUNT_MINOR, currency="CNY")
        return [
            StatementLine(
                line_id=f"L{place:09d}",
                number=number,
                provider_reference=None,
                direction=Direction.OUT,
                amount=amount,
                balance_after=amount,
                kind=LineKind.TRANSFER,
                at=datetime(2026, 11, 21, 13, tzinfo=UTC),
            )
            for place, number in enumerate(self.numbers)
        ]

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """The same lines."""
        for line in self._lines():
            if start <= line.at < end:
                yield line

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> CallbackRejected:
        """Nobody calls."""
        del headers, body
        return CallbackRejected(code="malformed")

    async def close(self) -> None:
        """Nothing to give back."""


def awards(opened: OpenCase, people: int) -> None:
    """Awards and payees, as the rooms below leave them."""
    sealed = [
        opened.vault.seal(
            b'{"account":"13800000000","account_kind":"phone","name":"x"}', "payee", f"{index:026d}"
        )
        for index in range(people)
    ]
    with opened.database.unit_of_work() as connection, connection.cursor() as cursor:
        with cursor.copy(
            "COPY payees.payee (person_id, state, kind, sealed, details_mark, settled_at) "
            "FROM STDIN"
        ) as copy:
            for index in range(people):
                copy.write_row(
                    (f"{index:026d}", "payable", "self", sealed[index], b"m" * 16, "2026-11-21")
                )
        with cursor.copy(
            "COPY awards.award (award_index, person_id, class, amount_minor, currency, tranche, "
            "awarded_at) FROM STDIN"
        ) as copy:
            for index in range(people):
                copy.write_row((index, f"{index:026d}", 0, AMOUNT_MINOR, "CNY", 1, "2026-11-21"))
    with opened.database.unit_of_work() as connection:
        ledger.post(connection, [_transfer("fund", BANK, FUNDS, FUNDING_MINOR)])


def _transfer(transfer_id: str, debit: str, credit: str, amount_minor: int) -> Transfer:
    return Transfer(
        transfer_id=transfer_id,
        debit=debit,
        credit=credit,
        amount_minor=amount_minor,
        currency="CNY",
        reason="bench",
        subject="bench",
        occurred_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def raw_copy(opened: OpenCase, transfers: list[Transfer]) -> float:
    """Seconds to COPY the same rows into a table without keys or constraints: the limit."""
    blocks = list(lines_of(transfers))
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "CREATE TEMP TABLE raw_transfer (transfer_id text, debit text, credit text, "
            "amount_minor bigint, currency text, reason text, subject text, "
            "occurred_at timestamptz)"
        )
        begin = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY raw_transfer FROM STDIN") as copy:
            for block in blocks:
                copy.write(block)
        return time.perf_counter() - begin


def measure(opened: OpenCase, payments: int) -> None:
    """Print the figures of one size."""
    awards(opened, payments)
    transfers = [
        _transfer(f"award:{number:08d}", COMPENSATION, OWED, AMOUNT_MINOR)
        for number in range(payments)
    ]
    limit_s = raw_copy(opened, transfers)
    begin = time.perf_counter()
    with opened.database.unit_of_work() as connection:
        ledger.post(connection, transfers)
    post_s = time.perf_counter() - begin
    rail = InstantRail(opened.clock.now)
    begin, cpu = time.perf_counter(), time.process_time()
    counts = asyncio.run(pay_through(opened, rail)).counts
    pay_s, pay_cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    assert counts["settled"] == payments  # noqa: S101 - a benchmark
    begin = time.perf_counter()
    counts = asyncio.run(reconcile_through(opened, rail)).counts
    reconcile_s = time.perf_counter() - begin
    assert counts["matched"] == payments and counts["rail_balance_agrees"]  # noqa: S101, PT018 - a benchmark
    print(f"{payments:,} payments")
    print(f"  raw COPY of a transfer each   {payments / limit_s:>10,.0f}/s  (the limit)")
    print(f"  posted to the ledger          {payments / post_s:>10,.0f}/s  {limit_s / post_s:.2f}")
    print(
        f"  planned, sent, recorded       {payments / pay_s:>10,.0f}/s  {limit_s / pay_s:.2f}"
        f"  ({1e6 * pay_cpu_s / payments:.0f} us of our CPU each)"
    )
    rate, share = payments / reconcile_s, limit_s / reconcile_s
    print(f"  reconciled against a bill     {rate:>10,.0f}/s  {share:.2f}")


def main() -> None:
    """Measure each size on a database of its own."""
    for payments in [int(size) for size in sys.argv[1:]] or SIZES:
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-bench-")))
            (root / "case.toml").write_text(CASE, encoding="utf-8")
            (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
            (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
            with open_case(root, approve_as=("anna", "bert")) as opened:
                stack.callback(remove_database, opened.case)
                measure(opened, payments)


if __name__ == "__main__":
    main()
