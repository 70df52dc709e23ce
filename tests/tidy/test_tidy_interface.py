"""What the console can do, its interface for programs can do: action by action, page by page.

A new action or page of the console makes a test here fail until somebody has said here by which
operation a program does the same, or why only somebody at a browser can do it.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

import amends
from amends.access.model import Right
from amends.web.api import described
from amends.web.api.operations import RIGHT
from amends.web.api.routes import OPERATIONS
from amends.web.console.pages import ACTIONS, PAGES

CONSOLE = Path(amends.__file__).parent / "web" / "console"

DONE_BY = {
    "/approvals/{digest:str}": (
        "POST /proposals/{digest:str}/approvals",
        "POST /proposals/{digest:str}/challenges",
        "POST /proposals/{digest:str}/refusals",
    ),
    "/audit/verify": ("POST /audit/verifications",),
    "/claims": ("POST /claims/decisions",),
    "/evidence/custody": ("POST /evidence/custody-reports",),
    "/funding/releases": ("POST /funding/releases",),
    "/inbox/{number:int}": ("POST /inbox/{number:int}/openings",),
    "/inbox/{number:int}/answer": ("POST /inbox/{number:int}/answers",),
    "/inbox/{number:int}/files/{file:str}": ("POST /inbox/files/{file:str}",),
    "/payments/{number:str}/message": ("POST /payments/{number:str}/messages",),
    "/payments/{number:str}/receipt": ("POST /payments/{number:str}/receipts",),
    "/payouts/halt": ("POST /payouts/halt",),
    "/payouts/resume": ("POST /payouts/resume",),
    "/people/{person:str}/reveal": ("POST /people/{person:str}/reveals",),
    "/reconciliation/exception/explain": ("POST /exceptions/explanations",),
    "/reconciliation/exception/take": ("POST /exceptions/taken",),
    "/reports/authorities": ("POST /reports",),
    "/reports/decisions": ("POST /decisions",),
    "/review/next": ("POST /review/openings",),
    "/review/{item:str}": ("POST /review/{item:str}/answers",),
    "/scams": ("POST /scams/openings",),
    "/scams/number": ("POST /scams/look-ups",),
    "/scams/police": ("POST /scams/files", "POST /scams/handed-over"),
    "/stages/{stage:str}": (
        "POST /stages/{stage:str}/runs",
        "POST /stages/{stage:str}/challenges",
    ),
    "/stages/{stage:str}/withdrawn": ("POST /stages/runs/{run:int}/withdrawal",),
    "/users": ("POST /users",),
    "/users/{name:str}/invite": ("POST /users/{name:str}/invitations",),
    "/users/{name:str}/lock-out": ("POST /users/{name:str}/lock-out",),
    "/users/{name:str}/roles": ("POST /users/{name:str}/roles",),
    "/views": ("POST /views",),
    "/views/removed": ("POST /views/removals",),
}
"""By which operations a program does what a form of the console does, for the same right."""

BROWSER_ALONE = {
    "/sign-in": "a program carries a token and signs in nowhere",
    "/sign-in/development": "for who tries the console out, at a browser",
    "/sign-in/options": "the first half of a sign-in with a passkey",
    "/sign-out": "ends a browser's session; `lock-out` ends every one",
    "/enrol/begin": "an authenticator that a person holds is enrolled",
    "/enrol": "an authenticator that a person holds is enrolled",
    "/language": "a browser keeps it; a program names it with each call (Accept-Language)",
}
"""What only somebody at a browser does, and why."""

TOLD_BY = {
    "/": (
        *("GET /me", "GET /proposals", "GET /exceptions", "GET /claims", "GET /inbox"),
        *("GET /payouts", "GET /funding", "GET /views", "GET /review"),
    ),
    "/find": ("GET /payments/{number:str}", "GET /awards/{award:int}/payments"),
    "/case": ("GET /case", "GET /decisions", "GET /evidence"),
    "/stages": ("GET /stages", "GET /stages/runs"),
    "/stages/runs.csv": ("POST /stages/runs/files",),
    "/stages/{stage:str}": ("GET /stages", "GET /stages/runs"),
    "/runs": ("GET /runs",),
    "/runs.csv": ("POST /runs/files",),
    "/runs/difference": ("GET /runs/difference", "POST /runs/differences"),
    "/runs/difference.csv": ("POST /runs/difference/files",),
    "/runs/{number:int}": ("GET /runs/{number:int}",),
    "/evidence": ("GET /evidence",),
    "/evidence.csv": ("POST /evidence/files",),
    "/evidence/{number:int}": (
        "GET /evidence/{number:int}",
        "POST /evidence/{number:int}/looks",
    ),
    "/review": ("GET /review",),
    "/review/{item:str}": ("POST /review/{item:str}/openings",),
    "/tariff": ("GET /tariff",),
    "/funding": ("GET /funding",),
    "/approvals": ("GET /proposals",),
    "/approvals.csv": ("POST /proposals/files",),
    "/approvals/{digest:str}": ("GET /proposals/{digest:str}",),
    "/payouts": ("GET /payouts",),
    "/payments": ("GET /payments",),
    "/payments.csv": ("POST /payments/files",),
    "/payments/{number:str}": ("GET /payments/{number:str}/story",),
    "/awards/{award:int}": ("GET /awards/{award:int}/payments",),
    "/reconciliation": ("GET /exceptions", "GET /statements"),
    "/reconciliation.csv": ("POST /exceptions/files",),
    "/reconciliation/statements.csv": ("POST /statements/files",),
    "/reconciliation/exception": ("GET /exceptions",),
    "/letters": ("GET /notices", "GET /awards/{award:int}/notice", "GET /print-runs"),
    "/letters/runs.csv": ("POST /print-runs/files",),
    "/letters/untold.csv": ("POST /notices/files",),
    "/claims": ("GET /claims",),
    "/claims.csv": ("POST /claims/files",),
    "/inbox": ("GET /inbox",),
    "/inbox.csv": ("POST /inbox/files",),
    "/inbox/{number:int}": ("GET /inbox/{number:int}",),
    "/scams": ("GET /scams",),
    "/scams.csv": ("POST /scams/marks/files",),
    "/people": ("GET /people",),
    "/people.csv": ("POST /people/files",),
    "/people/{person:str}": ("GET /people/{person:str}",),
    "/audit": ("GET /audit",),
    "/audit.csv": ("POST /audit/files",),
    "/reports": ("GET /decisions", "GET /exports", "GET /tax"),
    "/reports/decisions.csv": ("POST /decisions/files",),
    "/reports/exports.csv": ("POST /exports/files",),
    "/users": ("GET /users",),
    "/users/{name:str}": ("GET /users",),
    "/health": ("GET /health",),
}
"""By which operations a program is told what a page of the console tells."""

OTHER_RIGHTS = {
    "/": "shows of each queue what the operator's roles let them see",
    "/users/{name:str}": "shows roles as the list does, and forms that want the right",
}
"""Pages that want another right than the operations behind them, and why."""


def test_no_two_bodies_have_one_name() -> None:
    """The description finds them by name."""
    names = Counter(one.__name__ for one in described._structs(Struct))
    assert [name for name, times in names.items() if times > 1] == []


@cache
def operations() -> dict[str, Right]:
    """The interface's operations and the right that each asks for."""
    return {f"{verb} {path}": one.opt[RIGHT] for one in OPERATIONS for verb, path in routes(one)}


def routes(handler: HTTPRouteHandler) -> list[tuple[str, str]]:
    """Method and path, as Litestar writes it."""
    return [(verb, path) for verb in handler.http_methods for path in handler.paths]


def test_programs_do_what_the_console_does() -> None:
    """Each action has its operations, which ask for the right that the action asks for."""
    assert sorted(one.path for one in ACTIONS) == sorted(DONE_BY)
    for action in ACTIONS:
        for name in DONE_BY[action.path]:
            assert operations().get(name) == action.right, (action.path, name)


def test_programs_are_told_what_the_console_tells() -> None:
    """So has each page; where it wants another right than its operations, somebody has said why."""
    assert sorted(one.path for one in PAGES) == sorted(TOLD_BY)
    for page in PAGES:
        found = {operations().get(name) for name in TOLD_BY[page.path]}
        assert None not in found, page.path
        assert (found == {page.right}) != (page.path in OTHER_RIGHTS), (page.path, found)


def test_what_is_posted_beside_actions_is_for_browsers_alone() -> None:
    """Sign-in, enrolment, the language that a browser keeps; nothing further, nothing forgotten."""
    found = {
        path
        for file in CONSOLE.glob("*.py")
        for path in re.findall(r'@post\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))
    }
    assert found == set(BROWSER_ALONE)


def test_every_operation_is_held_against_the_console() -> None:
    """What a program can do is an action or a page of the console, too."""
    named = {name for several in (*DONE_BY.values(), *TOLD_BY.values()) for name in several}
    assert set(operations()) == named
