import gzip
import hashlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.saying import in_language
from amends.payouts.rails.model import Direction, LineKind
from amends.payouts.rails.wechat_bill import has_digest, read_bill
from amends.payouts.rails.written import MalformedBillError

DAY = date(2026, 11, 22)
HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,"
    "账户结余（元）,资金变更提交申请人,备注,业务凭证号"
)
LINES = (
    "`2026-11-22 10:00:00,`T1,`F1,`商家转账,`转账,`支出,`5000.00,`95000.00,`system,`,`N1",
    "`2026-11-22 11:00:00,`T2,`F2,`商家转账,`转账,`支出,`0.10,`94999.90,`system,`\\ 注,`N2",
    "`2026-11-22 12:00:00,`T1,`F3,`商家转账,`转账退回,`收入,`5000.00,`99999.90,`system,`,`N1",
    "`2026-11-22 13:00:00,`P1,`F4,`充值,`充值,`收入,`1.00,`100000.90,`boss,`,`",
    "`2026-11-22 14:00:00,`X1,`F5,`其他,`扣除手续费,`支出,`0.90,`100000.00,`system,`,`",
)
SUMS = ("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", "`5,`2,`5001.00,`3,`5001.00")
WHOLE = (HEADER, *LINES, *SUMS)


def packed(*lines: str, encoding: str = "utf-8") -> bytes:
    """A bill as it is downloaded."""
    return gzip.compress("\r\n".join((*lines, "")).encode(encoding), mtime=0)


def changed(words: str, other: str) -> list[str]:
    """The whole bill with other words in it."""
    return [line.replace(words, other) for line in WHOLE]


def test_a_bill_is_read_as_it_stands() -> None:
    """Lines come in order, with kinds and directions; balances are those around them."""
    bill = read_bill(packed(*WHOLE), DAY, "CNY")
    assert (str(bill.opening), str(bill.closing)) == ("CNY 100000.00", "CNY 100000.00")
    lines = list(bill.lines)
    assert lines == list(bill.lines)
    assert [(line.number, line.direction, line.kind, str(line.amount)) for line in lines] == [
        ("N1", Direction.OUT, LineKind.TRANSFER, "CNY 5000.00"),
        ("N2", Direction.OUT, LineKind.TRANSFER, "CNY 0.10"),
        ("N1", Direction.IN, LineKind.RETURN, "CNY 5000.00"),
        (None, Direction.IN, LineKind.TOP_UP, "CNY 1.00"),
        (None, Direction.OUT, LineKind.FEE, "CNY 0.90"),
    ]
    assert (lines[0].line_id, lines[0].provider_reference) == ("F1", "T1")
    assert lines[0].at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_counts_with_a_point_and_a_mark_of_order_are_read() -> None:
    """Older bills count 5.0 lines and begin with a byte order mark; columns may stand elsewhere."""
    sums = (SUMS[0], "`5.0,`2.0,`5001.00,`3.0,`5001.00")
    assert len(list(read_bill(packed("\ufeff" + HEADER, *LINES, *sums), DAY, "CNY").lines)) == 5
    turned = [",".join(reversed(line.split(","))) for line in (HEADER, *LINES)]
    assert len(list(read_bill(packed(*turned, *SUMS), DAY, "CNY").lines)) == 5


@pytest.mark.parametrize("remark", ["甲,乙", ",", "a,b,,c", '"', 'a"b,', "x\x1fy", "`", "#,"])
def test_a_comma_in_a_text_ends_no_value(remark: str) -> None:
    """What follows it stands where it stood: the number, above all, and what the sums are of."""
    with_remarks = [line.replace(",`system,`", f",`sys,tem,`{remark}") for line in LINES]
    bill = read_bill(packed(HEADER, *with_remarks, *SUMS), DAY, "CNY")
    assert list(bill.lines) == list(read_bill(packed(*WHOLE), DAY, "CNY").lines)


def test_a_comma_at_the_end_of_each_line_is_of_no_value() -> None:
    """Some files have one there."""
    bill = read_bill(packed(*(f"{line}," for line in WHOLE)), DAY, "CNY")
    assert list(bill.lines) == list(read_bill(packed(*WHOLE), DAY, "CNY").lines)


NO_TEXT = "it is not CSV in UTF-8, packed with gzip"
CUT_OFF = "it ends without its sums: it is cut off"
CHANGED = "lines are missing, too many, or changed"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        pytest.param(b"", "its header lacks the column 记账时间", id="nothing"),
        pytest.param(b"no gzip", NO_TEXT, id="not packed"),
        pytest.param(packed(*WHOLE)[:-9], NO_TEXT, id="cut off"),
        pytest.param(packed(*WHOLE, encoding="gb18030"), NO_TEXT, id="wrong encoding"),
        pytest.param(packed(), "its header lacks the column 记账时间", id="empty"),
        pytest.param(packed(HEADER), CUT_OFF, id="header alone"),
        pytest.param(
            packed(HEADER, SUMS[0], "`0,`0,`0.00,`0,`0.00"), "it has no line", id="no line"
        ),
        pytest.param(packed(HEADER, *LINES), CUT_OFF, id="no sums"),
        pytest.param(packed(HEADER, *LINES, SUMS[0]), CUT_OFF, id="no row of sums"),
        pytest.param(
            packed(HEADER, *LINES[1:], *SUMS),
            "it sums up 资金流水总笔数 as 5, and its lines make 4: " + CHANGED,
            id="a line is missing",
        ),
        pytest.param(
            packed(HEADER, LINES[0], *LINES, *SUMS),
            "it sums up 资金流水总笔数 as 5, and its lines make 6: " + CHANGED,
            id="a line is there twice",
        ),
        pytest.param(
            packed(HEADER, *LINES, SUMS[0], "`5,`2,`5001.00,`3,`5001.01"),
            "it sums up 支出金额 as 5001.01, and its lines make 5001: " + CHANGED,
            id="a fen off",
        ),
        pytest.param(
            packed(HEADER, *LINES, SUMS[0], "`5,`2,`+-5001.00,`3,`5001.00"),
            "it sums up 收入金额 as +-5001.00, which is no number",
            id="a sum with two signs",
        ),
        pytest.param(
            packed(*changed("支出笔数", "别的")),
            "its sums lack 支出笔数: it was changed",
            id="a sum is missing",
        ),
        pytest.param(
            packed(*WHOLE, LINES[0]), "a line stands after the sums", id="a line after the sums"
        ),
        pytest.param(
            packed(*changed("2026-11-22", "2026-11-21")),
            "line F1 is of another day",
            id="another day",
        ),
        pytest.param(
            packed(*changed("收支类型", "别的")),
            "its header lacks the column 收支类型",
            id="a column is missing",
        ),
        pytest.param(
            packed(*changed("支出,`0.10", "进出,`0.10")),
            "line F2 says neither income nor expense, or both",
            id="neither in nor out",
        ),
        pytest.param(
            packed(*changed("5000.00", "5k")),
            "line F1 moves an amount that is none, or has too many decimals",
            id="no amount",
        ),
        pytest.param(
            packed(*changed("\\ 注", "甲,`乙")),
            "it is not a table: its rows cannot be told apart",
            id="a value too many",
        ),
        pytest.param(
            packed(HEADER, LINES[0][:40], *SUMS),
            "line F1 moves an amount that is none, or has too many decimals",
            id="half a line",
        ),
    ],
)
def test_a_bill_that_cannot_be_is_said_to_be_none(raw: bytes, told: str) -> None:
    """Half a bill, one that was edited, of another day or encoding is never taken for the bill."""
    with pytest.raises(MalformedBillError) as refused:
        list(read_bill(raw, DAY, "CNY").lines)
    assert in_language(refused.value.message, "en") == told
    assert in_language(refused.value.message, "zh") != told


NOT_TEXT = " is not in UTF-8: it was changed, or is in another encoding"
TEXT = "\r\n".join((*WHOLE, "")).encode()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("微信支付", NO_TEXT),
        ("`N1", f"line F1{NOT_TEXT}"),
        ("`2026-11-22 11", f"line F2{NOT_TEXT}"),
        ("\\ 注", f"line F2{NOT_TEXT}"),
        ("`F3", f"the line after F2{NOT_TEXT}"),
        ("`F1", f"the first line{NOT_TEXT}"),
        ("`F5", f"the line after F4{NOT_TEXT}"),
        ("收入笔数", f"its sums{NOT_TEXT}"),
        ("`5,", f"its sums{NOT_TEXT}"),
        ("资金流水总", CUT_OFF),
    ],
)
def test_a_byte_that_is_no_text_is_found(words: str, told: str) -> None:
    """In the header, in any line, in the sums: it is said where."""
    at = TEXT.index(words.encode()) + len(words.encode())
    raw = gzip.compress(TEXT[:at] + b"\xff" + TEXT[at:], mtime=0)
    with pytest.raises(MalformedBillError) as refused:
        list(read_bill(raw, DAY, "CNY").lines)
    assert in_language(refused.value.message, "en") == told
    assert in_language(refused.value.message, "zh") != told


@given(position=st.integers(0, 10_000), damage=st.binary(min_size=1, max_size=3))
def test_no_byte_breaks_the_reader(position: int, damage: bytes) -> None:
    """What was packed may be anything: it is read as it is or said to be malformed."""
    raw = bytearray(TEXT)
    position %= len(raw)
    raw[position : position + len(damage)] = damage
    try:
        list(read_bill(gzip.compress(bytes(raw), 1, mtime=0), DAY, "CNY").lines)
    except MalformedBillError:
        return


@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_damage_breaks_the_reader(position: int, byte: int) -> None:
    """A damaged bill is read as it is or said to be malformed; nothing else happens."""
    raw = bytearray(packed(*WHOLE))
    raw[position % len(raw)] = byte
    try:
        list(read_bill(bytes(raw), DAY, "CNY").lines)
    except MalformedBillError:
        return


def test_the_digest_is_of_what_came() -> None:
    """The digest of the packed or of the unpacked bill will do, that of anything else will not."""
    raw = packed(*WHOLE)
    plain = gzip.decompress(raw)
    for content in (raw, plain):
        assert has_digest(raw, hashlib.sha1(content, usedforsecurity=False).hexdigest().upper())
    other = hashlib.sha1(plain + b" ", usedforsecurity=False).hexdigest()
    assert not has_digest(raw, other)
    assert not has_digest(raw[:-9], hashlib.sha1(plain, usedforsecurity=False).hexdigest())
    assert not has_digest(b"no gzip", "")
