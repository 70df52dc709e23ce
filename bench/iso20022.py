"""Payment files to a bank: payments a CPU second, against bare writing and bare parsing.

``python bench/iso20022.py [--payments N ...] [--per-file M] [--json]``. The limit of a file is a
writer that puts the same bytes together and sums them up, and lxml's parser on those bytes: no
check of a file costs less than reading it. Beside it, what the rail does more (payments made ready
and hashed, numbers noted, bytes synced).
All in one run; the peak of memory must not grow with the number of payments, only with a file's.
"""

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails import iso20022_pain001 as pain001
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.iso20022 import BankLanguage, bank_rail
from amends.payouts.rails.iso20022_settings import BankSettings
from amends.payouts.rails.model import Order, PreparedRequest

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
PAYER = pain001.Payer(
    name="示例公司", account="6222020200112233445", bank="102100099996", currency="CNY"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run measured. Times are CPU microseconds for each payment."""

    payments: int
    per_file: int
    bare_write_us: float
    bare_parse_us: float
    prepare_us: float
    write_us: float
    check_us: float
    whole_us: float
    peak_mib: float

    @property
    def share_of_limit(self) -> float:
        """Bare writing and parsing, of writing and checking."""
        return (self.bare_write_us + self.bare_parse_us) / (self.write_us + self.check_us)

    @property
    def per_cpu_s(self) -> float:
        """Payments written and checked in a CPU second."""
        return 1e6 / (self.write_us + self.check_us)


def order(n: int) -> Order:
    """The n-th made-up payment."""
    return Order(
        number=InstructionId(f"B{n:029d}"),
        amount=Money(amount_minor=500_000 + n % 7, currency="CNY"),
        payee_account=f"62220202{n:011d}",
        payee_account_kind=AccountKind.BANK,
        payee_name="测试收款人",
        remark="个人信息泄露赔偿",
    )


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of *work*."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def bare(numbers: Sequence[int], path: Path) -> None:
    """The same bytes by one format string, with their sum: nothing is looked at."""
    total = 0
    with path.open("wb") as file:
        file.write(b"<Document>")
        for n in numbers:
            minor = 500_000 + n % 7
            total += minor
            number = f"B{n:029d}"
            text = (
                f"<CdtTrfTxInf><PmtId><InstrId>{number}</InstrId><EndToEndId>{number}</EndToEndId>"
                f'</PmtId><Amt><InstdAmt Ccy="CNY">{minor // 100}.{minor % 100:02d}</InstdAmt>'
                f"</Amt><Cdtr><Nm>测试收款人</Nm></Cdtr><CdtrAcct><Id><Othr><Id>62220202{n:011d}"
                "</Id></Othr></Id></CdtrAcct><RmtInf><Ustrd>个人信息泄露赔偿</Ustrd></RmtInf>"
                "</CdtTrfTxInf>\n"
            )
            file.write(text.encode())
        file.write(f"<CtrlSum>{total / 100:.2f}</CtrlSum></Document>".encode())


def pages(payments: int, per_file: int) -> Iterator[range]:
    """The numbers of each file."""
    return (range(start, min(start + per_file, payments)) for start in range(0, payments, per_file))


def measure(payments: int, per_file: int) -> Figures:
    """Write, check and hand over *payments*, file by file."""
    spent = dict.fromkeys(("bare", "parse", "prepare", "write", "check", "whole"), 0.0)
    with tempfile.TemporaryDirectory() as folder:
        settings = BankSettings(
            drop=Path(folder) / "drop",
            payer=PAYER,
            transfer_max=Money.parse("CNY 50000.00"),
            orders_per_file=per_file,
        )
        language = BankLanguage(settings)
        aside = Path(folder) / "aside.xml"

        async def run() -> None:
            rail = bank_rail(settings, SimulatedClock(START, lambda _: None))
            for numbers in pages(payments, per_file):
                await one_file(rail, language, numbers)
            await rail.close()

        async def one_file(rail: FilesRail, language: BankLanguage, numbers: range) -> None:
            orders = [order(n) for n in numbers]
            ready: list[PreparedRequest] = []
            spent["bare"] += timed(lambda: bare(numbers, aside))
            spent["parse"] += timed(lambda: etree.parse(aside))
            spent["prepare"] += timed(lambda: ready.extend(map(rail.prepare, orders)))
            spent["write"] += timed(lambda: aside.write_bytes(file_of(language, ready)))
            spent["check"] += timed(lambda: language.check(aside))
            begun = time.process_time()
            await rail.submit_together(ready)
            spent["whole"] += time.process_time() - begun

        asyncio.run(run())
    us = {name: seconds / payments * 1e6 for name, seconds in spent.items()}
    return Figures(
        payments=payments,
        per_file=per_file,
        bare_write_us=us["bare"],
        bare_parse_us=us["parse"],
        prepare_us=us["prepare"],
        write_us=us["write"],
        check_us=us["check"],
        whole_us=us["whole"],
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def file_of(language: BankLanguage, ready: Sequence[PreparedRequest]) -> bytes:
    """A whole file."""
    return b"".join(language.written(ready, START))


def main() -> None:
    """Measure and print, each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--per-file", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    every = [measure(payments, arguments.per_file) for payments in arguments.payments]
    if arguments.json:
        print(json.dumps([asdict(figures) for figures in every]))
        return
    for figures in every:
        print(f"payments, a file           {figures.payments:>10,} {figures.per_file:>10,}")
        print(f"bare writer                {figures.bare_write_us:>10.1f} us CPU a payment")
        print(f"bare parser                {figures.bare_parse_us:>10.1f}")
        print(f"made ready and hashed      {figures.prepare_us:>10.1f}")
        print(f"written                    {figures.write_us:>10.1f}")
        print(f"held against the schema    {figures.check_us:>10.1f}")
        print(f"handed over, all of it     {figures.whole_us:>10.1f}")
        print(f"written and checked        {figures.per_cpu_s:>10,.0f} a CPU second")
        print(f"of the limit               {figures.share_of_limit:>10.0%}")
        print(f"peak of memory             {figures.peak_mib:>10.0f} MiB")


if __name__ == "__main__":
    main()
