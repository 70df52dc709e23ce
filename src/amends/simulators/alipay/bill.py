"""Writes a day's account bill as the provider does: a zip of two GB18030 CSV files.

Their names are in GBK, and the zip does not say so (nothing in a zip could).
The counterparty's account is left empty: a made-up bill has no reason to carry people. The balances
in the frame of the list are always the true ones, whatever faults the lines have.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256

from amends.simulators.alipay.bank import movement_id, order_id_of
from amends.simulators.bills import stated_minor, times_in_bill
from amends.simulators.faults import Faults
from amends.simulators.gateway import bill_start
from amends.simulators.store import MovementRow, Store
from amends.simulators.written import DAY_MS, local_time, yuan

ACCOUNT = "2088000000000001"
_COLUMNS = (
    *("账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号"),
    *("收入金额（+元）", "支出金额（-元）", "账户余额（元）", "交易渠道", "业务类型", "备注"),
)
_RULE = "#-----------------------------------------"
_BATCH = 20_000


def write_bill(store: Store, faults: Faults, day: date, currency: str) -> bytes:
    """The zip of a day's bill."""
    packed = io.BytesIO()
    stem = f"{ACCOUNT}_{day:%Y%m%d}_账务明细"
    names = {_stand_in(name): name for name in (f"{stem}.csv", f"{stem}(汇总).csv")}
    details, summed = names
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(details, "w", force_zip64=True) as file:
            for text in _details(store, faults, day, currency):
                file.write(text.encode("gb18030"))
        summary = "#支付宝账务汇总查询（模拟器，无真实资金）\r\n类型,笔数,金额（元）\r\n"
        archive.writestr(summed, summary.encode("gb18030"))
    raw = packed.getvalue()
    for stands, name in names.items():
        raw = raw.replace(stands.encode("ascii"), name.encode("gbk"))
    return raw


def _stand_in(name: str) -> str:
    """An ASCII name as long as *name* in GBK, in which `zipfile` writes none."""
    return sha256(name.encode()).hexdigest()[: len(name.encode("gbk"))]


def _details(store: Store, faults: Faults, day: date, currency: str) -> Iterator[str]:
    """The list of movements with its frame, in pieces."""
    start_ms = bill_start(day)
    first, end = store.movement_range(start_ms, start_ms + DAY_MS)
    opening, closing = store.balance_before(first), store.balance_before(end)
    yield "#支付宝账务明细查询（模拟器，无真实资金）\r\n"
    yield f"#账号：[{ACCOUNT}]\r\n"
    begins, ends = (f"[{_written(one)} 00:00:00]" for one in (day, day + timedelta(days=1)))
    yield f"#起始日期：{begins}   终止日期：{ends}\r\n"
    yield f"#期初余额：{yuan(opening, currency)}元\r\n"
    yield f"{_RULE}账务明细列表----------------------------------------\r\n"
    yield ",".join(_COLUMNS) + "\r\n"
    sums = {True: [0, 0], False: [0, 0]}
    for begin in range(first, end, _BATCH):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        for values in store.movements(begin, min(begin + _BATCH, end)):
            row = MovementRow(*values)
            total = sums[row.amount_minor > 0]
            total[0], total[1] = total[0] + 1, total[1] + abs(row.amount_minor)
            writer.writerows([_cells(row, faults, currency)] * times_in_bill(row, faults))
        yield text.getvalue()
    yield f"{_RULE}账务明细列表结束------------------------------------\r\n"
    for word, incoming, sign in (("支出", False, "-"), ("收入", True, "")):
        count, amount = sums[incoming]
        yield f"#{word}合计：{count}笔，共{sign}{yuan(amount, currency)}元\r\n"
    yield f"#期末余额：{yuan(closing, currency)}元\r\n"


def _written(day: date) -> str:
    """A day as the frame has it."""
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def _cells(row: MovementRow, faults: Faults, currency: str) -> tuple[str, ...]:
    """A movement as a line; times and ids carry a tab, as the provider's do."""
    amount = stated_minor(row, faults)
    incoming = row.amount_minor > 0
    return (
        f"{movement_id(row)}\t",
        f"{order_id_of(row.order_no, row.taken_ms)}\t",
        f"{row.number}\t",
        "",
        local_time(row.at_ms),
        "",
        yuan(amount, currency) if incoming else "",
        "" if incoming else f"-{yuan(amount, currency)}",
        yuan(row.balance_minor, currency),
        "支付宝",
        "转账退回" if incoming else "转账",
        "simulator",
    )
