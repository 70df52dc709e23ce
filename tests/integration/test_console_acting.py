"""What operators and their programs do: answer senders, hand reports over, have stages run."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import psycopg
import pytest

from amends.access import service as access
from amends.access.model import Role
from amends.governance import decisions, shown
from amends.governance import service as governance
from amends.inbox import answering, opening
from amends.inbox.model import Kind
from amends.linkage.review import service as review
from amends.payouts.planning import outlook_store
from amends.stages import running, store
from amends.stages import service as stages
from made_cases import Original, Prepare, SharedServer
from made_console import Got, SecurityKey, Visitor
from planted import PEOPLE as PLANTED
from read_pdf import seen
from served_console import CALLERS, Stand, filled, served_case


@pytest.fixture(scope="module")
def stand(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Stand]:
    """A case of thirty people, served."""
    with served_case(original(filled), server) as found:
        yield found


def test_senders_are_answered(stand: Stand) -> None:
    """By who acts, in words that no fraudster would use; what was typed stays; the list tells."""
    carla, number = stand.visitor("carla"), stand.newest_message
    page, path = f"/inbox/{number}", f"/inbox/{number}/answer"
    assert stand.visitor("anna").act("/", path, {"state": "reading"}).status == 403
    for wrong in (
        {"state": "granted"},
        {"state": "handed_over", "words": "visit http://evil.example"},
        {"state": "handed_over", "words": "kept " * 81},
    ):
        got = carla.act(page, path, wrong)
        assert got.status == 422
        assert wrong.get("words", "").strip() in unescape(got.text)
    told = carla.act(page, path, {"state": "handed_over", "words": "thank you"})
    assert told.status == 303
    answer = answering.answers(stand.opened, number)[-1]
    assert (answer.state.value, answer.words) == ("handed_over", "thank you")
    assert "thank you" in carla.get(page).text
    assert "handed over to the police" in carla.get("/inbox?kind=scam").text
    assert "handed over to the police" not in carla.get("/inbox?kind=loss").text
    assert carla.get("/inbox/99999999999").status == 422


def test_programs_answer_senders_and_look_up_numbers(stand: Stand) -> None:
    """By the interface, with the same rights, refusals and lines in the trail as at the console."""
    carla, anna = stand.visitor("carla"), stand.visitor("anna")
    first = carla.call("GET", "/inbox?limit=1").json()
    (newest,), cursor = first["messages"], first["next_cursor"]
    assert newest["number"] == stand.newest_message
    rest = carla.call("GET", f"/inbox?kind=scam&cursor={cursor}").json()
    assert [one["number"] for one in rest["messages"]] == list(range(newest["number"] - 1, 0, -1))
    path, why = f"/inbox/{newest['number']}", {"reason": "for the police"}
    assert anna.call("POST", f"{path}/openings", why, "anna-key-1").status == 403
    assert (
        carla.call("POST", f"{path}/openings", {"reason": "13800138000"}, "carla-key-1").status
        == 409
    )
    letter = carla.call("POST", f"{path}/openings", why, "carla-key-2").json()
    assert letter["answers"]["number"] == CALLERS[-1]
    assert (
        carla.call("POST", f"{path}/openings", why, "carla-key-2").json()["code"] == "idempotency"
    )
    unfit = carla.call("POST", f"{path}/answers", {"state": "granted"}, "carla-key-3")
    assert (unfit.status, unfit.json()["code"]) == (409, "inbox_answer")
    told = carla.call("POST", f"{path}/answers", {"state": "reading"}, "carla-key-4").json()
    assert told == {"status": "reading", "detail": letter["reference"]}
    counts = anna.call("GET", "/scams").json()
    assert [one["times"] for one in counts["marks"]] == [2, 1]
    asked = {"number": "400-123-4567"}
    assert anna.call("POST", "/scams/look-ups", asked, "anna-key-2").json() == {"times": 2}
    assert anna.call("POST", "/scams/look-ups", {"number": "x"}, "anna-key-3").status == 409
    numbers = carla.call("POST", "/scams/openings", why, "carla-key-5").json()["numbers"]
    assert [one["number"] for one in numbers] == ["4001234567", "13800009999", "hidden"]
    trail = shown.entries(stand.opened, action="inbox message opened", most=1)[0]
    assert json.loads(trail.details)["reason"] == why["reason"]
    only = {"first": newest["number"], "last": newest["number"]}
    none = carla.call("POST", "/scams/handed-over", {"first": 900, "last": 999}, "carla-key-7")
    assert (none.status, none.json()["code"]) == (409, "inbox_unopened")
    handed = carla.call("POST", "/scams/handed-over", only, "carla-key-6")
    assert (handed.json()["status"], handed.status) == ("told", 201)
    assert handed.json()["detail"] in {"0", "1"}  # each sender once, whoever tells them first


def test_programs_are_told_what_pages_tell(stand: Stand) -> None:
    """Determinations, tariffs, review, letters and statements, with the console's own queries."""
    carla, anna, root = (stand.visitor(name) for name in ("carla", "anna", "root"))
    assert len(carla.call("GET", "/runs/1").json()["settings"]) > 1
    assert carla.call("GET", "/runs/99").status == 404
    compared = {"before": 1, "after": 2, "limit": 2}
    changed = carla.call("POST", "/runs/differences", compared, "compare-once").json()
    assert (
        changed["counts"] == carla.call("GET", "/runs/difference?before=1&after=2").json()["counts"]
    )
    assert (len(changed["people"]), changed["next_start"]) == (2, 2)
    newest = shown.entries(stand.opened, action="exported", most=1)[0]
    assert (newest.actor, json.loads(newest.details)["rows"]) == ("carla", 2)
    several = carla.call("GET", "/tariff?with=flat:CNY%203000.00").json()["tariffs"]
    assert [one["mean_minor"] for one in several][1:] == [300_000]
    assert carla.call("GET", "/tariff?with=../case.toml").json()["code"] == "tariff"
    item = review.listed(stand.opened)[0].item_id
    openings = f"/review/{item}/openings"
    assert carla.call("POST", openings, key="carla-reads").status == 403
    side = anna.call("POST", openings, key="anna-reads-1").json()["questions"][0]["one"]
    assert side["values"]
    best = anna.call("POST", "/review/openings", key="anna-reads-2").json()["shown"]
    assert best["item"] == item
    signed = anna.call("GET", "/proposals?state=approved").json()["proposals"]
    assert "award" in {one["kind"] for one in signed}
    for kind in ("award", "resume"):  # whether payments were resumed is another test's
        found = anna.call("GET", f"/proposals?state=approved&kind={kind}").json()["proposals"]
        assert found == [one for one in signed if one["kind"] == kind]
    look = carla.call("POST", "/evidence/1/looks", key="carla-looks-at-rows")
    assert "*" in look.text
    assert not any(person.phone in look.text for person in PLANTED)
    for path in (
        "/notices",
        "/statements",
        "/tax",
        "/funding",
        "/payouts",
        "/claims?state=waiting",
    ):
        assert carla.call("GET", path).status == 200, path
    assert carla.call("GET", "/awards/3/notice").status == 409
    assert len(carla.call("GET", "/awards/3/payments").json()["payments"]) == 1
    why = {"reason": "the sum is not what was said"}
    digest = shown.proposals(stand.opened)[0].proposal.digest
    assert carla.call("POST", f"/proposals/{digest}/refusals", why, "carla-refuses").status == 403
    assert anna.call("POST", f"/proposals/{digest}/refusals", why, "anna-refuses").status == 201
    assert decisions.log(stand.opened)[-1].reason == why["reason"]
    link = root.call("POST", "/users/rita/invitations", key="invite-rita").json()["link"]
    assert str(link).startswith(f"{stand.site.origin}/enrol#")
    assert root.call("POST", "/users/rita/invitations", key="invite-rita").status == 409


def test_reported_numbers_are_counted_and_opened_for_a_reason(stand: Stand) -> None:
    """Counts for all, numbers for a reason; the file by the register; every sender told once."""
    carla, anna = stand.visitor("carla"), stand.visitor("anna")
    closed = anna.get("/scams").text
    assert "4001234567" not in closed
    assert re.findall(r'</code></td><td class="num">(\d)</td>', closed) == ["2", "1"]
    assert anna.act("/scams", "/scams", {"reason": "curious"}).status == 403
    for typed, told in (("0086 400-123-4567", "no"), ("400-123-4567", "2 times"), ("x", "no tele")):
        assert told in anna.act("/scams", "/scams/number", {"number": typed}).text, typed
    assert carla.act("/scams", "/scams", {"reason": ""}).status == 422
    opened = carla.act("/scams", "/scams", {"reason": "for the police"}).text
    assert re.findall(r"<code>(\d+|hidden)</code></td>", opened) == [
        *("4001234567", "13800009999", "hidden"),
    ]
    trail = shown.entries(stand.opened, action="inbox reports opened", most=1)[0]
    assert json.loads(trail.details)["messages"] == len(CALLERS)
    numbers = [one.message_no for one in opening.messages(stand.opened, kind=Kind.SCAM)]
    form = {"recipient": "a station", "first": str(numbers[-1]), "last": str(numbers[1])}
    for wrong in ({"last": "0"}, {"last": "x"}, {"recipient": ""}, {"recipient": "13800138000"}):
        got = carla.act("/scams", "/scams/police", {**form, "do": "file", **wrong})
        assert got.status == 422, wrong
    asked = carla.act("/scams", "/scams/police", {**form, "do": "file"})
    assert (asked.status, asked.headers["location"]) == (303, "/approvals")
    body = {"recipient": "a station", "first": numbers[-1], "last": numbers[1]}
    assert anna.call("POST", "/scams/files", body, "anna-takes-1").status == 403
    waits = carla.call("POST", "/scams/files", body, "carla-takes-1")
    assert (waits.status, waits.json()["status"]) == (202, "waiting")
    found = shown.proposals(stand.opened)
    digest = next(one.proposal.digest for one in found if one.proposal.kind == "export")
    for name in ("anna", "ben"):
        page, code = f"/approvals/{digest}", stand.phones[name].code()
        assert stand.visitor(name).act(page, page, {"do": "approve", "proof": code}).status == 303
    file = carla.act("/scams", "/scams/police", {**form, "do": "file"})
    lines = file.text.splitlines()
    assert len(lines) == len(CALLERS)
    assert all(line.endswith(",2026-11-20,'=they ask for a code") for line in lines[1:])
    newest = json.loads(shown.entries(stand.opened, action="exported", most=1)[0].details)
    assert (newest["what"], newest["rows"]) == ("scam_reports", 3)
    assert carla.call("POST", "/scams/files", body, "carla-takes-2").status == 202
    unsealed = f"/inbox/files/{'0' * 32}"
    unknown = carla.call("POST", unsealed, {"reason": "for the police"}, "carla-takes-3")
    assert unknown.json()["code"] == "inbox_unopened"
    for _ in range(2):
        assert carla.act("/scams", "/scams/police", {**form, "do": "tell"}).status == 303
    states = [
        [one.state.value for one in answering.answers(stand.opened, number)] for number in numbers
    ]
    assert [one.count("handed_over") for one in states[1:]] == [1, 1, 1]
    assert states[0][:1] in (["reading"], ["handed_over"])  # by whichever test was first


def _ended(stand: Stand) -> tuple[str, str, str]:
    """How the newest run ended: its stage, its state, the code of what stopped it."""
    (newest,) = stages.asks(stand.opened, most=1)
    assert newest.outcome is not None
    return newest.stage, newest.state.value, newest.outcome.code


def _take(stand: Stand) -> int:
    """Have a runner take what waits; how many it took."""
    root, stopping = stand.opened.case.root, threading.Event()
    return running.serve(root, once=True, stopping=stopping, say=lambda _: None)


def test_stages_are_asked_for_and_run_apart(stand: Stand) -> None:
    """One at a time, by who may, with a second factor where it counts, each in its own process."""
    carla, anna = stand.visitor("carla"), stand.visitor("anna")
    assert anna.act("/", "/stages/determine", {"do": "run"}).status == 403
    assert "Have it run" not in anna.get("/stages/determine").text
    assert carla.get("/stages/nothing").status == 422
    for proof in ("", "000000"):
        assert carla.act("/stages/pay", "/stages/pay", {"proof": proof}).status == 403
    assert stages.now(stand.opened) is None
    assert carla.act("/stages/determine", "/stages/determine", {"do": "run"}).status == 303
    waiting = stages.now(stand.opened)
    assert waiting is not None
    for name in ("determine", "intake"):
        again = carla.act("/stages", f"/stages/{name}", {"do": "run"})
        assert (again.status, "asked for already" in again.text) == (422, True)
    assert "amends runner" in carla.get("/stages").text
    taken_back = {"run": str(waiting.ask_no)}
    assert carla.act("/stages", "/stages/determine/withdrawn", taken_back).status == 303
    assert carla.act("/stages", "/stages/determine/withdrawn", taken_back).status == 422
    asked = carla.call("POST", "/stages/determine/runs", {}, "determine-again").json()
    withdrawal = f"/stages/runs/{asked['run']}/withdrawal"
    assert anna.call("POST", withdrawal, key="anna-withdraws").status == 403
    assert carla.call("POST", withdrawal, key="carla-withdraws-1").status == 201
    assert carla.call("POST", withdrawal, key="carla-withdraws-2").status == 409
    assert _take(stand) == 0
    assert anna.call("POST", "/stages/intake/runs", {}, "intake-by-anna").status == 403
    for stage, status in (("pay", 403), ("intake", 201), ("intake", 201), ("determine", 409)):
        assert carla.call("POST", f"/stages/{stage}/runs", {}, f"run-the-{stage}").status == status
    assert _take(stand) == 1
    assert _ended(stand) == ("intake", "done", "")
    runs = carla.call("GET", "/stages/runs?limit=1").json()
    assert runs["next_cursor"] is not None
    page = carla.get("/stages/intake").text
    assert re.search(r"What run \d+ says", page)
    assert "leaked rows" in page
    trail = [one.action for one in shown.entries(stand.opened, actor="carla", most=20)]
    told = [one for one in trail if one.startswith("stage ")]
    assert told[:3] == ["stage asked for", "stage withdrawn", "stage asked for"]


def test_a_stage_with_a_second_factor_waits_for_signatures(stand: Stand) -> None:
    """What it proposes is in the name of who asked, who signs nothing of it; the factor is kept."""
    carla = stand.visitor("carla")
    proof = {"proof": stand.phones["carla"].code()}
    assert carla.act("/stages/award", "/stages/award", proof).status == 303
    assert _take(stand) == 1
    assert _ended(stand) == ("award", "signatures", "waiting_for_approval")
    newest = shown.proposals(stand.opened)[0]
    assert (newest.proposal.kind, newest.proposed_by) == ("award", "carla")
    assert newest.proposal.digest in carla.get("/stages/award").text
    with stand.opened.database.reading() as connection:
        kept = connection.execute("SELECT factor FROM stages.asked ORDER BY ask_no DESC LIMIT 1")
        assert kept.fetchall() == [("totp",)]


def _signed(got: Got, key: SecurityKey) -> str:
    """What an authenticator answers to the form of a page that asks for a passkey."""
    (options,) = re.findall(r'data-passkey="([^"]+)"', got.text)
    return key.signed(unescape(str(options)))


def test_a_stage_takes_a_passkey_for_itself_alone(stand: Stand) -> None:
    """As approvals do: bound to the next run of this stage, once, by the key that is enrolled."""
    opened, site, key = stand.opened, stand.site, SecurityKey(stand.site.origin)
    governance.add_operator(opened, "pavel")
    access.set_roles(opened, "pavel", [Role.CASEWORKER])
    invited = access.invite(opened, "pavel")
    offered = access.begin_enrolment(opened, site, invited)
    entered = access.enrol(
        opened, site, invited, access.proof_of(key.made(offered.passkey_options))
    )
    pavel = Visitor(site.origin, entered.token)
    assert "data-passkey=" not in stand.visitor("carla").get("/stages/publish").text
    stranger = replace(key, key=SecurityKey(site.origin).key)
    ask, page = "/stages/publish", pavel.get("/stages/publish")
    for wrong in (
        _signed(page, stranger),
        _signed(pavel.get("/stages/pay"), key),
        _signed(page, replace(key, origin="https://evil.example")),
    ):
        assert pavel.act(ask, ask, {"proof": wrong}).status == 403
    assert stages.now(opened) is None
    proof = _signed(pavel.get(ask), key)
    assert pavel.act(ask, ask, {"proof": proof}).status == 303
    waiting = stages.now(opened)
    assert waiting is not None
    with opened.database.reading() as connection:
        kept = connection.execute(
            "SELECT ask_no, factor, factor_evidence FROM stages.asked ORDER BY ask_no DESC LIMIT 1"
        ).fetchone()
    assert kept == (waiting.ask_no, "passkey", proof)
    withdrawal = f"/stages/runs/{waiting.ask_no}/withdrawal"
    assert pavel.call("POST", withdrawal, key="withdraws-what-a-key-asked").status == 201
    assert pavel.act(ask, ask, {"proof": proof}).status == 403
    challenges = "/stages/publish/challenges"
    options = pavel.call("POST", challenges, key="publish-challenge").json()["options"]
    body = {"proof": key.signed(options)}
    none = stand.visitor("carla").call("POST", challenges, key="no-passkey-here")
    assert (none.status, none.json()["options"]) == (201, None)
    asked = pavel.call("POST", "/stages/publish/runs", body, "publish-by-a-key").json()
    assert asked["state"] == "waiting"
    stages.withdraw(opened, asked["run"], by="pavel")


def test_a_run_whose_process_is_gone_is_broken_off(stand: Stand) -> None:
    """The next runner says so, and takes what is asked for then; what has ended stays."""
    carla = stand.visitor("carla")
    assert carla.act("/stages/reconcile", "/stages/reconcile", {"do": "run"}).status == 303
    with stand.opened.database.unit_of_work() as connection:
        taken = store.take(connection)
    assert taken is not None
    assert "no runner is there" in carla.get("/stages").text
    assert _take(stand) == 0
    assert _ended(stand) == ("reconcile", "broken", "stopped")
    assert "goes on where it was" in carla.get("/stages/reconcile").text
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="has ended"),
        stand.opened.database.unit_of_work() as connection,
    ):
        connection.execute("UPDATE stages.asked SET state = 'done'")


def test_an_exception_is_looked_after_and_explained_by_three(stand: Stand) -> None:
    """One takes it and says what it was, two others sign exactly that; then it is cleared."""
    name = "line:alipay:made/up"
    with stand.opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payouts.exception (exception_id, kind, rail, amount_minor, day, found_at) "
            "SELECT %(name)s, 'repeated', rail, 500, '2026-11-22', %(now)s FROM payouts.rail",
            {"name": name, "now": stand.opened.clock.now()},
        )
    carla = stand.visitor("carla")
    page = f"/reconciliation/exception?{urlencode({'id': name})}"
    assert "made%2Fup" in carla.get("/reconciliation").text
    assert "I look after it" in carla.get(page).text
    anna = stand.visitor("anna")
    assert "I look after it" not in anna.get(page).text
    assert anna.act("/", "/reconciliation/exception/take", {"id": name}).status == 403
    assert carla.act(page, "/reconciliation/exception/take", {"id": name}).status == 303
    (shown,) = (
        one for one in carla.call("GET", "/exceptions").json()["exceptions"] if one["id"] == name
    )
    assert shown["owner"] == "carla"
    impossible = carla.call(
        "POST", "/exceptions/explanations", {"id": name, "what": "fee"}, "explained-fee"
    )
    assert (impossible.status, impossible.json()["code"]) == (409, "suspense")
    what = {"id": name, "what": "checked"}
    unknown = carla.act(page, "/reconciliation/exception/explain", {"id": name, "what": "lost"})
    assert unknown.headers["location"].startswith("/reconciliation/exception?")
    proposed = carla.act(page, "/reconciliation/exception/explain", what)
    assert (proposed.status, proposed.headers["location"]) == (303, "/approvals")
    assert carla.call("POST", "/exceptions/explanations", what, "explained-1").status == 202
    (digest,) = (
        one["digest"]
        for one in carla.call("GET", "/proposals").json()["proposals"]
        if one["kind"] == "suspense"
    )
    for signer in ("anna", "ben"):
        governance.approve(stand.opened, digest, signer)
    assert carla.call("POST", "/exceptions/explanations", what, "explained-2").status == 201
    assert carla.get(page).status == 422


def test_the_report_to_the_authorities_leaves_as_a_pdf(stand: Stand) -> None:
    """For who may take files away, in the language of the button, entered in the register first."""
    axel, form = stand.visitor("axel"), {"recipient": "网信办", "purpose": "PIPL 57"}
    assert "/reports/authorities" in unescape(axel.get("/reports").text)
    ben = stand.visitor("ben")
    assert "/reports/authorities" not in unescape(ben.get("/reports").text)
    assert ben.act("/", "/reports/authorities", form).status == 403
    assert axel.act("/reports", "/reports/authorities", {**form, "recipient": ""}).status == 422
    for language, title in (("zh", "给主管部门的报告"), ("en", "Report to the authorities")):
        got = axel.act("/reports", "/reports/authorities", {**form, "language": language})
        assert (got.status, got.headers["content-type"]) == (200, "application/pdf")
        assert f".{language}.pdf" in got.headers["content-disposition"]
        found = seen(got.content)
        assert (found.title, found.standards["pdfa part"]) == (title, "3")
        assert "网信办" in found.text
        newest = shown.entries(stand.opened, action="exported", most=1)[0]
        details = json.loads(newest.details)
        assert (newest.actor, details["what"], details["recipient"]) == ("axel", "report", "网信办")
        assert details["sha256"] == hashlib.sha256(got.content).hexdigest()
    body = {"recipient": "CAC", "language": "en"}
    file = axel.call("POST", "/reports", body, "report-of-axel").json()
    content = base64.b64decode(file["content_base64"])
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert "CAC" in seen(content).text
    assert axel.call("POST", "/reports", body, "report-of-axel").status == 409
    assert ben.call("POST", "/reports", body, "report-of-ben").status == 403
    wrong = {"recipient": "CAC", "language": "fr"}
    assert axel.call("POST", "/reports", wrong, "report-wrong").status == 400


def test_programs_are_told_of_the_promise_and_of_what_it_runs_on(stand: Stand) -> None:
    """As the pages of payments and of health."""
    carla = stand.visitor("carla")
    health = carla.call("GET", "/health").json()
    assert health["migrations"] == health["shipped_migrations"]
    assert 0 < health["disk_free_bytes"] < health["disk_bytes"]
    assert health["database_bytes"] > 1_000_000
    promise = carla.call("GET", "/payouts").json()["promise"]
    assert promise is None or promise["in_time"] <= promise["people"]
    assert promise is None or promise["ended_unpaid"] >= 0


def test_what_was_foreseen_while_money_went_out_is_shown_with_since_when(stand: Stand) -> None:
    """On the page of payments, in words, and to programs; before anything broke there is none."""
    carla = stand.visitor("carla")
    assert carla.call("GET", "/payouts").json()["outlook"] is None
    at = datetime(2026, 11, 22, 4, tzinfo=UTC)
    row = outlook_store.Row(
        kept=False,
        people=9,
        late=7,
        by_nobody=1,
        by_stopped=4,
        stopped=("wechatpay",),
        promised_at=at + timedelta(days=2),
        last_at=None,
        movable=3,
        late_moved=5,
        looked_at=at,
    )
    later = replace(row, late=9, by_stopped=6, ended_unpaid=12, looked_at=at + timedelta(hours=1))
    with stand.opened.database.unit_of_work() as connection:
        assert outlook_store.insert(connection, 1, row)
        assert not outlook_store.insert(connection, 1, later)
        assert outlook_store.insert(connection, 2, later)
    outlook = carla.call("GET", "/payouts").json()["outlook"]
    assert (outlook["kept"], outlook["late"], outlook["stopped"]) == (False, 9, ["wechatpay"])
    assert (outlook["by_stopped"], outlook["by_nobody"], outlook["late_moved"]) == (6, 1, 5)
    assert outlook["ended_unpaid"] == 12
    moments = [datetime.fromisoformat(outlook[name]) for name in ("since", "looked_at")]
    assert moments == [at, at + timedelta(hours=1)]
    page = carla.get("/payouts").text
    assert "the promise cannot be kept since 2026-11-22 12:00; at 2026-11-22 13:00 21 of 21" in page
    assert "12 whose payment was refused or came back" in page
    assert "amends retry CASE" in page
    assert "2 by what the contracts allow; 6 because wechatpay carries nothing; 1 whom no" in page
    assert "amends pay CASE --replan --down wechatpay" in page


def test_a_character_that_no_database_keeps_is_no_defect(stand: Stand) -> None:
    """NUL: programs are told and may ask again under the same key, pages leave it out."""
    carla = stand.visitor("carla")
    reason = "as agreed (made up)"
    got = carla.call("POST", "/decisions", {"what": "odd\0words", "reason": reason}, "key-with-nul")
    assert (got.status, got.json()["code"]) == (400, "nul")
    spelled = {"what": r"odd \u0000 words", "reason": reason}
    assert carla.call("POST", "/decisions", spelled, "key-with-nul").status == 201
    form = {"what": "other\0 words", "reason": reason}
    assert carla.act("/reports", "/reports/decisions", form).status == 303
    assert "other words" in carla.get("/reports").text


def test_what_is_answered_ahead_is_refused_as_everything_else(stand: Stand) -> None:
    """A payment by its number: who asks, may they, is it there, is it asked as described."""
    carla, nobody = stand.visitor("carla"), replace(stand.visitor("carla"), token="")
    assert carla.call("GET", "/payments/N00000003").json()["number"] == "N00000003"
    for visitor, path, status, code in (
        (nobody, "/payments/N00000003", 401, "signed_out"),
        (carla, "/payments/N99999999", 404, "no_payment"),
        (carla, "/payments/N99999999?also=1", 400, "http_400"),
        (carla, f"/payments/{'N' * 33}", 400, "http_400"),
        (carla, "/payments/", 200, ""),
    ):
        answer = visitor.call("GET", path)
        assert (answer.status, answer.json().get("code", "")) == (status, code), path
        assert answer.headers["cache-control"] == "no-store"
    assert carla.get("/payments?state=settled", host="evil.example").status == 403
    assert "N00000003" not in carla.get("/payments?state=settled&after=9.0").text
