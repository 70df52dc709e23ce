"""The menu: which pages an operator may see, and what waits on them."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Final

from amends.access.model import Right
from amends.kernel.saying import said
from amends.web import saying
from amends.web.console.desk import Desk
from amends.web.saying import PageLanguage

_CURRENT: Final = ' aria-current="page"'

_MENU: Final = (
    (
        said("Work"),
        (
            ("/", said("My work"), Right.HALT),
            ("/approvals", said("Approvals"), Right.AUDIT),
            ("/review", said("Clerical review"), Right.READ_LEAK),
            ("/claims", said("Claims"), Right.SEE),
            ("/inbox", said("Inbox"), Right.SEE),
            ("/scams", said("Reported numbers"), Right.SEE),
        ),
    ),
    (
        said("Case"),
        (
            ("/case", said("The case"), Right.SEE),
            ("/stages", said("Stages"), Right.SEE),
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
            ("/evidence", said("Evidence in custody"), Right.SEE),
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


@lru_cache(8)
def names(language: PageLanguage) -> Mapping[str, str]:
    """What each page is called."""
    return {
        path: saying.sentence(words, language) for _, pages in _MENU for path, words, _ in pages
    }


def menu(desk: Desk) -> str:
    """Groups with their pages, as markup; the longest path that fits is the current one."""
    return _menu(desk.language, desk.session.rights, _current(desk.path))


@lru_cache(4096)
def _current(path: str) -> str:
    fits = [one for one in paths() if one != "/" and path.startswith(one)]
    return max(fits, key=len, default="/" if path == "/" else "")


@lru_cache(1024)
def _menu(language: PageLanguage, rights: frozenset[Right], current: str) -> str:
    """The same for everybody of these rights."""
    groups = []
    for title, pages in _MENU:
        items = "".join(
            f'<li><a href="{path}"{_CURRENT if path == current else ""}>'
            f"{escape(saying.sentence(words, language))}</a></li>"
            for path, words, right in pages
            if right in rights
        )
        if items:
            name = escape(saying.sentence(title, language))
            groups.append(f"<h2>{name}</h2><ul>{items}</ul>")
    return "".join(groups)
