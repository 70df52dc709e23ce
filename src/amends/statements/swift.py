"""Reads MT940 (SWIFT Customer Statement Message) with the mt-940 library.

The library takes what it understands; what makes a statement whole is checked here: an opening and
a closing balance, pages that go on where the one before ended, and a line for every ``:61:``.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import mt940

from amends.kernel.saying import said
from amends.statements.model import Direction, Form, Line, Problem, Statement, StatementError
from amends.statements.values import UnreadableError, given, minor_units, whole

_OPTIONS = mt940.Options(
    merge_keeps_values=True, reversal_sign=True, case_insensitive_marks=True, unbounded_details=True
)
_STATEMENT = re.compile(r"^:20:", re.MULTILINE)
_LINE = re.compile(r"^:61:", re.MULTILINE)
_FEES = re.compile("CHG|COM|FEE")
_RETURNED = "RTI"
"""Returned item: SWIFT's transaction type of field 61."""
_REASON = re.compile(r"/RTRN/([0-9A-Z]{4})/")
_END_TO_END = re.compile(r"(?:/EREF/|EREF\+)([0-9A-Za-z-]{1,35})")
"""In field 86, where a whole EndToEndId fits; the reference of field 61 has 16 characters."""
_ENDS = {True: "final_closing_balance", False: "intermediate_closing_balance"}


def looks_like_mt940(text: str) -> bool:
    """Whether a text has the tags that every MT940 begins with."""
    return bool(_STATEMENT.search(text)) and ":25" in text


def read_mt940(text: str, name: str) -> list[Statement]:
    """Every statement of the file; pages of one are put together.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "{1:" in text and text.count("{4:") != len(re.findall(r"^-\}", text, re.MULTILINE)):
        raise _truncated(name)
    blocks = _STATEMENT.split(text)[1:]
    pages = [_page(f":20:{block}", name, number) for number, block in enumerate(blocks, 1)]
    statements = []
    for group in _whole(pages, name):
        try:
            statements.append(_statement(group))
        except (UnreadableError, KeyError) as error:
            why = (
                error.args[0]
                if isinstance(error, UnreadableError)
                else said("a tag that every statement has is missing")
            )
            raise StatementError(
                Problem.VALUE,
                said(
                    "{file}, statement {number}: {why}; ask the bank for a correct file",
                    file=name,
                    number=len(statements) + 1,
                    why=why,
                ),
            ) from None
    return statements


def _page(block: str, name: str, number: int) -> mt940.models.Transactions:
    """One block of tags, each line of it read."""
    block = re.split(r"^-\}?\s*$", block, maxsplit=1, flags=re.MULTILINE)[0]
    try:
        page = mt940.models.Transactions({"post_transaction_details": []}, options=_OPTIONS)
        page.parse(block)
    except Exception:  # noqa: BLE001  # the library raises what it meets, with the line's own text
        raise StatementError(
            Problem.VALUE,
            said(
                "{file}, statement {number}: a line is not as MT940 writes it; ask the bank for a "
                "correct file",
                file=name,
                number=number,
            ),
        ) from None
    if sum(1 for line in page if "amount" in line.data) != len(_LINE.findall(block)):
        raise StatementError(
            Problem.VALUE,
            said(
                "{file}, statement {number}: not every movement (:61:) can be read; ask the bank "
                "for a correct file",
                file=name,
                number=number,
            ),
        )
    return page


def _whole(
    pages: Sequence[mt940.models.Transactions], name: str
) -> Iterator[list[mt940.models.Transactions]]:
    """Pages by statement: the first opens it (60F), the last closes it (62F)."""
    group: list[mt940.models.Transactions] = []
    for page in pages:
        begins = "final_opening_balance" in page.data
        if begins == bool(group):
            raise _truncated(name)
        if group and _signed(group[-1], _ENDS[False]) != _signed(
            page, "intermediate_opening_balance"
        ):
            raise _truncated(name)
        group.append(page)
        if _ENDS[True] in page.data:
            yield group
            group = []
        elif _ENDS[False] not in page.data:
            raise _truncated(name)
    if group or not pages:
        raise _truncated(name)


def _truncated(name: str) -> StatementError:
    return StatementError(
        Problem.TRUNCATED,
        said(
            "{file}: a statement or a page of it is cut off (balances :60F: to :62F: are not "
            "complete); fetch the file from the bank again",
            file=name,
        ),
    )


def _statement(pages: Sequence[mt940.models.Transactions]) -> Statement:
    first, last = pages[0].data, pages[-1].data
    closing = last["final_closing_balance"]
    currency = str(closing.amount.currency)
    if str(first["final_opening_balance"].amount.currency) != currency:
        raise UnreadableError(said("opening and closing balance are in two currencies"))
    lines = tuple(_line(line.data, currency) for page in pages for line in page)
    last_day = _plain(closing.date)
    return Statement(
        form=Form.MT940,
        account=str(first["account_identification"]).strip(),
        currency=currency,
        identifier=str(first["transaction_reference"]).strip(),
        number=whole(str(first.get("statement_number") or "")),
        first_day=min((line.booked_on for line in lines), default=last_day),
        last_day=last_day,
        opening_minor=_minor(first["final_opening_balance"]),
        closing_minor=_minor(closing),
        lines=lines,
    )


def _signed(page: mt940.models.Transactions, balance: str) -> int | None:
    found = page.data.get(balance)
    return None if found is None else _minor(found)


def _minor(balance: mt940.models.Balance) -> int:
    """A signed balance. The library gives none without an amount."""
    amount = balance.amount
    assert isinstance(amount, mt940.models.Amount)  # noqa: S101 - the tag makes one, or raises
    return minor_units(amount.amount, str(amount.currency))


def _line(data: dict[str, object], currency: str) -> Line:
    amount = data["amount"]
    assert isinstance(amount, mt940.models.Amount)  # noqa: S101 - the library's own type
    signed = minor_units(amount.amount, currency)
    booked = data.get("entry_date") or data["date"]
    kind, text = str(data.get("id") or "")[1:], str(data.get("transaction_details") or "")
    came_back = signed > 0 and kind == _RETURNED
    told = text.replace("\n", "")
    reason = _REASON.search(told) if came_back else None
    end_to_end = _END_TO_END.search(told)
    return Line(
        reference=given(str(data.get("bank_reference") or "")),
        direction=Direction.IN if signed > 0 else Direction.OUT,
        amount_minor=abs(signed),
        booked_on=_plain(booked),
        is_fee=bool(_FEES.search(kind)),
        end_to_end_id=given(
            end_to_end[1] if end_to_end else str(data.get("customer_reference") or "")
        ),
        text=text,
        came_back=came_back,
        return_reason=reason[1] if reason else None,
    )


def _plain(found: object) -> date:
    """A day without the library's type, so that it compares as any day."""
    assert isinstance(found, date)  # noqa: S101 - the library's days are days
    return date(found.year, found.month, found.day)
