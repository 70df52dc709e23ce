"""Claims for tests: a case whose tariff pays for loss and time, and tables of claims."""

from collections.abc import Mapping
from pathlib import Path

from amends.claims.model import Taken
from amends.claims.taking import take_in
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE

CASE = MINIMAL_CASE.replace(
    'preset = "flat"\namount = "CNY 5000.00"', 'preset = "base-loss-time"'
).replace('per_person = "CNY 5000.00"\n', "")
"""The base is CNY 887.50; loss to CNY 142,000 and 20 hours at CNY 177.50 come on top."""

BASE = 88_750
HOUR = 17_750
DAY = "2026-11-20"

COLUMNS = (
    *("person", "product", "account_id", "idno", "name", "kind", "amount", "hours", "date"),
    *("evidence", "evidence_sha256"),
)


def digest(number: int) -> str:
    """The digest of a made-up document."""
    return f"{number:064x}"


def loss(number: int, amount: str, **cells: str) -> dict[str, str]:
    """A loss, proved by document *number*."""
    proof = {"evidence": "accepted", "evidence_sha256": digest(number)}
    return {"kind": "loss", "amount": amount, "date": DAY, **proof, **cells}


def time(hours: str, **cells: str) -> dict[str, str]:
    """Hours spent, stated by the person."""
    return {"kind": "time", "hours": hours, "date": DAY, "evidence": "accepted", **cells}


def table(path: Path, *rows: Mapping[str, str]) -> Path:
    """Write a table of claims."""
    lines = [",".join(COLUMNS)]
    lines += [",".join(row.get(name, "") for name in COLUMNS) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def taken(opened: OpenCase, *rows: Mapping[str, str], name: str = "claims.csv") -> Taken:
    """Take rows in."""
    return take_in(opened, table(opened.case.root / name, *rows))


def faults(found: Taken) -> dict[int, str]:
    """Why rows are set aside, by number (the first is 2)."""
    return {row: fault.value for row, fault in found.set_aside.items()}
