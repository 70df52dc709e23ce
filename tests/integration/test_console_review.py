"""Clerical review in a real browser, by the keys alone."""

import time
from collections.abc import Callable
from importlib.resources import files as shipped
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from amends.access import service as access
from amends.access.model import Role
from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.linkage.determine import determine
from amends.linkage.review import service as review
from amends.store.service import URL_VARIABLE
from amends.vault.opened import open_case
from amends.web.serving import Ports, serving
from chromium import Chromium, chromium
from made_cases import Original, Prepare, SharedServer, write_case
from made_doubts import CASE, READERS, files

_BARRIERS = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
    "one => one.id + ' ' + one.nodes[0].html.slice(0, 150)))"
)


def _with_readers(root: Path) -> None:
    """The case of doubts, determined once, with three readers."""
    write_case(root, CASE.replace("UNDECIDED", ""), files())
    with open_case(root) as opened:
        add_operator(opened, "root")
        access.set_roles(opened, "root", [Role.ADMINISTRATOR])
        for reader in READERS:
            add_operator(opened, reader)
            access.set_roles(opened, reader, [Role.READER])
        intake(opened)
        determine(opened)


def test_a_reader_answers_by_keyboard(
    original: Callable[[Prepare], Original], server: SharedServer, tmp_path: Path
) -> None:
    """`b` begins, `1`, `2` and `3` answer and go on; both sides and the weights have no barrier."""
    prepared = original(_with_readers)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(
            URL_VARIABLE, make_conninfo(server.owner_conninfo, dbname=prepared.database)
        )
        with (
            open_case(prepared.root) as opened,
            serving(prepared.root, Ports()) as served,
            chromium(tmp_path) as page,
        ):
            token = access.token_for(opened, READERS[0]).token
            for name, value in (("__Host-amends", token), ("__Host-language", "en")):
                page.call(
                    "Network.setCookie",
                    name=name,
                    value=value,
                    url=served.console,
                    path="/",
                    secure=True,
                )
            waiting = len(review.listed(opened))
            page.look(width=1366)
            page.open(f"{served.console}/review")
            seen = [_press(page, "b")]
            _look(page)
            seen += [_press(page, key) for key in "123"]
            assert len(set(seen)) == 4
            assert all(path.startswith("/review/") for path in seen)
            assert page.complaints() == []
            assert review.report(opened).answers >= 3
            assert len(review.listed(opened)) <= waiting


def _press(page: Chromium, key: str) -> str:
    """Press a key, wait for the page that it leads to; its path."""
    before = page.run("window.before = location.pathname")
    page.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
    deadline = time.monotonic() + 60
    gone = "!window.before && document.readyState === 'complete'"
    while not page.run(gone):
        assert time.monotonic() < deadline, (key, before)
        time.sleep(0.05)
    return str(page.run("location.pathname"))


def _look(page: Chromium) -> None:
    """No barrier on the item, wide and narrow."""
    (found,) = Path(str(shipped("axe_playwright_python"))).rglob("axe.min.js")
    page.run(found.read_text(encoding="utf-8") + ";0")
    assert page.run("document.querySelectorAll('.pair table').length") > 0
    for width in (1366, 768):
        page.look(width=width)
        assert page.run(_BARRIERS) == [], width
