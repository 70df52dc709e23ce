"""The console as `amends serve` runs it: two processes, over HTTP and in a real browser."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from socket import create_connection
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from amends.access import paging
from amends.access import service as access
from amends.access.model import Right, Role
from amends.governance import decisions, shown
from amends.governance import service as governance
from amends.kernel.errors import WaitingForApprovalError
from amends.linkage.review import service as review
from amends.payees import shown as payees
from amends.payees.model import Situation
from amends.payouts.sending import switch
from amends.stages import service as stages
from amends.store.service import StageBusyError
from amends.web import keyset, people
from amends.web.console.menus import paths
from amends.web.console.pages import ACTIONS, PAGES
from amends.web.serving import Ports, serving
from chromium import Chromium, chromium
from made_cases import Original, Prepare, SharedServer
from made_console import ROLES, Visitor
from planted import PEOPLE as PLANTED
from served_console import Stand, filled, served_case


@pytest.fixture(scope="module")
def stand(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Stand]:
    """A case of thirty people, served; every operator has enrolled a code and is signed in."""
    with served_case(original(filled), server) as found:
        yield found


def test_both_processes_answer(stand: Stand) -> None:
    """Each says that it is well; the public one has no page of the console."""
    for origin in (stand.served.public, stand.served.console):
        assert Visitor(origin).get("/healthz").text == "ok\n"
    assert Visitor(stand.served.public).get("/payments").status == 404
    with ExitStack() as lines:  # that say nothing: nobody waits for them
        for origin in (stand.served.public, stand.served.console):
            address = "localhost", int(origin.rpartition(":")[2])
            for _ in range(400):
                lines.enter_context(create_connection(address, timeout=5))
            link = HTTPConnection(*address, timeout=5)
            lines.callback(link.close)
            link.request("GET", "/healthz")
            assert link.getresponse().status == 200


def test_cookies_are_bound_to_the_host_and_pages_to_a_session(stand: Stand) -> None:
    """`__Host-`, secure, not for scripts or other sites; without it there is only the sign-in."""
    visitor = Visitor(stand.site.origin)
    entered = visitor.sign_in("axel", stand.phones["axel"])
    (cookie,) = entered.cookies
    for word in ("__Host-amends=", "HttpOnly", "Path=/", "Secure", "SameSite=strict"):
        assert word in cookie
    assert "Domain" not in cookie
    stranger = Visitor(stand.site.origin)
    away = stranger.get("/payments?state=settled")
    assert away.status == 303
    assert away.headers["location"] == "/sign-in?then=%2Fpayments%3Fstate%3Dsettled"
    page = visitor.get("/")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert visitor.post("/sign-out", {"form_token": page.form_token}).status == 303
    assert visitor.get("/").status == 303
    outside = stranger.post("/sign-in", {"name": "axel", "then": "https://evil.example/"})
    assert outside.status == 403


def test_posts_of_others_are_refused(stand: Stand) -> None:
    """A post needs our own page: its token, its origin, its name of the host."""
    carla = stand.visitor("carla")
    form = {"what": "x", "reason": "because", "form_token": carla.get("/reports").form_token}
    assert carla.post("/reports/decisions", form, origin="https://evil.example").status == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert carla.post("/reports/decisions", form, **cross).status == 403
    assert carla.post("/reports/decisions", {**form, "form_token": "0" * 64}).status == 403
    assert carla.get("/", host="evil.example").status == 403
    assert carla.post("/reports/decisions", form).status == 303


def _path(template: str, stand: Stand) -> str:
    """A page's address with something of the case in its places."""
    numbers = {"/inbox/": str(stand.newest_message), "/evidence/": "1", "/runs/": "1"}
    values = {
        "number:int": next((one for path, one in numbers.items() if path in template), ""),
        "number:str": "N00000003",
        "award:int": "4",
        "person:str": _person(stand),
        "digest:str": _waiting(stand),
        "item:str": review.listed(stand.opened)[0].item_id,
        "name:str": "carla",
        "stage:str": "pay",
    }
    query = "?from=1&to=2" if template == "/runs/difference" else ""
    return re.sub(r"\{([^}]+)\}", lambda found: values[found[1]], template) + query


def _waiting(stand: Stand) -> str:
    """The digest of the proposal that payments go on."""
    found = shown.proposals(stand.opened)
    return next(one.proposal.digest for one in found if one.proposal.kind == "resume")


def _person(stand: Stand) -> str:
    carla = stand.visitor("carla")
    found = re.search(r"/people/([0-9a-z]{26})", carla.get("/payments/N00000003").text)
    assert found
    return found[1]


def test_every_page_opens_for_its_right_alone(stand: Stand) -> None:
    """Whoever may sees it, whoever may not gets a page that says so; nothing breaks."""
    rights = {
        name: access.session(stand.opened, token).rights for name, token in stand.tokens.items()
    }
    for page in PAGES:
        path = _path(page.path, stand)
        for name in ROLES:
            got = stand.visitor(name, "zh").get(path)
            if page.right not in rights[name]:
                assert got.status == 403, (path, name, got.status)
            else:
                assert got.status in {200, 303, 404, 422}, (path, name, got.status)
                assert "defect of Amends" not in got.text
                assert not any(person.phone in got.text for person in PLANTED), path
    assert set(paths()) <= {page.path for page in PAGES}
    assert all(action.right in set(Right) for action in ACTIONS)
    assert stand.visitor("carla").get("/nowhere").status == 404


def test_bad_words_in_addresses_break_nothing(stand: Stand) -> None:
    """Filters, cursors and names that make no sense give a page, not a defect."""
    carla = stand.visitor("carla")
    for word in ("%00", "'%20OR%201=1--", "%3Cscript%3E", "9" * 40, "-1", "..%2F..%2Fetc", "NaN"):
        for page in (
            f"/payments?state={word}&rail={word}&reason={word}&after={word}",
            f"/payments?after={word}.{word}",
            f"/reconciliation?kind={word}&after={word}~{word}",
            f"/audit?action={word}&before={word}&text={word}",
            f"/runs/difference?from={word}&to={word}",
            f"/tariff?with={word}",
            f"/letters?award={word}",
            f"/people/{word}",
            f"/people?state={word}&after={word}",
            f"/payments/{word}",
            f"/approvals/{word}",
            f"/find?q={word}",
        ):
            got = carla.get(page)
            assert got.status in {200, 303, 404, 422}, (page, got.status, got.text[:300])
            assert "<script>" not in got.text


def test_who_proposes_never_approves_and_nothing_without_a_second_factor(stand: Stand) -> None:
    """Four eyes over HTTP: roles, maker, wrong code, right codes; the switch goes on afterwards."""
    digest = _waiting(stand)
    page = f"/approvals/{digest}"
    carla, anna, ben = (stand.visitor(name) for name in ("carla", "anna", "ben"))
    assert carla.act("/reports", page, {"do": "approve", "proof": "123456"}).status == 403
    assert "exact difference" in anna.get(page).text
    wrong = anna.act(page, page, {"do": "approve", "proof": "000000", "reason": "kept words"})
    assert wrong.status == 403
    assert "kept words" in wrong.text
    assert governance.approvers(stand.opened, digest) == ()
    for visitor, name in ((anna, "anna"), (ben, "ben")):
        code = stand.phones[name].code()
        assert visitor.act(page, page, {"do": "approve", "proof": code}).status == 303
    assert governance.approvers(stand.opened, digest) == ("anna", "ben")
    assert {name for name, _, _ in access.step_ups(stand.opened, digest)} == {"anna", "ben"}
    assert carla.act("/payouts", "/payouts/resume", {"typed": "tset"}).status == 422
    assert switch.halted(stand.opened) is not None
    assert carla.act("/payouts", "/payouts/resume", {"typed": "test"}).status == 303
    assert switch.halted(stand.opened) is None
    axel = stand.visitor("axel")
    assert axel.act("/payouts", "/payouts/halt", {"typed": "test", "reason": ""}).status == 422
    done = axel.act("/payouts", "/payouts/halt", {"typed": "test", "reason": "odd figures"})
    assert done.status == 303
    halted = switch.halted(stand.opened)
    assert halted is not None
    assert halted.by == "axel"


def test_people_are_masked_until_a_reason_is_on_record(stand: Stand) -> None:
    """The page shows no value; opening one takes a reason, which the person can see."""
    carla = stand.visitor("carla")
    person = _person(stand)
    page, reveal = f"/people/{person}", f"/people/{person}/reveal"
    masked = carla.get(page).text
    assert re.search(r"138\*+\d{2,4}", masked) or "*" in masked
    for form in (
        {},
        {"ground": "claim"},
        {"ground": "claim", "reason": "call 13800138000"},
        {"ground": "because", "reason": "I want to"},
    ):
        assert carla.act(page, reveal, form).status == 422
    assert stand.visitor("ben").post(reveal, {}).status == 403
    opened = carla.act(page, reveal, {"ground": "person_asked", "reason": "asks for the account"})
    assert opened.status == 200
    assert re.search(r"1\d{10}", opened.text)
    with stand.opened.database.reading() as connection:
        seen = connection.execute(
            "SELECT fields, ground FROM access.looked_at WHERE person_id = %(person)s",
            {"person": person},
        ).fetchall()
    assert [ground for _, ground in seen] == ["person_asked"]
    assert "asks for the account" in carla.get(page).text
    trail = shown.entries(stand.opened, action="person revealed", most=5)
    assert [entry.actor for entry in trail] == ["carla"]
    told = carla.call("GET", f"/people/{person}").json()
    assert all("*" in value for value in dict(told["masked"]).values())
    assert (told["looks"], len(told["awards"])) == (1, 1)
    look = {"ground": "claim", "reason": "asks again"}
    reveals = f"/people/{person}/reveals"
    assert stand.visitor("ben").call("POST", reveals, look, "ben-looks-1").status == 403
    values = carla.call("POST", reveals, look, "carla-looks-1").json()["values"]
    assert values["account"] in opened.text
    kept = carla.call("POST", reveals, look, "carla-looks-1")
    assert (kept.json()["code"], values["account"] in kept.text) == ("idempotency", False)
    assert carla.call("GET", f"/people/{person}").json()["looks"] == 2
    unknown = {**look, "message": "0" * 64}
    raw = carla.call("POST", "/payments/N00000003/messages", unknown, "carla-looks-2")
    assert (raw.status, raw.json()["code"]) == (404, "no_payment")
    assert carla.call("GET", f"/people/{person}").json()["looks"] == 2


def test_people_are_listed_page_by_page_and_not_in_bulk(stand: Stand) -> None:
    """Pages go on by key without a name; each further one is in the trail; a day has an end."""
    rita = replace(stand.opened, by="rita")
    every = payees.listed(stand.opened, Situation.ADULT, 100)
    ids, place = [str(one["person_id"]) for one in every], None
    walked: list[str] = []
    while more := payees.listed(stand.opened, Situation.ADULT, 7, after=place):
        walked += [str(one["person_id"]) for one in more]
        place = (date.min, walked[-1])
    assert walked == ids == sorted(ids)
    assert len(ids) > 20
    cursor = keyset.cursor_of(("2026-01-01", ids[9]))
    page = stand.visitor("rita").get(f"/people?state=adult&after={cursor}")
    assert re.findall(r'href="/people/(\w{26})"', page.text) == ids[10:]
    newest = shown.entries(stand.opened, action="people paged", most=1)[0]
    assert (newest.actor, json.loads(newest.details)) == ("rita", {"situation": "adult"})
    for _ in range(paging.PAGES_A_DAY - 1):
        paging.note_page(rita, "adult")
    assert stand.visitor("rita").get(f"/people?after={cursor}").status == 422
    assert stand.visitor("rita").get("/people").status == 200
    carla = stand.visitor("carla")
    assert carla.get(f"/people?after={cursor}").status == 200
    turned = stand.visitor("rita").call("GET", f"/people?state=adult&cursor={cursor}")
    assert (turned.status, turned.json()["code"]) == (409, "paging")
    first = carla.call("GET", "/people?state=adult&limit=20").json()
    assert first["counts"] == payees.counted(stand.opened)
    rest = carla.call("GET", f"/people?state=adult&cursor={first['next_cursor']}").json()
    assert [one["person_id"] for one in (*first["people"], *rest["people"])] == ids
    assert (rest["counts"], rest["next_cursor"]) == ({}, None)
    assert carla.call("GET", f"/people?limit={people.MOST + 1}").status == 400
    turns = shown.entries(stand.opened, action="people paged", most=2)
    assert [one.actor for one in turns] == ["carla", "carla"]


def test_lists_leave_through_the_register(stand: Stand) -> None:
    """A list as a file is entered in the register of exports before it is sent, for who may."""
    axel = stand.visitor("axel")
    got = axel.get("/payments.csv?state=returned")
    assert got.headers["content-type"].startswith("text/csv")
    assert len(got.text.splitlines()) == 4
    assert stand.visitor("ben").get("/payments.csv").status == 403
    newest = shown.entries(stand.opened, action="exported", most=1)[0]
    assert newest.actor == "axel"
    assert json.loads(newest.details)["rows"] == 3
    file = axel.call("POST", "/payments/files", {"state": "returned"}, "payments-once").json()
    assert (file["text"], file["media_type"]) == (got.text, "text/csv")
    newest = shown.entries(stand.opened, action="exported", most=1)[0]
    assert json.loads(newest.details)["sha256"] == file["sha256"]
    assert stand.visitor("ben").call("POST", "/payments/files", {}, "payments-ben").status == 403
    for number, path in enumerate(("/decisions/files", "/exports/files", "/audit/files")):
        body = {"action": "exported"} if path == "/audit/files" else None
        lines = axel.call("POST", path, body, f"axel-takes-{number}").json()["text"].splitlines()
        assert len(lines) > 1, path
    assert "award" in axel.get("/reports/decisions.csv").text
    assert axel.get("/reports/exports.csv").text.splitlines()[-1].split(",")[1] == "decisions"


def test_lists_sort_and_keep_views(stand: Stand) -> None:
    """Headings sort what can be sorted; a view is kept for its operator alone, and goes again."""
    carla, axel = stand.visitor("carla"), stand.visitor("axel")
    assert "sort=-award" in carla.get("/payments").text
    assert "sort=amount" not in carla.get("/payments?state=settled").text
    upward, downward = (
        re.findall(r"/payments/(N\d+)", carla.get(f"/payments?state=returned&sort={sort}").text)
        for sort in ("amount", "-amount")
    )
    assert upward == downward[::-1]
    assert len(upward) == 3
    seen: list[str] = []
    cursor: object = ""
    while cursor is not None:
        query = f"state=returned&sort=-since&limit=1&cursor={cursor}"
        got = carla.call("GET", f"/payments?{query}").json()
        rows = got["payments"]
        assert isinstance(rows, list)
        seen += [row["number"] for row in rows]
        cursor = got["next_cursor"]
    assert sorted(seen) == sorted(upward)
    query = "state=returned&sort=-amount"
    page = f"/payments?{query}"
    assert 'aria-sort="descending"' in carla.get(page).text
    before = _views(carla)  # what other tests of the interface saved
    form = {"path": "/payments", "query": query, "name": "worst <first>"}
    assert carla.act(page, "/views", form).headers["location"] == page
    assert "worst &lt;first&gt;" in carla.get("/payments").text
    assert "worst &lt;first&gt;" in carla.get("/").text
    assert "worst &lt;first&gt;" not in axel.get("/payments").text
    for wrong in ({"name": ""}, {"path": "//evil.example"}, {"query": "text=13800138000"}):
        assert carla.act(page, "/views", {**form, **wrong}).status == 422, wrong
    assert [view for view in _views(carla) if view not in before] == [form]
    assert carla.act("/", "/views/removed", {"view": "/payments worst <first>"}).status == 303
    assert _views(carla) == before


def _views(visitor: Visitor) -> list[object]:
    """The views that somebody saved."""
    views = visitor.call("GET", "/views").json()["views"]
    assert isinstance(views, list)
    return views


def test_evidence_is_shown_masked_and_its_custody_reported(stand: Stand) -> None:
    """First rows without a whole value, the look in the trail; the report by the register."""
    carla, axel = stand.visitor("carla"), stand.visitor("axel")
    assert "SHA-256" in carla.get("/evidence").text
    cells = re.findall(r"<td>([^<]*)</td>", carla.get("/evidence/1").text)
    assert sum("*" in cell for cell in cells) > 20
    assert not any(re.search(r"1[3-9]\d{9}", cell) for cell in cells)
    assert carla.get("/evidence/99").status == 404
    looked = shown.entries(stand.opened, action="evidence.looked_at", most=1)[0]
    assert (looked.actor, json.loads(looked.details)["custody"]) == ("carla", 1)
    assert stand.visitor("ben").act("/", "/evidence/custody", {}).status == 403
    report = axel.act("/evidence", "/evidence/custody", {})
    assert report.headers["content-type"].startswith("text/markdown")
    assert report.text.count("\n## ") > 0
    newest = shown.entries(stand.opened, action="exported", most=1)[0]
    assert (newest.actor, json.loads(newest.details)["what"]) == ("axel", "custody")


def test_no_receipt_leaves_before_the_roster_is_published(stand: Stand) -> None:
    """It is refused with a sentence, and nobody is on record as having looked."""
    form = {"ground": "person_asked", "reason": "asks for the receipt", "form": "file"}
    got = stand.visitor("carla").act("/payments/N00000003", "/payments/N00000003/receipt", form)
    assert got.status == 422
    with stand.opened.database.reading() as connection:
        looks = connection.execute(
            "SELECT count(*) FROM access.looked_at WHERE fields::text LIKE '%receipt%'"
        ).fetchone()
    assert looks == (0,)


def test_posts_of_programs_are_done_once_under_their_key(stand: Stand) -> None:
    """The same key and body gives the same answer; another body is refused; cursors walk it all."""
    root, carla = stand.visitor("root"), stand.visitor("carla")
    key = "a-key-of-ten"
    first = root.call("POST", "/users", {"name": "nina"}, key)
    assert (first.status, first.json()["status"]) == (201, "added")
    again = root.call("POST", "/users", {"name": "nina"}, key)
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    other = root.call("POST", "/users", {"name": "nora"}, key)
    assert (other.status, other.json()["code"]) == (409, "idempotency")
    assert root.call("POST", "/users", {"name": "nora"}).status == 400
    twice = root.call("POST", "/users", {"name": "nina"}, "another-key")
    assert twice.status == 409
    assert twice.headers["content-type"] == "application/problem+json"
    seen: list[str] = []
    cursor: object = ""
    while cursor is not None:
        page = carla.call("GET", f"/payments?limit=7&cursor={cursor}").json()
        rows = page["payments"]
        assert isinstance(rows, list)
        seen += [row["number"] for row in rows]
        cursor = page["next_cursor"]
    assert seen == [f"N{index:08d}" for index in range(27)]
    files = carla.call("GET", "/evidence?limit=1").json()
    assert files["next_cursor"] is not None
    assert carla.call("GET", "/evidence/99").status == 404
    for path in ("/stages", f"/evidence?cursor={files['next_cursor']}", "/print-runs?limit=1"):
        assert carla.call("GET", path).status == 200, path
    look = {"ground": "person_asked", "reason": "asks for the receipt"}
    early = carla.call("POST", "/payments/N00000003/receipts", look, "before-roster")
    assert early.status == 409
    axel = stand.visitor("axel")
    report = axel.call("POST", "/evidence/custody-reports", key="custody-once")
    text = report.json()["text"]
    assert isinstance(text, str)
    assert hashlib.sha256(text.encode()).hexdigest() == report.json()["sha256"]
    assert axel.call("POST", "/evidence/custody-reports", key="custody-once").status == 409
    assert Visitor(stand.site.origin, "x").call("GET", "/me").status == 401
    assert carla.call("GET", "/payments?stat=settled").status == 400
    assert carla.call("GET", "/users/carla").status in {404, 405}


_AXE = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
    "one => one.id + ' ' + one.nodes[0].html.slice(0, 150)))"
)


def _axe() -> str:
    """The script of axe, as the test library ships it."""
    (found,) = Path(str(files("axe_playwright_python"))).rglob("axe.min.js")
    return found.read_text(encoding="utf-8")


def _cookie(page: Chromium, origin: str, name: str, value: str) -> None:
    """A cookie as the console sets it."""
    page.call("Network.setCookie", name=name, value=value, url=origin, path="/", secure=True)


def _look(page: Chromium, address: str, widths: tuple[int, ...]) -> None:
    """Open a page: no barrier (axe) at any width, nobody else asked, nothing complained of."""
    origin = "/".join(address.split("/")[:3])
    page.look(width=widths[0])
    page.open(address)
    page.run(_axe() + ";0")
    for width in widths:
        page.look(width=width)
        assert page.run(_AXE) == [], (address, width)
        assert page.run("document.documentElement.scrollWidth") <= width, (address, width)
    foreign = [one for one in page.requests() if not one.startswith((origin, "data:"))]
    assert foreign == [], address
    assert page.complaints() == [], address


def test_every_page_in_a_browser(stand: Stand, tmp_path: Path) -> None:
    """Every route that is a page, for somebody who may see it: 1366, 768 and 360 pixels, zh, en."""
    origin = stand.site.origin
    rights = {
        name: access.session(stand.opened, token).rights for name, token in stand.tokens.items()
    }
    pages = [page for page in PAGES if not page.path.endswith(".csv")]
    by_operator: dict[str, list[str]] = {}
    for one in pages:
        name = next(name for name in ("carla", "anna", "root") if one.right in rights[name])
        by_operator.setdefault(name, []).append(_path(one.path, stand))
    assert sum(map(len, by_operator.values())) == len(pages) > 30
    with chromium(tmp_path) as page:
        for language in ("zh", "en"):
            _cookie(page, origin, "__Host-language", language)
            for path in ("/sign-in", "/enrol"):
                _look(page, origin + path, (1366, 768, 360))
        for name, addresses in by_operator.items():
            _cookie(page, origin, "__Host-amends", stand.tokens[name])
            for language in ("zh", "en"):
                _cookie(page, origin, "__Host-language", language)
                for path in addresses:
                    _look(page, origin + path, (1366, 768, 360))


def test_a_passkey_in_a_browser(stand: Stand, tmp_path: Path) -> None:
    """Enrol by the link, sign in, and sign a proposal, with the browser's own authenticator."""
    opened, origin = stand.opened, stand.site.origin
    governance.add_operator(opened, "petra")
    access.set_roles(opened, "petra", [Role.APPROVER])
    with chromium(tmp_path) as page:
        page.call("WebAuthn.enable")
        page.call(
            "WebAuthn.addVirtualAuthenticator",
            options={
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            },
        )
        page.open(f"{origin}/enrol#{access.invite(opened, 'petra')}")
        _press(page, "[data-passkey-create] [data-use-passkey]", "/")
        _press(page, "form[action='/sign-out'] button", "/sign-in")
        _press(page, "[data-passkey-from] [data-use-passkey]", "/")
        with pytest.raises(WaitingForApprovalError):
            decisions.record_tax_position(
                replace(opened, by="carla"), basis="as the adviser says", view_of="adviser"
            )
        digest = next(
            one.proposal.digest
            for one in shown.proposals(opened)
            if one.proposal.kind == "tax_position"
        )
        page.open(f"{origin}/approvals/{digest}")
        _press(page, "[data-passkey] [data-use-passkey]", f"/approvals/{digest}", anew=True)
    assert governance.approvers(opened, digest) == ("petra",)
    assert [(name, how) for name, how, _ in access.step_ups(opened, digest)] == [
        ("petra", "passkey")
    ]


def _press(page: Chromium, selector: str, path: str, *, anew: bool = False) -> None:
    """Press a button as soon as it is there, and wait until the browser is at *path*."""
    deadline = time.monotonic() + 120
    mark = "window.before = 1"
    while not page.run(f"!!document.querySelector({selector!r}) && ({mark}, true)"):
        assert time.monotonic() < deadline, page.run("document.body.innerText")
        time.sleep(0.1)
    page.run(f"document.querySelector({selector!r}).click()")
    arrived = f"location.pathname === {path!r} && document.readyState === 'complete'"
    if anew:
        arrived += " && !window.before"
    while not page.run(arrived):
        assert time.monotonic() < deadline, page.run("document.body.innerText")
        time.sleep(0.1)


def test_two_processes_end_with_their_parent(stand: Stand) -> None:
    """Nobody else serves the case meanwhile, and what `amends serve` starts it also stops."""
    with pytest.raises(StageBusyError), serving(stand.opened.case.root, Ports()):
        pass
    assert all(process.poll() is None for process in stand.served.processes)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_interface_keeps_its_description(stand: Stand, mode: GenerationMode) -> None:
    """Whatever the description allows is answered as it says; what it does not is refused."""
    schema = schemathesis.openapi.from_url(f"{stand.site.origin}/api/v1/openapi.json")
    assert schema.raw_schema["openapi"].startswith("3.1")
    schema.config.generation.update(with_security_parameters=False)
    headers = {"Authorization": f"Bearer {stand.tokens['carla']}"}
    asked = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.path in _WITHOUT_PARAMETERS:
            continue
        asked += 1

        several = 1 if operation.path in _WITHOUT_PARAMETERS else 2

        @settings(max_examples=several, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def holds(case: Any) -> None:  # noqa: ANN401 -- the library's own, of any schema
            case.call_and_validate(headers=headers)

        holds()
    assert asked > 20
    waiting = stages.now(stand.opened)
    if waiting is not None:  # others may be served the same case
        stages.withdraw(stand.opened, waiting.ask_no, by="carla")


_WITHOUT_PARAMETERS = frozenset(
    f"/api/v1/{name}"
    for name in (
        *(
            "me",
            "case",
            "runs",
            "funding",
            "payouts",
            "decisions",
            "exports",
            "users",
            "health",
            "views",
            "stages",
            "tax",
        ),
    )
)
"""Nothing about them can be wrong."""
