"""Reads a list of corrections: CSV with award, amount, reason, because."""

import csv
import re
from pathlib import Path

from amends.awards.correcting import CorrectionError, Reason, Wanted
from amends.kernel.money import Money
from amends.kernel.saying import Said, said

COLUMNS = ("award", "amount", "reason", "because")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


def wanted_of(path: Path) -> list[Wanted]:
    """The corrections that a file asks for.

    Raises:
        CorrectionError: naming the file and every row that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorrectionError(
            [said("{file} is not UTF-8; save it as CSV in UTF-8", file=path.name)]
        ) from error
    rows = csv.DictReader(text.splitlines(keepends=True))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise CorrectionError(
            [
                said(
                    "{file} has no column {missing}; its first line names award, amount, reason, "
                    "because",
                    file=path.name,
                    missing=", ".join(missing),
                )
            ]
        )
    found: list[Wanted] = []
    wrong: list[str] = []
    for row in rows:
        where = f"{path.name}:{rows.line_num}"
        one = _wanted(row, where)
        if isinstance(one, Wanted):
            found.append(one)
        else:
            wrong.append(said("{where}: {what}", where=where, what=one))
    if wrong:
        raise CorrectionError(wrong)
    return found


def _wanted(row: dict[str, str | None], where: str) -> Wanted | Said:
    """One row, or what is wrong with it. No value of it is repeated but an amount's form."""
    award, amount, reason, because = ((row[name] or "").strip() for name in COLUMNS)
    if not _NUMBER.fullmatch(award):
        return said("award is not the number of an award")
    try:
        money = Money.parse(amount)
    except ValueError:
        return said(
            'amount is not written like "CNY 5000.00", without a sign and with no part of a fen'
        )
    if reason not in set(Reason):
        return said("reason is not one of {known}", known=", ".join(str(one) for one in Reason))
    return Wanted(
        award_index=int(award),
        amount=money,
        reason=Reason(reason),
        because=because,
        where=where,
    )
