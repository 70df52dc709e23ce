import asyncio
import io
import time
import zipfile
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.saying import in_language
from amends.payouts.rails import rsa
from amends.payouts.rails.alipay_bill import read_bill
from amends.payouts.rails.model import Direction, LineKind, RailUnavailableError
from amends.payouts.rails.pacing import Pace
from amends.payouts.rails.ways import require_private_way
from amends.payouts.rails.written import MalformedBillError

DAY = date(2026, 11, 22)
HEADER = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
LINES = (
    "2026112288\t,P1\t,N1\t,,2026-11-22 10:00:00,,,-5000.00,95000.00,支付宝,转账,",
    "2026112289\t,P2\t,N2\t,,2026-11-22 11:00:00,,0.00,-0.10,94999.90,支付宝,转账,\U00020bb7",
    "2026112290\t,P1\t,N1\t,,2026-11-22 12:00:00,,5000.00,,99999.90,支付宝,转账退回,",
    "2026112291\t,F1\t,\t,,2026-11-22 13:00:00,,,-1.00,99998.90,支付宝,服务费,",
)


class ByTheProvider(zipfile.ZipInfo):
    """A name in GBK, of which the zip does not say in what it is."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's own
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


Entry = tuple[str, str | bytes]

SUMMARY: Entry = (
    "x_账务明细(汇总).csv",
    "#支付宝账务汇总查询\r\n类型,收入笔数,收入金额（+元）\r\n转账,0,0.00\r\n",
)


def zipped(*entries: Entry, made: type[zipfile.ZipInfo] = ByTheProvider) -> bytes:
    """A zip of texts in GB 18030, or of bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            info = made(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("gb18030") if isinstance(text, str) else text)
    return file.getvalue()


def packed(text: str, encoding: str = "gb18030") -> bytes:
    """A bill as it is downloaded, with the summary that comes beside it."""
    return zipped(SUMMARY, ("x_账务明细.csv", text.encode(encoding)))


def test_a_bill_without_stated_balances_is_read_from_its_lines() -> None:
    """Opening and closing come from the first and the last line where the frame is silent."""
    text = "\r\n".join(("#支付宝账务明细查询", HEADER, *LINES, "#账务明细列表结束", ""))
    bill = read_bill(packed(text), DAY, "CNY")
    assert (str(bill.opening), str(bill.closing)) == ("CNY 100000.00", "CNY 99998.90")
    lines = list(bill.lines)
    assert [(line.number, line.direction, line.kind, str(line.amount)) for line in lines] == [
        ("N1", Direction.OUT, LineKind.TRANSFER, "CNY 5000.00"),
        ("N2", Direction.OUT, LineKind.TRANSFER, "CNY 0.10"),
        ("N1", Direction.IN, LineKind.RETURN, "CNY 5000.00"),
        (None, Direction.OUT, LineKind.FEE, "CNY 1.00"),
    ]
    assert lines[0].line_id == "2026112288"
    assert lines[0].at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_stated_balances_go_first() -> None:
    """What the frame states is the balance, even if lines are missing."""
    text = "\n".join(("#期初余额：7.00元", HEADER, LINES[0], "#期末余额：-3.50元"))
    bill = read_bill(packed(text), DAY, "CNY")
    assert (bill.opening.amount_minor, bill.closing.amount_minor) == (700, -350)


WHOLE = "\r\n".join(("#支付宝账务明细查询", HEADER, *LINES, ""))


@pytest.mark.parametrize("made", [ByTheProvider, zipfile.ZipInfo])
@pytest.mark.parametrize("last", ["summary", "list"])
def test_the_list_is_found_by_its_name(made: type[zipfile.ZipInfo], last: str) -> None:
    """In GBK of which the zip says nothing, or in UTF-8; wherever the summary stands."""
    entries: list[Entry] = [("2088_账务明细.csv", WHOLE), SUMMARY, ("2088_业务明细.csv", "x\r\n")]
    raw = zipped(*(entries if last == "summary" else entries[::-1]), made=made)
    told = "2088_账务明细.csv" in zipfile.ZipFile(io.BytesIO(raw)).namelist()
    assert told == (made is zipfile.ZipInfo)
    assert len(list(read_bill(raw, DAY, "CNY").lines)) == 4


def test_a_bill_in_several_lists_is_read_through_all() -> None:
    """Each has a header of its own, in an order of its own; they follow by their numbers."""
    cells = [line.split(",") for line in (HEADER, LINES[1])]
    turned = [",".join((first, *reversed(others))) for first, *others in cells]
    entries: list[Entry] = [
        ("x_账务明细_10.csv", "\n".join((HEADER, LINES[3], ""))),
        ("x_账务明细_2.csv", "\r\n".join(("#支付宝账务明细查询", *turned, "#结束", ""))),
        ("x_账务明细_1.csv", "\n".join((HEADER, LINES[0]))),
        ("x_账务明细_3.csv", "\n".join((HEADER, LINES[2]))),
        ("x_账务明细_11.csv", HEADER),
    ]
    bill = read_bill(zipped(*entries, SUMMARY), DAY, "CNY")
    whole = read_bill(packed(WHOLE), DAY, "CNY")
    assert list(bill.lines) == list(whole.lines)
    assert (bill.opening, bill.closing) == (whole.opening, whole.closing)
    stated: list[Entry] = [
        (f"x_账务明细_{at}.csv", f"#期初余额：{at}.00元\n{HEADER}\n{line}\n#期末余额：{at}.50元\n")
        for at, line in enumerate(LINES, 1)
    ]
    bill = read_bill(zipped(*stated), DAY, "CNY")
    assert (str(bill.opening), str(bill.closing)) == ("CNY 1.00", "CNY 4.50")
    assert len(list(bill.lines)) == 4


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-11-22", "2026-11-23"),
        ("2026年11月22日", "2026年11月23日"),
        ("2026年11月22日", "2026年11月22日"),
    ],
)
def test_a_bill_is_of_the_day_that_it_begins_with(begins: str, ends: str) -> None:
    """However the frame writes days; that it ends at the next midnight makes it of no other day."""
    frame = f"#起始日期：[{begins} 00:00:00]   终止日期：[{ends} 00:00:00]"
    raw = packed("\n".join((frame, HEADER, *LINES, "#导出时间：[2026-11-23 00:00:00]")))
    assert len(list(read_bill(raw, DAY, "CNY").lines)) == 4
    other = packed("\n".join((frame.replace("22", "21"), HEADER, *LINES)))
    with pytest.raises(MalformedBillError) as refused:
        read_bill(other, DAY, "CNY")
    assert in_language(refused.value.message, "en") == "it says that it is of 2026-11-21"


def lines(*changed: tuple[str, str]) -> bytes:
    """A bill in whose text words stand for others."""
    text = "\n".join((HEADER, *LINES))
    for words, other in changed:
        text = text.replace(words, other)
    return packed(text)


BEFORE = (
    "a line stands before the header with the names of the columns: it is another file, or in "
    "another encoding"
)
NO_ZIP = "it is not a zip of GB18030 CSV"
NO_BALANCES = "it says no balances: neither around its list nor in a line of it"
ENDLESS = " does not end: a quote opens in it that none closes, or the file was changed"
DAMAGED = {
    "nothing": (b"", NO_ZIP),
    "not packed": (b"no zip", NO_ZIP),
    "empty": (packed(""), NO_BALANCES),
    "no list": (zipped(SUMMARY), "its zip has no list of movements (账务明细)"),
    "header alone": (packed(HEADER), NO_BALANCES),
    "a second list without header": (
        zipped(("x_账务明细_1.csv", WHOLE), ("x_账务明细_2.csv", LINES[0])),
        BEFORE,
    ),
    "no header": (packed(LINES[0]), BEFORE),
    "a column is missing": (
        lines(("账户余额（元）", "别的")),
        "its header lacks the column 账户余额",
    ),
    "no amount": (
        lines(("-5000.00", "much")),
        "line 2026112288 moves an amount that is none, or has too many decimals",
    ),
    "no time": (
        lines(("2026-11-22 10", "yesterday 10")),
        "line 2026112288 has a time that is none",
    ),
    "no number": (
        lines(("2026112289\t", "\t")),
        "the line after 2026112288 has no number of its own",
    ),
    "no number at all": (
        lines(("2026112288\t", "\t")),
        "the first line has no number of its own",
    ),
    "no balance": (
        lines(("94999.90", "?")),
        "line 2026112289 leaves a balance that is no amount: it is cut off, or was changed",
    ),
    "no kind": (
        lines(("支付宝,转账,\U00020bb7", "支付宝")),
        "line 2026112289 is cut off: it says not what it is about",
    ),
    "half a line": (
        packed("\n".join((HEADER, LINES[0][:40]))),
        "it is not a table: its rows cannot be told apart",
    ),
    "wrong encoding": (packed("\n".join((HEADER, *LINES)), encoding="utf-16"), BEFORE),
    "a quote that none closes": (
        lines((",\U00020bb7", ',"\U00020bb7')),
        f"line 2026112289{ENDLESS}",
    ),
    "cut off": (lines()[:-40], NO_ZIP),
    "no closing balance": (
        packed("\n".join(("#期初余额：100000.00元", HEADER, *LINES[:2]))),
        "it states its opening balance and ends without its closing one: it is cut off",
    ),
    "a line of another day": (
        lines(("2026-11-22 11", "2026-11-21 11")),
        "line 2026112289 is of another day",
    ),
    "another day": (
        packed("\n".join(("#起始日期：[2026-11-21 00:00:00]   终止日期：[x]", HEADER, *LINES))),
        "it says that it is of 2026-11-21",
    ),
    "a tenth of a fen": (
        lines(("-0.10", "-0.101")),
        "line 2026112289 moves an amount that is none, or has too many decimals",
    ),
    "income and expense": (
        lines((",,-5000.00", ",3.00,-5000.00")),
        "line 2026112288 says neither income nor expense, or both",
    ),
    "an expense that is none beside an income": (
        lines((",,5000.00,,", ",,5000.00,much,")),
        "line 2026112290 moves an amount that is none, or has too many decimals",
    ),
    "nothing moves": (lines(("-0.10", "0.00")), "line 2026112289 moves nothing"),
}
"""What came, and what is said of it: what is wrong, and where."""


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_bill_that_cannot_be_read_is_said_to_be(damage: str) -> None:
    """Half a bill, another format or another encoding is never taken for a bill."""
    raw, told = DAMAGED[damage]
    with pytest.raises(MalformedBillError) as refused:
        list(read_bill(raw, DAY, "CNY").lines)
    assert in_language(refused.value.message, "en") == told
    assert in_language(refused.value.message, "zh") != told


def test_cells_may_all_stand_between_quotes() -> None:
    """An empty one, too: an income that is none is no income that cannot be read."""
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in (HEADER, *LINES)]
    bill = read_bill(packed("\r\n".join((*quoted, ""))), DAY, "CNY")
    assert list(bill.lines) == list(read_bill(packed(WHOLE), DAY, "CNY").lines)


def damaged(words: str, damage: bytes, *, before: str = "") -> bytes:
    """The bill with bytes after *words* that are no text, packed so that its checksum is right.

    *before*: a line that stands around the list.
    """
    raw = f"{before}{WHOLE}".encode("gb18030")
    at = raw.index(words.encode("gb18030")) + len(words.encode("gb18030"))
    return zipped(("x_账务明细.csv", raw[:at] + damage + raw[at:]))


FRAMED = "#期初余额：100000.00元\r\n#期末余额：99998.90元\r\n"
NOT_TEXT = " is not in GB18030: it was changed, or is in another encoding"


@pytest.mark.parametrize("frame", ["", FRAMED])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("#支付宝账务", f"a line around its list{NOT_TEXT}"),
        ("商户订单", f"its header{NOT_TEXT}"),
        (",N1", f"line 2026112288{NOT_TEXT}"),
        (",N2", f"line 2026112289{NOT_TEXT}"),
        ("2026112290", f"the line after 2026112289{NOT_TEXT}"),
        ("2026112291", f"the line after 2026112290{NOT_TEXT}"),
        ("服务", f"line 2026112291{NOT_TEXT}"),
        ("-0", "line 2026112289 moves an amount that is none, or has too many decimals"),
        (":00:00", "line 2026112288 has a time that is none"),
    ],
)
def test_a_byte_that_is_no_text_is_found(words: str, told: str, frame: str) -> None:
    """Wherever it stands where something is read; it is said where."""
    with pytest.raises(MalformedBillError) as refused:
        list(read_bill(damaged(words, b"\xff", before=frame), DAY, "CNY").lines)
    assert in_language(refused.value.message, "en") == told
    assert in_language(refused.value.message, "zh") != told


@pytest.mark.timeout(60)
@pytest.mark.parametrize("count", [4, 60_000])
@pytest.mark.parametrize("remark", ['5" screen', '"cut off'])
def test_a_quote_that_is_not_closed_is_told_at_once(remark: str, count: int) -> None:
    """With its line, however many follow: each was looked through again for its end before."""
    lines = [
        f"20261122{at:08d},P{at},N{at},{remark if at == 2 else ''},2026-11-22 10:00:00,,,-1.00,"
        f"{count - at}.00,支付宝,转账,"
        for at in range(count)
    ]
    raw = packed("\n".join((HEADER, *lines, "")))
    with pytest.raises(MalformedBillError, match=r"^line 2026112200000002 does not end"):
        list(read_bill(raw, DAY, "CNY").lines)


def test_a_quote_that_is_not_closed_is_told_where_nothing_names_its_line() -> None:
    """What stands there instead of a number is not repeated."""
    line = LINES[0].replace("2026112288", "王小明").replace("支付宝", '"支付宝')
    raw = packed("\n".join((HEADER, LINES[1], line, "")))
    with pytest.raises(MalformedBillError, match=r"^a line does not end"):
        list(read_bill(raw, DAY, "CNY").lines)


def test_a_bill_in_utf_8_is_no_bill() -> None:
    """With the frame that every bill has, which in the provider's encoding is none."""
    for text in (WHOLE, FRAMED + WHOLE, "#账\n" + WHOLE, WHOLE + "#结束\r\n"):
        with pytest.raises(MalformedBillError) as refused:
            read_bill(packed(text, encoding="utf-8"), DAY, "CNY")
        assert in_language(refused.value.message, "en") in {
            f"a line around its list{NOT_TEXT}",
            BEFORE,
        }


@given(
    position=st.integers(0, 10_000),
    damage=st.binary(min_size=1, max_size=3),
    frame=st.sampled_from(["", FRAMED]),
)
def test_no_byte_breaks_the_reader(position: int, damage: bytes, frame: str) -> None:
    """What is in the zip may be anything: it is read as it is or said to be malformed."""
    raw = bytearray(f"{frame}{WHOLE}".encode("gb18030"))
    position %= len(raw)
    raw[position : position + len(damage)] = damage
    try:
        list(read_bill(zipped(("x_账务明细.csv", bytes(raw))), DAY, "CNY").lines)
    except MalformedBillError:
        return


@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_damage_breaks_the_reader(position: int, byte: int) -> None:
    """A damaged bill is read as it is or said to be malformed; nothing else happens."""
    raw = bytearray(packed("\n".join((HEADER, *LINES))))
    raw[position % len(raw)] = byte
    try:
        list(read_bill(bytes(raw), DAY, "CNY").lines)
    except MalformedBillError:
        return


def test_calls_keep_their_pace() -> None:
    """A pace of 100 a second lets 21 calls begin in no less than a fifth of a second."""

    async def begin(pace: Pace) -> float:
        begun = time.monotonic()
        await asyncio.gather(*(pace.wait() for _ in range(21)))
        return time.monotonic() - begun

    assert asyncio.run(begin(Pace(100))) >= 0.199
    assert asyncio.run(begin(Pace(None))) < 0.1


@pytest.mark.parametrize(
    "address",
    ["http://openapi.alipay.com/", "ftp://127.0.0.1/", "", "https:///", "http://127.0.0.1.x.cn/"],
)
def test_money_is_spoken_about_in_private(address: str) -> None:
    """A gateway is reached by https, or by http on this machine; by nothing else."""
    with pytest.raises(RailUnavailableError):
        require_private_way(address)
    require_private_way("https://openapi.alipay.com/gateway.do")
    require_private_way("http://127.0.0.2/gateway.do")


def test_weak_keys_are_refused() -> None:
    """RSA2 begins at 2,048 bits."""
    key = generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # as said
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with pytest.raises(ValueError, match=r"2,048 bits"):
        rsa.load_private_key(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match=r"2,048 bits"):
        rsa.load_public_key(public)
