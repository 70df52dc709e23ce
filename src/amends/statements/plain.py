"""Reads a plain table of a statement: a CSV with an opening row, movements and a closing row.

For banks that give neither camt.053 nor MT940. Columns and words may be Chinese or English; a file
without its closing row is cut off, which a table with a running balance alone could not tell.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from typing import Final

from amends.kernel.saying import said
from amends.statements.model import Direction, Form, Line, Problem, Statement, StatementError
from amends.statements.values import UnreadableError, day, minor_units, whole

_COLUMNS: Mapping[str, str] = {
    "类型": "kind",
    "日期": "date",
    "金额": "amount",
    "流水号": "reference",
    "摘要": "text",
    "账号": "account",
    "币种": "currency",
    "编号": "number",
}
_KINDS: Mapping[str, str] = {
    "期初余额": "opening",
    "收入": "in",
    "支出": "out",
    "手续费": "fee",
    "期末余额": "closing",
}
_REQUIRED = ("kind", "date", "amount", "account", "currency")
_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?")
_Row = Mapping[str, str]


def looks_like_a_table(text: str) -> bool:
    """Whether the first line names the columns that the table needs."""
    return set(_REQUIRED) <= set(_header(text.split("\n", 1)[0]))


def _header(line: str) -> list[str]:
    names = next(csv.reader([line.strip().lstrip("\ufeff")]), [])
    return [_COLUMNS.get(name.strip(), name.strip().lower()) for name in names]


def read_table(text: str, name: str) -> list[Statement]:
    """The one statement of the file.

    Raises:
        StatementError: it is not whole, or a row cannot be read.
    """
    header, _, rest = text.partition("\n")
    rows = list(_rows(_header(header), rest, name))
    if not rows or rows[0][1]["kind"] != "opening" or rows[-1][1]["kind"] != "closing":
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}: does not begin with the opening balance and end with the closing one; "
                "export the whole period again",
                file=name,
            ),
        )
    row_no, first = rows[0]
    try:
        currency, account = first["currency"], first["account"]
        lines = []
        for row_no, row in rows[1:-1]:  # noqa: B007 - the row is named when it cannot be read
            lines.append(_line(row, first))
        row_no, last = rows[-1]
        return [
            Statement(
                form=Form.CSV,
                account=account,
                currency=currency,
                identifier=f"{first['date']}/{last['date']}",
                number=whole(first.get("number")),
                first_day=day(first["date"]),
                last_day=day(last["date"]),
                opening_minor=_amount(first, first),
                closing_minor=_amount(last, first),
                lines=tuple(lines),
            )
        ]
    except UnreadableError as error:
        raise StatementError(
            Problem.VALUE,
            said(
                "{file}, row {row}: {why}; correct the export and import it again",
                file=name,
                row=row_no,
                why=error.args[0],
            ),
        ) from None


def _rows(header: list[str], text: str, name: str) -> Iterator[tuple[int, _Row]]:
    """Rows that hold something, by column, with their place in the file."""
    try:
        for number, cells in enumerate(csv.reader(text.splitlines(), strict=True), 2):
            if not any(cell.strip() for cell in cells):
                continue
            row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
            yield number, row | {"kind": _KINDS.get(row["kind"], row["kind"].lower())}
    except (csv.Error, ValueError):
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}: a row has fewer or more cells than the header, or a quote is not closed; "
                "export the whole period again",
                file=name,
            ),
        ) from None


def _line(row: _Row, first: _Row) -> Line:
    kind = row["kind"]
    if kind not in ("in", "out", "fee"):
        raise UnreadableError(said("the kind is none of in, out, fee (收入, 支出, 手续费)"))
    amount = _amount(row, first)
    if amount <= 0:
        raise UnreadableError(said("an amount is not above zero; kind says the direction"))
    return Line(
        reference=row.get("reference") or None,
        direction=Direction.IN if kind == "in" else Direction.OUT,
        amount_minor=amount,
        booked_on=day(row["date"]),
        is_fee=kind == "fee",
        text=row.get("text", ""),
    )


def _amount(row: _Row, first: _Row) -> int:
    if (row["currency"] or first["currency"]) != first["currency"]:
        raise UnreadableError(said("the currency is not that of the opening row"))
    if (row["account"] or first["account"]) != first["account"]:
        raise UnreadableError(said("the account is not that of the opening row"))
    if _AMOUNT.fullmatch(row["amount"]) is None:
        raise UnreadableError(
            said("an amount is not written like 10000.50 or 10,000.50 (a comma is no point)")
        )
    return minor_units(row["amount"].replace(",", ""), first["currency"])
