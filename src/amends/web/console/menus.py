"""The menu: which pages an operator may see, and what waits on them."""

from typing import Final

from amends.access.model import Right
from amends.kernel.saying import said
from amends.web.console.desk import Desk

_MENU: Final = (
    (
        said("Work"),
        (
            ("/", said("My work"), Right.HALT),
            ("/approvals", said("Approvals"), Right.AUDIT),
            ("/review", said("Clerical review"), Right.READ_LEAK),
            ("/claims", said("Claims"), Right.SEE),
        ),
    ),
    (
        said("Case"),
        (
            ("/case", said("The case"), Right.SEE),
            ("/runs", said("Determinations"), Right.SEE),
            ("/tariff", said("Tariff and simulation"), Right.SEE),
            ("/funding", said("Funding"), Right.SEE),
        ),
    ),
    (
        said("Payment"),
        (
            ("/payouts", said("Payouts"), Right.SEE),
            ("/payments", said("All payments"), Right.SEE),
            ("/reconciliation", said("Reconciliation"), Right.SEE),
            ("/people", said("People and payees"), Right.SEE),
            ("/letters", said("Letters and notices"), Right.SEE),
        ),
    ),
    (
        said("Evidence"),
        (
            ("/audit", said("Audit trail"), Right.AUDIT),
            ("/reports", said("Reports and exports"), Right.SEE),
        ),
    ),
    (
        said("System"),
        (
            ("/users", said("Users and roles"), Right.HALT),
            ("/health", said("System health"), Right.HALT),
        ),
    ),
)


def paths() -> list[str]:
    """Every page that the menu leads to."""
    return [path for _, pages in _MENU for path, _, _ in pages]


def menu(desk: Desk) -> list[dict[str, object]]:
    """Groups with their pages; the longest path that fits is the current one."""
    fits = [one for one in paths() if one != "/" and desk.path.startswith(one)]
    current = max(fits, key=len, default="/" if desk.path == "/" else "")
    groups: list[dict[str, object]] = []
    for title, pages in _MENU:
        shown = [
            {"path": path, "title": desk.say(words), "current": path == current, "count": ""}
            for path, words, right in pages
            if desk.may(right)
        ]
        if shown:
            groups.append({"title": desk.say(title), "pages": shown})
    return groups
