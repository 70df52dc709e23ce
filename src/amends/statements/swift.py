"""Reads MT940 (SWIFT Customer Statement Message) with the mt-940 library.

The library takes what it understands; what makes a statement whole is checked here: an opening and
a closing balance, pages that go on where the one before ended, and a line for every ``:61:``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Any, Final, NamedTuple

import mt940

from amends.kernel.saying import said
from amends.statements.lines import Lines, MakeAside, lines_of
from amends.statements.model import Direction, Form, Line, Problem, StatementError
from amends.statements.values import UnreadableError, given, minor_units, whole
from amends.statements.walked import Walked

_OPTIONS = mt940.Options(
    merge_keeps_values=True, reversal_sign=True, case_insensitive_marks=True, unbounded_details=True
)
_STATEMENT = re.compile(r"^:20:", re.MULTILINE)
_LINE = re.compile(r"^:61:", re.MULTILINE)
_END = re.compile(r"^-\}?\s*$", re.MULTILINE)
_FEES = re.compile("CHG|COM|FEE")
_RETURNED = "RTI"
"""Returned item: SWIFT's transaction type of field 61."""
_REASON = re.compile(r"/RTRN/([0-9A-Z]{4})/")
_END_TO_END = re.compile(r"(?:/EREF/|EREF\+)([0-9A-Za-z-]{1,35})")
"""In field 86, where a whole EndToEndId fits; the reference of field 61 has 16 characters."""
_AT_ONCE: Final = 2_000
"""Movements that the library reads together."""
_ENDS = {True: "final_closing_balance", False: "intermediate_closing_balance"}


def looks_like_mt940(text: str) -> bool:
    """Whether a text has the tags that every MT940 begins with."""
    return bool(_STATEMENT.search(text)) and ":25" in text


def read_mt940(text: str, name: str, aside: MakeAside | None = None) -> list[Walked]:
    """Every statement of the file; pages of one are put together. Lines lie *aside*, if given.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "{1:" in text and text.count("{4:") != len(re.findall(r"^-\}", text, re.MULTILINE)):
        raise _truncated(name)
    starts = [*(found.start() for found in _STATEMENT.finditer(text)), len(text)]
    pages = [
        _page(_Block(text, start, end), name, number, aside)
        for number, (start, end) in enumerate(pairwise(starts), 1)
    ]
    statements = []
    for group in _whole(pages, name):
        try:
            statements.append(_statement(group))
        except (UnreadableError, KeyError) as error:
            raise _unreadable(name, len(statements) + 1, error) from None
    return statements


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One block of tags: what it says once, and its movements."""

    data: dict[str, Any]
    lines: Lines


class _Block(NamedTuple):
    """Part of a text, which is not copied."""

    text: str
    start: int
    end: int


def _page(block: _Block, name: str, number: int, aside: MakeAside | None) -> _Page:
    """One block of tags, each line of it read, some at a time: the library takes much memory."""
    ends = _END.search(*block)
    if ends is not None:
        block = block._replace(end=ends.start())
    data: dict[str, Any] = {}

    def lines() -> Iterator[Line]:
        for piece in _pieces(block):
            page = _parsed(piece, name, number)
            data.update(page.data)
            if _opening(data) is None:
                raise _truncated(name)
            currency = str(_opening(data).amount.currency)
            for line in page:
                if "amount" in line.data:
                    yield _line(line.data, currency)

    try:
        return _Page(lines=lines_of(lines(), aside), data=data)
    except (UnreadableError, KeyError) as error:
        raise _unreadable(name, number, error) from None


def _pieces(block: _Block) -> Iterator[str]:
    """A block; a long one in pieces, each after what stands above its movements."""
    text, begin, end = block
    starts = [found.start() for found in islice(_LINE.finditer(*block), 0, None, _AT_ONCE)]
    head = text[begin : starts[0] if starts else end]
    if not starts:
        yield head
    for start, following in pairwise([*starts, end]):
        yield head + text[start:following]


def _opening(data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the library's own type
    return data.get("final_opening_balance") or data.get("intermediate_opening_balance")


def _parsed(block: str, name: str, number: int) -> mt940.models.Transactions:
    """What the library makes of a block, with nothing left out."""
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


def _whole(pages: Sequence[_Page], name: str) -> Iterator[list[_Page]]:
    """Pages by statement: the first opens it (60F), the last closes it (62F)."""
    group: list[_Page] = []
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


def _unreadable(name: str, number: int, error: UnreadableError | KeyError) -> StatementError:
    why = (
        error.args[0]
        if isinstance(error, UnreadableError)
        else said("a tag that every statement has is missing")
    )
    return StatementError(
        Problem.VALUE,
        said(
            "{file}, statement {number}: {why}; ask the bank for a correct file",
            file=name,
            number=number,
            why=why,
        ),
    )


def _statement(pages: Sequence[_Page]) -> Walked:
    first, last = pages[0].data, pages[-1].data
    closing = last["final_closing_balance"]
    currency = str(closing.amount.currency)
    if any(str(_opening(page.data).amount.currency) != currency for page in pages):
        raise UnreadableError(said("opening and closing balance are in two currencies"))
    lines = pages[0].lines if len(pages) == 1 else Lines()
    for page in pages if len(pages) > 1 else ():
        for batch in page.lines.batches():
            lines.add(batch)
    opening, last_day = first["final_opening_balance"], _plain(closing.date)
    return Walked(
        form=Form.MT940,
        account=str(first["account_identification"]).strip(),
        currency=currency,
        identifier=str(first["transaction_reference"]).strip(),
        number=whole(str(first.get("statement_number") or "")),
        first_day=_first_day(_plain(opening.date), last_day),
        last_day=last_day,
        opening_minor=_minor(opening),
        closing_minor=_minor(closing),
        lines=lines,
    )


def _first_day(opened: date, last_day: date) -> date:
    """The day after ``:60F:``, which repeats the closing balance before with its day (SWIFT).

    Some banks write the day of the statement there.
    """
    return min(opened + timedelta(days=1), last_day)


def _signed(page: _Page, balance: str) -> int | None:
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
