"""Taking in a statement of a rail: CPU seconds, beside bare reading, COPY and one join.

``python bench/statements.py [--lines N ...] [--form alipay wechat camt mt940] [--breaks K]
[--json] [--unseen KIND ...]``.

The limit, in the same run: the file through the bare parser of the library (csv over zip or gzip;
lxml, which holds camt.053 against its schema; mt-940),
its lines by COPY into a table without keys and without the log, and one FULL JOIN with the
instructions that says of each what it is. The key by which a line would be found is measured, too,
and told apart: ours finds lines without. Ours: the same file read, kept sealed, every line in the
database, in its pack and in one class, counted, booked, and what is missing noted.
CPU is that of this process and of the server. Of every kind of break K are put into the file at
random places (``--breaks``); all have to be found, and nothing else, or it ends with 1 (``--unseen
KIND`` leaves a kind out of what is found).
"""

import argparse
import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from threading import Thread

import mt940
import psycopg
from lxml import etree

from amends.kernel.casefile import read_case
from amends.ledger import service as ledger
from amends.ledger.model import BANK, FUNDS, at_rail
from amends.payouts.rails import alipay_bill, wechat_bill
from amends.payouts.rails.bank_statements import of_day
from amends.payouts.rails.file_aside import beside, pieces_of
from amends.payouts.rails.model import Statement
from amends.payouts.reconciling import bill_store, closing_store
from amends.payouts.reconciling.reconcile import import_bill
from amends.statements.service import walk_statements
from amends.store.connection import Connection
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from determined import owner_of, transfer

DAY = date(2026, 11, 22)
AT = "2026-11-22T04:00:00Z"
RAIL = "bench"
AMOUNT = 500_000
HELD = 10**15
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
SETTING = """
INSERT INTO awards.award
    (award_index, person_id, class, amount_minor, currency, tranche, awarded_at)
SELECT n, lpad(n::text, 26, '0'), 0, %(amount)s, 'CNY', 1, %(at)s
FROM generate_series(0, %(payments)s - 1) AS n;
INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at)
VALUES (%(rail)s, %(held)s, 'CNY', 'Asia/Shanghai', %(at)s);
INSERT INTO payouts.plan
    (plan_no, rail, instructions, total_minor, currency, numbers_sha256, planned_at)
VALUES (1, %(rail)s, 1, 1, 'CNY', repeat('0', 64), %(at)s);
INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state)
SELECT n, 1, 1, 'sent' FROM generate_series(0, %(payments)s / 1000) AS n;
INSERT INTO payouts.payment
    (instruction_id, award_index, generation, chunk_no, rail, amount_minor, currency, state,
    provider_reference, request_sha256, attempts, sent_at, last_sent_at, settled_at)
SELECT 'A' || lpad(n::text, 12, '0') || '00B', n, 0, n / 1000, %(rail)s, %(amount)s, 'CNY',
    'settled', 'r' || n, sha256('x'), 1, %(at)s, %(at)s, %(at)s
FROM generate_series(0, %(payments)s - 1) AS n
"""
KINDS = (
    *("missing", "repeated", "unknown_to_us", "amount_differs", "duplicate_at_provider"),
    *("returned", "fee", "top_up", "state_differs"),
)
"""What is put into a file at random places.

A line under an unknown number leaves a payment missing, too.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line as every form writes it. ``minor``: signed."""

    line_id: str
    number: str
    word: str
    minor: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """CPU microseconds a line, and the peak of memory after our work."""

    form: str
    lines: int
    bare_parse_us: float
    bare_copy_us: float
    bare_join_us: float
    bare_key_us: float
    read_us: float
    whole_us: float
    whole_s: float
    peak_mib: float
    found: dict[str, int]

    @property
    def ratio(self) -> float:
        """Ours, of the limit."""
        return self.whole_us / (self.bare_parse_us + self.bare_copy_us + self.bare_join_us)

    @property
    def ratio_with_key(self) -> float:
        """Ours, of the limit with a key of its lines."""
        return self.whole_us / (self.whole_us / self.ratio + self.bare_key_us)


def number(place: int) -> str:
    """The number of the payment of an award."""
    return f"A{place:012d}00B"


def rows(payments: int, breaks: dict[int, str]) -> Iterator[Row]:
    """The lines of a day: a payment each, in an order of its own, with breaks here and there."""
    held = HELD
    for place in range(payments):
        who = number(place * 7919 % payments)
        line_id, kind = f"2026112200{place:014d}", breaks.get(place)
        if kind == "missing":
            continue
        named, minor = who, -AMOUNT
        if kind == "unknown_to_us":
            named = f"X{place}"
        elif kind == "amount_differs":
            minor -= 1
        elif kind == "returned":
            held -= AMOUNT
            yield Row(line_id=line_id, number=who, word="转账", minor=-AMOUNT, held=held)
            line_id, minor = f"{line_id}r", AMOUNT
        elif kind == "duplicate_at_provider":
            held -= AMOUNT
            yield Row(line_id=f"{line_id}d", number=who, word="转账", minor=-AMOUNT, held=held)
        elif kind in ("fee", "top_up"):
            sign, word = (-1, "服务费") if kind == "fee" else (1, "充值")
            held += sign * 7
            yield Row(line_id=f"{line_id}f", number="", word=word, minor=sign * 7, held=held)
        elif kind == "state_differs":
            held += AMOUNT  # money comes back that had never been paid out
            yield Row(line_id=line_id, number=who, word="转账退回", minor=AMOUNT, held=held)
            continue
        held += minor
        word = "转账退回" if kind == "returned" else "转账"
        row = Row(line_id=line_id, number=named, word=word, minor=minor, held=held)
        yield row
        if kind == "repeated":
            yield row


def yuan(minor: int) -> str:
    """An amount as statements write it."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def write_alipay(path: Path, found: Iterator[Row]) -> int:
    """A zip of GB18030 CSV; how many lines."""
    header = (
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,"
        "支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\r\n"
    )
    count, held = 0, HELD
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x_账务明细.csv", "w", force_zip64=True) as file,
    ):
        file.write(f"#期初余额：{yuan(HELD)}元\r\n{header}".encode("gb18030"))
        for count, row in enumerate(found, 1):
            came = yuan(row.minor) if row.minor > 0 else ""
            left = yuan(row.minor) if row.minor < 0 else ""
            held = row.held
            text = (
                f"{row.line_id}\t,2026112222001{count:016d}\t,{row.number}\t,,2026-11-22 "
                f"12:{count % 60:02d}:00,,{came},{left},{yuan(held)},支付宝,{row.word},x\r\n"
            )
            file.write(text.encode("gb18030"))
        file.write(f"#期末余额：{yuan(held)}元\r\n".encode("gb18030"))
    return count


def write_wechat(path: Path, found: Iterator[Row]) -> int:
    """CSV in UTF-8 with backticks, packed with gzip; how many lines."""
    words = {"服务费": "扣除手续费"}
    sums = {True: [0, 0], False: [0, 0]}
    count = 0
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8", newline="") as file:
        file.write(
            "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,"
            "账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n"
        )
        for count, row in enumerate(found, 1):
            way = "收入" if row.minor > 0 else "支出"
            sums[row.minor > 0][0] += 1
            sums[row.minor > 0][1] += abs(row.minor)
            file.write(
                f"`2026-11-22 12:{count % 60:02d}:00,`2026112222001{count:016d},`{row.line_id},"
                f"`商家转账,`{words.get(row.word, row.word)},`{way},`{yuan(abs(row.minor))},"
                f"`{yuan(row.held)},`system,`bench,`{row.number}\r\n"
            )
        file.write("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n")
        (came, came_minor), (left, left_minor) = sums[True], sums[False]
        file.write(f"`{count},`{came},`{yuan(came_minor)},`{left},`{yuan(left_minor)}\r\n")
    return count


_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_BALANCE = '<Amt Ccy="CNY">{:0>18}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
_OPENING = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_NAMESPACE}"><BkToCstmrStmt>'
    "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-22T23:59:59</CreDtTm></GrpHdr><Stmt><Id>S1</Id>"
    "<Acct><Id><Othr><Id>6222020200112233445</Id></Othr></Id></Acct>"
)


def write_camt(path: Path, found: Iterator[Row]) -> int:
    """camt.053.001.08, its balances before the entries; how many lines."""

    def balances(closing: int) -> bytes:
        return "".join(
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_BALANCE.format(yuan(held))}"
            f"<Dt><Dt>{DAY}</Dt></Dt></Bal>"
            for kind, held in (("OPBD", HELD), ("CLBD", closing))
        ).encode()

    count, held = 0, HELD
    with path.open("wb") as file:
        file.write(_OPENING.encode() + balances(held))
        for row in found:
            count += 1
            held = row.held
            back = "<Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd>"
            family = back if row.minor > 0 else "<Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd>"
            text = (
                f'<Ntry><Amt Ccy="CNY">{yuan(abs(row.minor))}</Amt><CdtDbtInd>'
                f"{'CRDT' if row.minor > 0 else 'DBIT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
                f"<BookgDt><DtTm>{DAY}T12:00:{row.held // 100 % 60:02d}+08:00</DtTm></BookgDt>"
                f"<AcctSvcrRef>{row.line_id}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
                f"{family}</Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>"
                f"<EndToEndId>{row.number}</EndToEndId></Refs>"
                "</TxDtls></NtryDtls></Ntry>\n"
            )
            file.write(text.encode())
        file.write(b"</Stmt></BkToCstmrStmt></Document>")
        file.seek(len(_OPENING.encode()))
        file.write(balances(held))
    return count


def write_mt940(path: Path, found: Iterator[Row]) -> int:
    """MT940, whose references have 16 signs; how many lines."""
    count, held = 0, HELD
    with path.open("w", encoding="ascii") as file:
        file.write(":20:S1\n:25:6222020200112233445\n:28C:1/1\n")
        file.write(f":60F:C261122CNY{yuan(HELD).replace('.', ',')}\n")
        for row in found:
            count += 1
            held = row.held
            mark, kind = ("C", "NRTI") if row.minor > 0 else ("D", "NTRF")
            amount = yuan(abs(row.minor)).replace(".", ",")
            file.write(f":61:2611221122{mark}{amount}{kind}{row.number}//{row.line_id[-15:]}\n")
        file.write(f":62F:C261122CNY{yuan(held).replace('.', ',')}\n-\n")
    return count


def read_bank(path: Path) -> Statement:
    """The bank's file as the rail reads it."""
    [found] = walk_statements(pieces_of(path), "statement", beside(path))
    return of_day(
        found, "statement", DAY, zone="Asia/Shanghai", raw=path, ours=lambda one: one[0] == "A"
    )


def bare_camt(path: Path) -> object:
    """Lxml, entry by entry, each held against the schema and let go."""
    packed = files("amends.statements").joinpath("camt_schemas.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        schema = etree.XMLSchema(etree.fromstring(archive.read("camt.053.001.08.xsd")))
    entries = etree.iterparse(path, tag=f"{{{_NAMESPACE}}}Ntry", schema=schema)
    count = 0
    for _, entry in entries:
        count += 1
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]
    return count


def bare_mt940(path: Path) -> object:
    """The library that reads MT940."""
    return len(mt940.models.Transactions().parse(path.read_text(encoding="ascii")))


def read_alipay(path: Path) -> Statement:
    """The bill as the rail reads it."""
    return alipay_bill.read_bill(path.read_bytes(), DAY, "CNY")


def read_wechat(path: Path) -> Statement:
    """The bill as the rail reads it."""
    return wechat_bill.read_bill(path.read_bytes(), DAY, "CNY")


def bare_alipay(path: Path) -> object:
    """Csv over the unpacked text."""
    with zipfile.ZipFile(path) as archive, archive.open("x_账务明细.csv") as file:
        text = io.TextIOWrapper(file, encoding="gb18030", newline="")
        return sum(1 for _ in csv.reader(text))


def bare_wechat(path: Path) -> object:
    """Csv over the unpacked text."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as text:
        return sum(1 for _ in csv.reader(text, quoting=csv.QUOTE_NONE))


FORMS: dict[
    str,
    tuple[
        Callable[[Path, Iterator[Row]], int], Callable[[Path], Statement], Callable[[Path], object]
    ],
] = {
    "alipay": (write_alipay, read_alipay, bare_alipay),
    "wechat": (write_wechat, read_wechat, bare_wechat),
    "camt": (write_camt, read_bank, bare_camt),
    "mt940": (write_mt940, read_bank, bare_mt940),
}
_OF_ANY_SIZE = ("alipay", "wechat", "camt")
_NOT_AT_A_BANK = ("fee", "top_up")
"""Kinds that no statement of a bank tells apart from other money."""


def kinds_of(form: str) -> tuple[str, ...]:
    """What is put into a file of a form."""
    bank = form in ("camt", "mt940")
    return tuple(kind for kind in KINDS if not bank or kind not in _NOT_AT_A_BANK)


class Clock:
    """CPU seconds of this process and of the server's processes that work for us.

    Those that tidy up behind whatever was written before are not ours. A process that ends is
    counted as it was last seen, which is at most a tenth of a second before.
    """

    def __init__(self, connection: Connection) -> None:
        own = Path(f"/proc/{connection.info.backend_pid}/stat").read_text(encoding="utf-8")
        self._server = own.rsplit(")", 1)[1].split()[1]
        self._ticks: dict[str, int] = {}
        self._begun = 0.0
        self.wall = 0.0
        Thread(target=self._watch, daemon=True).start()

    def start(self) -> None:
        """Begin anew."""
        self.wall = time.perf_counter()
        self._begun = self._now()

    def spent(self) -> float:
        """CPU seconds since then."""
        return self._now() - self._begun

    def _now(self) -> float:
        self._look()
        return time.process_time() + sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(0.1)

    def _look(self) -> None:
        children = Path(f"/proc/{self._server}/task/{self._server}/children")
        with contextlib.suppress(OSError):  # what has ended meanwhile is as it was last seen
            for number in children.read_text(encoding="utf-8").split():
                process = Path("/proc", number)
                if b"amends_login" in (process / "cmdline").read_bytes():
                    stat = (process / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
                    self._ticks[number] = sum(map(int, stat[11:13]))


def instructions(opened: OpenCase, payments: int) -> None:
    """Payments that are settled by the provider's answers, sent on the day."""
    values = {"payments": payments, "amount": AMOUNT, "held": HELD, "rail": RAIL, "at": AT}
    with owner_of(opened) as url, psycopg.connect(url) as owner:  # chunks that are through already
        owner.execute("ALTER TABLE payouts.chunk DISABLE TRIGGER chunk_begins_planned")
    with opened.database.unit_of_work() as connection:
        for statement in SETTING.split(";"):
            connection.execute(statement.encode(), values)
        ledger.open_rail(connection, RAIL)
        ledger.post(
            connection,
            [
                transfer("fund", BANK, FUNDS, 2 * HELD),
                transfer(f"prefund:{RAIL}", at_rail(RAIL), BANK, HELD),
            ],
        )


def placed(payments: int, breaks: int, kinds: tuple[str, ...], seed: int) -> dict[int, str]:
    """Where which break stands."""
    places = random.Random(seed).sample(range(payments), breaks * len(kinds))  # noqa: S311
    return {place: kinds[at % len(kinds)] for at, place in enumerate(places)}


def found_by(connection: Connection) -> dict[str, int]:
    """How many of each break were found."""
    lines = bill_store.line_classes(connection)
    lines.pop("matched")
    classes = closing_store.instruction_classes(connection)
    return {**lines, "missing": classes.get("missing_at_provider", 0)}


def limit(opened: OpenCase, statement: Statement, clock: Clock) -> tuple[float, float, float]:
    """CPU seconds of COPY of the lines into a table without keys, of one join, and of a key."""
    assert statement.batches is not None  # noqa: S101 - the forms here all read columns
    texts = [batch.write_csv(include_header=False) for batch in statement.batches()]
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "CREATE TEMP TABLE bare_line (line_id text, number text, reference text, direction "
            "text, kind text, amount_minor bigint, balance_after_minor bigint, at timestamptz) "
            "ON COMMIT DROP"
        )
        clock.start()
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY bare_line FROM STDIN (FORMAT csv)") as copy,
        ):
            for text in texts:
                copy.write(text)
        copied = clock.spent()
        del texts
        clock.start()
        connection.execute(
            "CREATE TEMP TABLE bare_class ON COMMIT DROP AS "
            "SELECT line.line_id, sent.instruction_id, "
            "CASE WHEN line.line_id IS NULL THEN 'missing' WHEN sent.instruction_id IS NULL THEN "
            "'unknown' WHEN line.amount_minor <> sent.amount_minor THEN 'differs' "
            "ELSE 'matched' END AS class FROM bare_line AS line FULL JOIN payouts.instruction "
            "AS sent ON sent.instruction_id = line.number"
        )
        joined = clock.spent()
        clock.start()
        connection.execute("CREATE INDEX ON bare_line (line_id)")
        return copied, joined, clock.spent()


def measure(form: str, payments: int, breaks: int, seed: int = 1) -> Figures:
    """A case of its own: its instructions, a statement of them, ours and the limit."""
    write, read, bare = FORMS[form]
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-bench-")))
        (root / "case.toml").write_text(CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        file = root / "statement"
        lines = write(file, rows(payments, placed(payments, breaks, kinds_of(form), seed)))
        stack.callback(lambda: remove_database(read_case(root)))
        opened = stack.enter_context(open_case(root, approve_as=("anna", "bert")))
        instructions(opened, payments)
        clock = Clock(stack.enter_context(opened.database.session()))
        clock.start()
        statement = read(file)
        assert statement.batches is not None  # noqa: S101 - as above
        for _ in statement.batches():
            pass
        read_s = clock.spent()
        del statement
        clock.start()
        statement = read(file)
        import_bill(opened, RAIL, statement)
        whole_s, wall_s = clock.spent(), time.perf_counter() - clock.wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        clock.start()
        bare(file)
        parse_s = clock.spent()
        copy_s, join_s, key_s = limit(opened, statement, clock)
        next_day = replace(
            statement,
            day=DAY + timedelta(days=1),
            opening=statement.closing,
            lines=(),
            batches=None,
            raw=b"",
        )
        clock.start()
        import_bill(opened, RAIL, next_day)
        with opened.database.unit_of_work() as connection:
            bill_store.note_missing(connection, RAIL, opened.clock.now())
        with opened.database.reading() as connection:
            found = found_by(connection)
            held = ledger.balances(connection)[at_rail(RAIL)]
    assert held == statement.closing.amount_minor  # noqa: S101 - a benchmark
    us = 1e6 / lines
    return Figures(
        form=form,
        lines=lines,
        bare_parse_us=parse_s * us,
        bare_copy_us=copy_s * us,
        bare_join_us=join_s * us,
        bare_key_us=key_s * us,
        read_us=read_s * us,
        whole_us=whole_s * us,
        whole_s=wall_s,
        peak_mib=peak,
        found=found,
    )


def main() -> None:
    """Measure each form at each size. Memory is that of the largest so far."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, nargs="+", default=[100_000])
    parser.add_argument("--form", nargs="+", choices=FORMS, default=_OF_ANY_SIZE)
    parser.add_argument("--breaks", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--unseen", nargs="+", choices=KINDS, default=())
    asked, failed = parser.parse_args(), list[str]()
    for form, lines in itertools.product(asked.form, asked.lines):
        found = measure(form, lines, asked.breaks)
        due = dict.fromkeys(kinds_of(form), asked.breaks) | {"missing": 2 * asked.breaks}
        seen = {kind: n for kind, n in found.found.items() if kind not in asked.unseen}
        counts = {kind: (seen.get(kind, 0), due.get(kind, 0)) for kind in sorted({*seen, *due})}
        wrong = {kind: both for kind, both in counts.items() if both[0] != both[1]}
        failed += [f"{form}, {lines:,}: {wrong}"] if wrong else []
        if asked.json:
            print(json.dumps(asdict(found) | {"ratio": found.ratio, "wrong": wrong}))
            continue
        bare = found.bare_parse_us + found.bare_copy_us + found.bare_join_us
        parts = f"parse {found.bare_parse_us:.2f}, COPY {found.bare_copy_us:.2f}, join "
        parts += f"{found.bare_join_us:.2f}; a key {found.bare_key_us:.2f}"
        print(f"{form}, {found.lines:,} lines\n  limit {bare:.2f} us a line: {parts}")
        print(
            f"  ours {found.whole_us:.2f} us, {found.ratio:.2f} of it, "
            f"{found.ratio_with_key:.2f} with a key (reading {found.read_us:.2f}); "
            f"{found.whole_s:.1f} s, peak {found.peak_mib:.0f} MiB"
        )
        print(f"  breaks: {seen}" + (f" WRONG: {wrong}" if wrong else ", all found"))
    if failed:
        sys.exit("found and there, of breaks: " + "; ".join(failed))


if __name__ == "__main__":
    main()
