"""Reads a table of claims: CSV in UTF-8, a claim in each row."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amends.claims.model import ClaimError, Fault
from amends.kernel.saying import said

NEEDED = ("kind", "date", "evidence")
COLUMNS = (
    *("person", "product", "account_id", "idno", "name"),
    *("kind", "amount", "hours", "date", "evidence", "evidence_sha256"),
)
"""Columns of a table of claims; those that a file does not have are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file of claims: its rows (cells by column, trimmed), or that a row cannot be read.

    Rows are numbered as a spreadsheet does it: the first line is 1.
    """

    name: str
    sha256: str
    rows: Mapping[int, Mapping[str, str] | Fault]


def read(path: Path) -> Sheet:
    """The rows of a file.

    Raises:
        ClaimError: it is no such table.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
        table = csv.reader(text.splitlines(keepends=True), strict=True)
        lines = [[cell.strip() for cell in line] for line in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ClaimError(
            [said("{file} is not CSV in UTF-8; save it as that", file=path.name)]
        ) from error
    named = [name.lower() for name in lines[0]] if lines else []
    whose = "person" in named or "idno" in named or {"product", "account_id"} <= set(named)
    missing = [name for name in NEEDED if name not in named]
    missing += [] if whose else ["product, account_id"]
    if missing or len(set(named)) < len(named):
        raise ClaimError(
            [
                said(
                    "{file}: its first line has to name, once each, kind, date, evidence, and "
                    "either person, idno, or product and account_id; besides, amount, hours, "
                    "evidence_sha256, name. Missing: {missing}",
                    file=path.name,
                    missing=", ".join(missing) or "-",
                )
            ]
        )
    return Sheet(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        rows={at: _row(named, line) for at, line in enumerate(lines[1:], 2) if any(line)},
    )


def _row(named: Sequence[str], line: Sequence[str]) -> Mapping[str, str] | Fault:
    if len(line) != len(named):
        return Fault.ROW
    return dict.fromkeys(COLUMNS, "") | dict(zip(named, line, strict=True))
