"""Every list of the console pages on the server and leaves as a file, or it stands here why not.

A new list without a file makes a test here fail until somebody has given it one (a function of
``amends.web.listings``, a page ``….csv``, an operation) or has said here why it needs none. The
reasons stand in docs/runbooks/console.md, word by word.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import amends
from amends.access.model import RIGHTS, Right
from amends.web.console.pages import PAGES

CONSOLE = Path(amends.__file__).parent / "web" / "console" / "pages"
MANUAL = Path(__file__).parents[2] / "docs" / "runbooks" / "console.md"

ONE = "what is known of one person, payment, message, table or proposal"
FIGURES = "counts, sums and plans that a page tells"
BEGINNING = "the beginning of a list that has a page of its own"
FIXED = "a few lines: stages, rails, operators, statements of the escrow account"
OPENED = "values and numbers that are opened for a reason, and never in bulk"

WITHOUT_FILE = {
    "approvals._difference": ONE,
    "case._people": FIGURES,
    "case._sources": BEGINNING,
    "evidence._rows": OPENED,
    "evidence.one": ONE,
    "health.show": FIXED,
    "inbox._answers": ONE,
    "money._position": FIGURES,
    "money._sheet": FIGURES,
    "money.funds": FIXED,
    "payment.one": ONE,
    "payment.award": ONE,
    "payouts._plans": FIGURES,
    "payouts._plot": FIGURES,
    "payouts._reasons": FIGURES,
    "people._payments": ONE,
    "review.queue": OPENED,
    "scams._numbers": OPENED,
    "stages.show": FIXED,
    "users.show": FIXED,
    "views.parts": FIXED,
    "work._exceptions": BEGINNING,
    "work._proposals": BEGINNING,
}
"""Tables that leave as no file, by the function that makes them, and why."""

FILES = {page.path: page.right for page in PAGES if page.path.endswith(".csv")}
LISTED_AT = {
    "/letters/runs.csv": "/letters",
    "/letters/untold.csv": "/letters",
    "/reconciliation/statements.csv": "/reconciliation",
    "/reports/decisions.csv": "/reports",
    "/reports/exports.csv": "/reports",
    "/stages/runs.csv": "/stages",
}
"""Pages that show the list of a file, where they are not of the same name."""


def tables() -> Iterator[tuple[str, dict[str, str]]]:
    """Every table of a page: the function that makes it, and what it is given."""
    for path in sorted(CONSOLE.glob("*.py")):
        for made in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(made):
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "Table":
                        given = {one.arg or "": ast.unparse(one.value) for one in node.keywords}
                        yield f"{path.stem}.{made.name}", given


def test_every_list_leaves_as_a_file_or_says_why_not() -> None:
    """Who adds a list gives it a file, or a reason."""
    without = {name for name, given in tables() if "csv" not in given}
    assert without == set(WITHOUT_FILE)


def test_every_list_that_leaves_pages_on_the_server() -> None:
    """Whatever is long enough for a file has a next page."""
    found = [given for _, given in tables() if "csv" in given]
    assert len(found) > 15
    assert [given["caption"] for given in found if "following" not in given] == []


def test_every_file_is_offered_by_its_list_to_who_may() -> None:
    """It asks for the right to export, and nobody has that who may not see the list."""
    offered = " ".join(given["csv"] for _, given in tables() if "csv" in given)
    assert set(FILES) == set(re.findall(r"csv\(desk, '(/[^']*\.csv)'", offered))
    rights = {page.path: page.right for page in PAGES}
    for path, right in FILES.items():
        shown = rights[LISTED_AT.get(path, path.removesuffix(".csv"))]
        assert right is Right.EXPORT
        for role, held in RIGHTS.items():
            assert Right.EXPORT not in held or shown in held, (path, role)


def test_the_manual_names_every_file_and_every_reason() -> None:
    """Who works at the console reads there what leaves, and why the rest does not."""
    text = MANUAL.read_text(encoding="utf-8")
    assert [path for path in FILES if f"`{path}`" not in text] == []
    assert [why for why in sorted(set(WITHOUT_FILE.values())) if why not in text] == []
