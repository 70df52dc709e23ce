"""The list that goes to a counter, and its reports: tables as spreadsheets open them.

A list has a row for each person and a total; of the document it says the last digits only. A report
has a row for each thing that happened; one that opens and closes with a balance is the statement of
a day too. Columns and words are Chinese or English; UTF-8, or GB 18030 in reports.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails.model import Order, RailUnavailableError

END_DIGITS: Final = 4
"""How many signs of a document's number a counter is given, and tells."""

LIST_HEADER: Final = "编号,姓名,证件尾号,金额,币种,备注\r\n"
_TOTAL: Final = "合计"

_COLUMNS: Mapping[str, str] = {
    "编号": "number",
    "状态": "state",
    "金额": "amount",
    "时间": "at",
    "收据号": "receipt",
    "经办": "by",
    "证件尾号": "identification_end",
}
_REQUIRED: Final = frozenset(_COLUMNS.values())
_HIDDEN: Final = "*" * END_DIGITS
_MOST_SIGNS: Final = 64


class CounterState(StrEnum):
    """What can happen at a counter."""

    OPENING = "opening"
    FUNDED = "funded"
    DEPOSITED = "deposited"
    READY = "ready"
    COLLECTED = "collected"
    UNIDENTIFIED = "unidentified"
    EXPIRED = "expired"
    CLOSING = "closing"


_STATES: Mapping[str, CounterState] = {
    "期初余额": CounterState.OPENING,
    "交存": CounterState.FUNDED,
    "已提存": CounterState.DEPOSITED,
    "可领取": CounterState.READY,
    "已领取": CounterState.COLLECTED,
    "身份不符": CounterState.UNIDENTIFIED,
    "逾期退回": CounterState.EXPIRED,
    "期末余额": CounterState.CLOSING,
} | {str(state): state for state in CounterState}

BALANCES: Final = frozenset((CounterState.OPENING, CounterState.CLOSING))
_WITH_RECEIPT: Final = frozenset(
    (CounterState.FUNDED, CounterState.DEPOSITED, CounterState.COLLECTED)
)
_OF_NOBODY: Final = BALANCES | {CounterState.FUNDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A row of a report. ``identification_end``: what the counter saw; lives in memory only."""

    place: int
    state: CounterState
    number: str
    amount_minor: int
    at: datetime
    receipt: str
    by: str
    identification_end: str = field(repr=False)


def row(order: Order) -> bytes:
    """One person of a list: the same for the same order, for ever."""
    end = order.payee_account[-END_DIGITS:]
    amount = str(order.amount)
    return _line(order.number, order.payee_name, end, amount[4:], amount[:3], order.remark)


def total(count: int, amount: Money) -> bytes:
    """The last row of a list."""
    return _line(_TOTAL, str(count), "", str(amount)[4:], amount.currency, "")


def _line(*cells: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def cells_of(body: bytes) -> list[str]:
    """The cells of one row of a list."""
    return next(csv.reader([body.decode()]))


def is_report(data: bytes) -> bool:
    """Whether a file begins with the columns of a report."""
    return set(_header(_decoded(data).split("\n", 1)[0])) >= _REQUIRED


def read_report(data: bytes, name: str, *, currency: str, zone: str) -> list[Reported]:
    """The rows of a report.

    Raises:
        RailUnavailableError: it is cut off, or a row cannot be read; says which and what to do.
    """
    found = []
    receipts: dict[str, str] = {}
    for place, cells in _rows(data, name):
        try:
            one = _reported(place, cells, currency=currency, zone=zone)
        except ValueError as error:
            raise _unreadable(name, place, error.args[0]) from None
        whose = f"{one.state} {one.number}"
        if one.receipt and receipts.setdefault(one.receipt, whose) != whose:
            raise _unreadable(name, place, said("another row has the number of its receipt"))
        found.append(one)
    opened = [one.state for one in found if one.state in BALANCES]
    whole = [found[0].state, found[-1].state] if len(found) > 1 else []
    ends = [CounterState.OPENING, CounterState.CLOSING]
    if opened and (opened != ends or whole != ends):
        raise RailUnavailableError(
            said(
                "{file}: a report that says a balance begins with the opening one and ends with "
                "the closing one; this one is cut off: fetch it again",
                file=name,
            )
        )
    return found


def redacted(data: bytes) -> bytes:
    """A report without digits of documents. One that has none left stays as it is."""
    lines = list(csv.reader(_decoded(data).splitlines()))
    place = _header_of(lines).index("identification_end")
    held = [cells for cells in lines[1:] if len(cells) > place and cells[place]]
    if all(cells[place] == _HIDDEN for cells in held):
        return data
    for cells in held:
        cells[place] = _HIDDEN
    return b"".join(_line(*cells) for cells in lines)


def _reported(place: int, cells: Mapping[str, str], *, currency: str, zone: str) -> Reported:
    """One row; a ``ValueError`` says what is wrong with it, without its values."""
    state = _STATES.get(cells["state"])
    if state is None:
        raise ValueError(said("its state is none that is known"))
    if bool(cells["number"]) == (state in _OF_NOBODY):
        raise ValueError(said("its number is missing, or one too many"))
    if state in _WITH_RECEIPT and not cells["receipt"]:
        raise ValueError(said("money changed hands without the number of a receipt"))
    if state is CounterState.COLLECTED and not (cells["by"] and cells["identification_end"]):
        raise ValueError(said("it does not say who paid out, and on which document"))
    if max(map(len, cells.values())) > _MOST_SIGNS:
        raise ValueError(said("a cell has more than {most} signs", most=_MOST_SIGNS))
    return Reported(
        place=place,
        state=state,
        number=cells["number"],
        amount_minor=_amount(cells["amount"], currency, state),
        at=_moment(cells["at"], zone),
        receipt=cells["receipt"],
        by=cells["by"],
        identification_end=cells["identification_end"],
    )


def _amount(text: str, currency: str, state: CounterState) -> int:
    try:
        amount = Money.parse(f"{currency} {text}").amount_minor
    except ValueError:
        raise ValueError(said("its amount is not an amount")) from None
    if not amount and state not in BALANCES:
        raise ValueError(said("its amount is not an amount"))
    return amount


def _moment(text: str, zone: str) -> datetime:
    """A time as the counter's clock shows it, or with an offset of its own; in UTC."""
    try:
        found = datetime.fromisoformat(text)
        local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(said("its time is not written like 2026-11-28 09:30:00")) from None


def _rows(data: bytes, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows that hold something, by column, with their place in the file."""
    lines = csv.reader(_decoded(data).splitlines(), strict=True)
    try:
        header = _header_of([next(lines)])
        for place, cells in enumerate(lines, 2):
            if any(cell.strip() for cell in cells):
                if len(cells) != len(header):
                    raise _unreadable(name, place, said("it has not as many cells as the header"))
                yield place, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except csv.Error:
        raise _unreadable(name, lines.line_num, said("it breaks off")) from None


def _header_of(lines: Sequence[Sequence[str]]) -> list[str]:
    return [_name(cell) for cell in lines[0]]


def _header(line: str) -> Iterable[str]:
    return map(_name, next(csv.reader([line.strip()]), []))


def _name(cell: str) -> str:
    plain = cell.strip().lstrip("\ufeff")
    return _COLUMNS.get(plain, plain.lower())


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _unreadable(name: str, place: int, why: str) -> RailUnavailableError:
    return RailUnavailableError(
        said(
            "{file}, row {row}: {why}; ask the counter for a correct report",
            file=name,
            row=place,
            why=why,
        )
    )
