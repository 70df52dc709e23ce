"""Accounting vouchers for the company's own books, made from the transfers of the ledger.

Kept true: debits equal credits equal the ledger, to the smallest unit; nothing in a voucher points
to a person unless each transfer is asked for by itself, and then by its token alone. One voucher
stands for all transfers of a day between the same two accounts for the same reason.

Names of accounts are those of the chart of the Chinese Accounting Standards for Business
Enterprises (application guide, appendix; general knowledge, to be confirmed by the company's
accountants); ``governance.accounts`` in case.toml says otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from amends.governance.decisions import tax_position
from amends.governance.model import DecisionError, TaxPosition
from amends.kernel.money import Money
from amends.ledger import store
from amends.ledger.model import Movement

if TYPE_CHECKING:
    from amends.vault.opened import OpenCase

SCHEMA = pa.schema(
    [
        ("voucher_date", pa.date32()),
        ("voucher_no", pa.string()),
        ("line", pa.int32()),
        ("summary", pa.string()),
        ("account_code", pa.string()),
        ("account_name_zh", pa.string()),
        ("account_name_en", pa.string()),
        ("debit", pa.string()),
        ("credit", pa.string()),
        ("currency", pa.string()),
        ("transfers", pa.int64()),
        ("token", pa.string()),
        ("legal_character", pa.string()),
    ]
)
"""The columns of ``amends export vouchers``. Amounts are written with their decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAccount:
    """An account of the company's books."""

    code: str
    zh: str
    en: str


CHART: Mapping[str, BookAccount] = {
    name: BookAccount(code=code, zh=zh, en=en)
    for name, code, zh, en in (
        ("bank", "101201", "其他货币资金—赔偿专户", "Other monetary funds: compensation account"),
        ("company", "1002", "银行存款", "Bank deposits"),
        ("compensation", "671101", "营业外支出—损害赔偿", "Non-operating expenses: damages"),
        ("owed", "224101", "其他应付款—应付赔偿款", "Other payables: damages owed"),
        ("rail", "101202", "其他货币资金—支付机构存款", "Other monetary funds: at payment firms"),
        ("in_flight", "224102", "其他应付款—在途赔偿款", "Other payables: damages under way"),
        ("settled", "224103", "其他应付款—已付待对账", "Other payables: paid, not reconciled"),
        ("paid_out", "224104", "其他应付款—已付已对账", "Other payables: paid by statement"),
        ("returned", "224105", "其他应付款—退回赔偿款", "Other payables: damages returned"),
        ("deposited", "224106", "其他应付款—已提存", "Other payables: deposited with a notary"),
        ("paid_by_hand", "224107", "其他应付款—人工已付", "Other payables: paid by hand"),
        (
            "receivable",
            "122102",
            "其他应收款—应追回赔偿款",
            "Other receivables: asked back",
        ),
        (
            "to_recover",
            "224108",
            "其他应付款—待追回款",
            "Other payables: asked back",
        ),
        ("recovered", "671103", "营业外支出—追回多付款项", "Non-operating expenses: recovered"),
        ("suspense", "1221", "其他应收款—待查款项", "Other receivables: to be explained"),
        ("earmarked", "100201", "银行存款—已指定用途", "Bank deposits: earmarked"),
        ("released", "100202", "银行存款—已放款", "Bank deposits: released"),
        ("in_transit", "101203", "其他货币资金—在途资金", "Other monetary funds: in transit"),
        ("fees", "660301", "财务费用—手续费", "Financial expenses: bank charges"),
        ("written_off", "671102", "营业外支出—多付款项", "Non-operating expenses: paid in excess"),
        ("claims_reserve", "2801", "预计负债—后续损失", "Provisions: later losses"),
    )
}
"""Account of the ledger (up to its colon) → account of the books."""

_SUMMARIES = {
    "fund": "转入赔偿专户资金",
    "award": "计提个人信息泄露损害赔偿",
    "prefund": "向支付机构备付赔偿资金",
    "send": "赔偿款提交支付",
    "settle": "赔偿款支付成功",
    "statement": "按支付机构账单核销",
    "return": "赔偿款退回",
    "earmark": "指定赔偿用途",
    "explained": "待查款项查明",
    "release": "放款至支付机构",
    "escrow": "按银行对账单入账",
    "correction": "更正赔偿金额",
    "refuse": "支付被拒，转回应付",
    "recovery": "追回多付款项",
    "deposit": "赔偿款提存",
    "deposit_of_returned": "退回赔偿款提存",
    "by_hand": "人工支付赔偿款",
    "by_hand_of_returned": "人工支付退回赔偿款",
}


def export_vouchers(
    opened: "OpenCase", *, each: bool = False, until: date | None = None
) -> pa.Table:
    """Vouchers of every transfer up to the end of day *until*; one per transfer with *each*.

    Raises:
        DecisionError: the tax position was recorded for another legal character.
    """
    file = opened.case.file
    tax = tax_position(opened)
    if tax.contradiction is not None:
        raise DecisionError(tax.contradiction)
    with opened.database.reading() as connection:
        found = store.movements(connection, zone=file.zone, each=each, until=until)
    lines = vouchers(found, own=file.governance.accounts, tax=tax, case_id=file.id)
    return pa.Table.from_pylist(list(lines), schema=SCHEMA)


def vouchers(
    movements: Iterable[Movement], *, own: Mapping[str, str], tax: TaxPosition, case_id: str
) -> Iterator[dict[str, object]]:
    """Two lines for each movement, numbered within the month in the order of the books."""
    numbers: dict[tuple[int, int], int] = {}
    ordered = sorted(movements, key=_place)
    for one in ordered:
        month = (one.day.year, one.day.month)
        numbers[month] = numbers.get(month, 0) + 1
        shared = {
            "voucher_date": one.day,
            "voucher_no": f"记-{one.day:%Y%m}-{numbers[month]:04d}",
            "summary": _summary(one, case_id),
            "currency": one.currency,
            "transfers": one.transfers,
            "token": one.token,
            "legal_character": tax.legal_character,
        }
        amount = str(Money(amount_minor=one.amount_minor, currency=one.currency))[4:]
        for line, (account, side) in enumerate(
            ((one.debit, "debit"), (one.credit, "credit")), start=1
        ):
            booked = book_account(account, own)
            yield {
                **shared,
                "line": line,
                "account_code": booked.code,
                "account_name_zh": booked.zh,
                "account_name_en": booked.en,
                side: amount,
            }


def _place(one: Movement) -> tuple[int | str, ...]:
    """Where a movement stands in the books: what comes later never moves what is numbered."""
    month = (one.day.year, one.day.month)
    return (*month, one.first_posting, one.day.day, one.reason, one.debit, one.credit, one.token)


def book_account(account: str, own: Mapping[str, str]) -> BookAccount:
    """The account of the books for one of the ledger; one that no chart has keeps its own name."""
    kind, _, rest = account.partition(":")
    named = own.get(account) or own.get(kind)
    if named is not None:
        code, _, name = named.partition(" ")
        return BookAccount(code=code, zh=name.strip(), en=name.strip())
    known = CHART.get(kind)
    if known is None:
        return BookAccount(code=account, zh=account, en=account)
    if kind == "company" or not rest:
        return known
    return BookAccount(code=known.code, zh=f"{known.zh}（{rest}）", en=f"{known.en} ({rest})")


def _summary(one: Movement, case_id: str) -> str:
    """What the line says, in Chinese, without anybody's name."""
    words = _SUMMARIES.get(one.reason, one.reason)
    return f"{words}（案件 {case_id}，{one.transfers:,} 笔）"
