"""What nobody expected in the demonstration: a leaked file turns up later, a provider errs.

Each happens once, however often the demonstration is gone on with.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LATER_FIND = re.compile(r'\[\[evidence\]\]\npath = "evidence/dump-07.txt"\n(?:.+\n)+')
"""The leaked file that turns up when the others have been looked through."""


def hide_one_file(directory: Path) -> None:
    """Take a leaked file out of case.toml, and keep what is to be said of it for later."""
    case = directory / "case.toml"
    text = case.read_text(encoding="utf-8")
    later = _LATER_FIND.search(text)
    assert later is not None  # noqa: S101 - `amends synth` writes it
    found = later[0].replace("2026-11-20T11:30", "2026-11-21T18:40") + "tranche = 2\n"
    (directory / "later-find.toml").write_text(f"\n{found}", encoding="utf-8")
    case.write_text(text.replace(f"{later[0]}\n", ""), encoding="utf-8")


def is_hidden(directory: Path) -> bool:
    """Whether the file has not turned up yet."""
    return _told(directory) not in (directory / "case.toml").read_text(encoding="utf-8")


def find_it(directory: Path, *, before: str) -> None:
    """Write the file into case.toml as a second tranche, *before* what stands at its end."""
    case = directory / "case.toml"
    first, mark, rest = case.read_text(encoding="utf-8").partition(before)
    case.write_text(first + _told(directory) + mark + rest, encoding="utf-8")


def _told(directory: Path) -> str:
    return (directory / "later-find.toml").read_text(encoding="utf-8")


MISSTATED = {"bill_wrong_amount": "amount_differs", "bill_missing": "missing_at_provider"}
"""What goes wrong in the provider's statements, each once, and what reconciliation calls it."""
_SETTLED = """
    SELECT number FROM orders
    WHERE status = 'SUCCESS' AND order_no NOT IN (SELECT order_no FROM due)
    ORDER BY number LIMIT ?
"""


def misstate(directory: Path) -> None:
    """Let the provider state two of its payments wrongly, once: reconciliation has to find both."""
    faults = directory / "faults.toml"
    script = faults.read_text(encoding="utf-8")
    if any(kind in script for kind in MISSTATED):
        return
    with provider_books(directory) as books:
        numbers = [number for (number,) in books.execute(_SETTLED, (len(MISSTATED),))]
    told = (f'\n[{kind}]\nonly = ["{one}"]\n' for kind, one in zip(MISSTATED, numbers, strict=True))
    faults.write_text(script + "".join(told), encoding="utf-8")


@contextmanager
def provider_books(directory: Path) -> Iterator[sqlite3.Connection]:
    """What the provider itself has written down, to be read."""
    state = directory / "amends" / "simulators" / "alipay" / "alipay.sqlite"
    books = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    try:
        yield books
    finally:
        books.close()
