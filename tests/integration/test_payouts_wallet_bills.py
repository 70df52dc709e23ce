"""Bills of wallets with a byte that is no text, on their way through reconciliation."""

import asyncio
import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import date

import pytest

from amends.kernel.saying import in_language
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails import alipay_bill, wechat_bill
from amends.payouts.rails.model import RailUnavailableError, Statement
from amends.payouts.reconciling import bill_store
from amends.payouts.reconciling.reconcile import import_bill
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_bills import DAY, classes, make_rail
from made_cases import OpenedCase

ALIPAY = """#支付宝账务明细查询\r
#期初余额：1000000.00元\r
账务流水号,业务流水号,商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型\r
F1\t,T1,N1,{day} 10:00:00,,-5.00,999995.00,转账\r
F2\t,T2,N2,{day} 11:00:00,,-5.00,999990.00,转账\r
F3\t,T3,N3,{day} 12:00:00,,-5.00,999985.00,转账\r
#期末余额：999985.00元\r
"""
WECHAT = """记账时间,微信支付业务单号,资金流水单号,业务类型,收支类型,收支金额,账户结余,业务凭证号\r
`{day} 10:00:00,`T1,`F1,`转账,`支出,`5.00,`999995.00,`N1\r
`{day} 11:00:00,`T2,`F2,`转账,`支出,`5.00,`999990.00,`N2\r
`{day} 12:00:00,`T3,`F3,`转账,`支出,`5.00,`999985.00,`N3\r
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r
`3,`0,`0.00,`3,`15.00\r
"""


def bill(rail: str, day: date, after: str) -> Statement:
    """A bill with a byte that is no text after some words, packed so that its checksum is right."""
    text, encoding = (ALIPAY, "gb18030") if rail == "alipay" else (WECHAT, "utf-8")
    head, words, tail = text.format(day=day).partition(after)
    raw = (head + words).encode(encoding) + b"\xff" + tail.encode(encoding)
    if rail == "wechatpay":
        return wechat_bill.read_bill(gzip.compress(raw, mtime=0), day, "CNY")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("2088_账务明细.csv", raw)
    return alipay_bill.read_bill(file.getvalue(), day, "CNY")


DAMAGED = [
    ("alipay", "N2", "line F2"),
    ("alipay", "#支付宝", "a line around its list"),
    ("alipay", "商户订单", "its header"),
    ("wechatpay", "N2", "line F2"),
    ("wechatpay", "`3,`0", "its sums"),
    ("wechatpay", "微信支付", "it is not CSV in UTF-8"),
]


def told(refused: pytest.ExceptionInfo[RailUnavailableError], words: str) -> None:
    """What is said: where it is; in Chinese, too."""
    message = refused.value.message
    assert words in in_language(message, "en")
    assert in_language(message, "zh") != in_language(message, "en")


@pytest.mark.parametrize(("rail", "after", "words"), DAMAGED)
def test_payouts_a_bill_with_a_byte_that_is_no_text_is_not_taken_in(
    opened_case: OpenedCase, rail: str, after: str, words: str
) -> None:
    """It is refused as a bill, whether that is seen at its ends or in the walk; nothing stays."""
    opened = opened_case()
    make_rail(opened, rail)
    with pytest.raises(RailUnavailableError) as refused:
        import_bill(opened, rail, bill(rail, DAY, after))
    told(refused, words)
    with opened.database.reading() as connection:
        assert bill_store.newest_bill(connection, rail) is None
    assert not classes(opened, rail)


@dataclass(slots=True)
class Billing(FakeProvider):
    """A provider whose bills have such a byte."""

    damage: tuple[str, str] = ("alipay", "N2")

    async def statement(self, day: date) -> Statement:
        """The bill of a day."""
        rail, after = self.damage
        return bill(rail, day, after)


@pytest.mark.parametrize(("rail", "after", "words"), [DAMAGED[0], DAMAGED[1], DAMAGED[3]])
def test_payouts_reconciling_refuses_a_bill_with_a_byte_that_is_no_text(
    opened_case: OpenedCase, rail: str, after: str, words: str
) -> None:
    """The command ends with a refusal and not as an error of the program's."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = Billing(1, Rates(), opened.clock.now, 100_000_000, damage=(rail, after))
    asyncio.run(pay_through(opened, provider))
    with pytest.raises(RailUnavailableError) as refused:
        asyncio.run(reconcile_through(opened, provider))
    told(refused, words)
