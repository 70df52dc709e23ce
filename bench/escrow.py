"""The escrow account of the demonstration: what was put in for people, and what the rail got of it.

Each happens once, however often the demonstration is gone on with. The bank's statements are made
here.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

from amends.awards import promised
from amends.funding import rules
from amends.funding import service as funding
from amends.kernel.money import Money
from amends.vault.opened import open_case

ACCOUNT = "622200000000000000"  # of no bank
_PAID_IN_ON, _LET_OUT_ON = "2026-11-20", "2026-11-21"
_DECLARED, _RAIL = "\n[funding]\n", '\nfaults = "faults.toml"\n'
_COLUMNS = "kind,date,amount,reference,account,currency"
_NOTHING, _FEE = Money.parse("CNY 0.00"), Money.parse("CNY 50.00")


def open_account(directory: Path) -> None:
    """Have case.toml name the account whose statements prove the money."""
    _say_in_case(directory, after=_DECLARED, line=f'account = "{ACCOUNT}"\n')


def pay_in(directory: Path, amends: Callable[..., str]) -> None:
    """Have the bank state what the company paid in: as much as it declared."""
    if not _statement(directory, _PAID_IN_ON).exists():
        rows = [("in", paid_in(directory), "A20261120-7")]
        _state(directory, amends, _PAID_IN_ON, _NOTHING, rows)


def let_out(directory: Path, amends: Callable[..., str], approvals: list[str]) -> None:
    """Let the rail have what is set aside for people; the bank states it, and what it charged."""
    if _statement(directory, _LET_OUT_ON).exists():
        return
    with open_case(directory) as opened:
        aside = funding.releasable(promised.funds(opened))
        reference = rules.release_reference(opened.case.file.id, 1)
    amends("funding", "release", str(directory), str(aside), *approvals)
    _say_in_case(directory, after=_RAIL, line=f'holds = "{aside}"\n')
    rows = [("out", aside, reference), ("fee", _FEE, "A20261121-8")]
    _state(directory, amends, _LET_OUT_ON, paid_in(directory), rows)


def paid_in(directory: Path) -> Money:
    """What the company put in."""
    case = tomllib.loads((directory / "case.toml").read_text(encoding="utf-8"))
    return Money.parse(case["funding"]["amount"])


def _say_in_case(directory: Path, *, after: str, line: str) -> None:
    case = directory / "case.toml"
    text = case.read_text(encoding="utf-8")
    case.write_text(text.replace(after, f"{after}{line}", 1), encoding="utf-8")


def _statement(directory: Path, day: str) -> Path:
    return directory / "funding" / f"escrow-{day}.csv"


def _state(
    directory: Path,
    amends: Callable[..., str],
    day: str,
    opening: Money,
    rows: list[tuple[str, Money, str]],
) -> None:
    """Write the statement of a day, and take it into custody."""
    closing = opening
    for kind, amount, _ in rows:
        closing = closing + amount if kind == "in" else closing - amount
    lines = [
        _COLUMNS,
        f"opening,{day},{_plain(opening)},,{ACCOUNT},CNY",
        *(f"{kind},{day},{_plain(amount)},{reference},," for kind, amount, reference in rows),
        f"closing,{day},{_plain(closing)},,,",
    ]
    path = _statement(directory, day)
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    amends("funding", "import", str(directory), str(path))


def _plain(amount: Money) -> str:
    return str(amount).removeprefix("CNY ")
