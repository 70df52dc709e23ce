"""Writes a day's fund-flow bill as the provider does: CSV in UTF-8, packed with gzip.

Before each value stands a backtick; two lines at the end sum the list up, as it stands there.
"""

import gzip
import io
from collections.abc import Iterator
from datetime import date

from amends.simulators.bills import stated_minor, times_in_bill
from amends.simulators.faults import Faults
from amends.simulators.gateway import bill_start
from amends.simulators.store import MovementRow, Store
from amends.simulators.wechat.bank import bill_no_of
from amends.simulators.written import DAY_MS, local_time, yuan

HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,"
    "账户结余（元）,资金变更提交申请人,备注,业务凭证号"
)
SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def write_bill(store: Store, faults: Faults, day: date, currency: str) -> bytes:
    """The unpacked text of a day's bill."""
    text = io.StringIO()
    for line in _lines(store, faults, day, currency):
        text.write(f"{line}\r\n")
    return text.getvalue().encode()


def packed(text: bytes) -> bytes:
    """A bill as it is downloaded with ``tar_type=GZIP``."""
    return gzip.compress(text, compresslevel=1, mtime=0)


def _lines(store: Store, faults: Faults, day: date, currency: str) -> Iterator[str]:
    """Header, movements, sums."""
    first, end = store.movement_range(bill_start(day), bill_start(day) + DAY_MS)
    yield HEADER
    sums = {True: [0, 0], False: [0, 0]}
    for values in store.movements(first, end):
        row = MovementRow(*values)
        minor, incoming = stated_minor(row, faults), row.amount_minor > 0
        for _ in range(times_in_bill(row, faults)):
            sums[incoming][0] += 1
            sums[incoming][1] += minor
            yield _line(row, minor, currency)
    (lines_in, minor_in), (lines_out, minor_out) = sums[True], sums[False]
    yield SUMS
    yield _cells(
        str(lines_in + lines_out),
        str(lines_in),
        yuan(minor_in, currency),
        str(lines_out),
        yuan(minor_out, currency),
    )


def _line(row: MovementRow, minor: int, currency: str) -> str:
    """A movement."""
    return _cells(
        local_time(row.at_ms),
        bill_no_of(row.order_no, row.taken_ms),
        f"{local_time(row.at_ms)[:10].replace('-', '')}77{row.movement_no:012d}",
        "商家转账",
        "转账退回" if row.amount_minor > 0 else "转账",
        "收入" if row.amount_minor > 0 else "支出",
        yuan(minor, currency),
        yuan(row.balance_minor, currency),
        "simulator",
        "",
        row.number,
    )


def _cells(*values: str) -> str:
    return ",".join(f"`{value}" for value in values)
