"""Lists of the console as files, and their pages: whole, narrowed as shown, in the register."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from amends.claims import service as claims
from amends.evidence import looking
from amends.evidence.model import Role
from amends.governance import decisions, exports, shown
from amends.governance import service as governance
from amends.governance.shown import ORDERS, Wanted
from amends.inbox import reported
from amends.linkage.review import service as review
from amends.linkage.telling import runs
from amends.payees import shown as payees
from amends.payees.model import Situation
from amends.web import leaving
from amends.web.console.desk import ROWS
from amends.web.console.pages import PAGES
from amends.web.listings import people, records
from amends.web.listings.model import Listing, through
from made_cases import Original, Prepare, SharedServer
from served_console import CALLERS, Stand, filled, served_case

FILES: tuple[tuple[str, str, str, dict[str, object] | None], ...] = (
    ("/approvals.csv", "state=approved", "/proposals/files", {"state": "approved"}),
    ("/claims.csv", "state=waiting", "/claims/files", {"state": "waiting"}),
    ("/evidence.csv", "kind=registry", "/evidence/files", {"role": "registry"}),
    ("/inbox.csv", "kind=scam", "/inbox/files", {"kind": "scam"}),
    ("/letters/runs.csv", "", "/print-runs/files", {}),
    ("/letters/untold.csv", "", "/notices/files", None),
    ("/payments.csv", "state=returned", "/payments/files", {"state": "returned"}),
    ("/people.csv", "state=adult", "/people/files", {"state": "adult"}),
    ("/reconciliation.csv", "rail=bank", "/exceptions/files", {"rail": "bank"}),
    ("/reconciliation/statements.csv", "", "/statements/files", {}),
    ("/runs.csv", "", "/runs/files", None),
    ("/runs/difference.csv", "from=1&to=2", "/runs/difference/files", {"before": 1, "after": 2}),
    ("/scams.csv", "", "/scams/marks/files", None),
    ("/stages/runs.csv", "stage=pay", "/stages/runs/files", {"stage": "pay"}),
)
"""A file of the console, what narrows it, and the operation that gives the same."""

LOGS = {"/audit.csv", "/reports/decisions.csv", "/reports/exports.csv"}
"""Files that say themselves, by their next line, that they left."""


@pytest.fixture(scope="module")
def stand(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Stand]:
    """A case of thirty people, served."""
    with served_case(original(filled), server) as found:
        yield found


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a file by their columns."""
    return list(csv.DictReader(io.StringIO(text)))


def test_no_file_is_left_out_here() -> None:
    """Each page that is a file is tried below."""
    found = {page.path for page in PAGES if page.path.endswith(".csv")}
    assert found == {path for path, *_ in FILES} | LOGS


@pytest.mark.parametrize(("path", "query", "operation", "body"), FILES)
def test_a_list_leaves_whole_and_in_the_register(
    stand: Stand, path: str, query: str, operation: str, body: dict[str, object] | None
) -> None:
    """For who may export; the interface gives the same octets; no page of it is asked for."""
    axel = stand.visitor("axel")
    got = axel.get(f"{path}?{query}&after=x&before=1&start=7&runs=1&statements=x")
    assert (got.status, got.headers["content-type"].split(";")[0]) == (200, "text/csv")
    newest = shown.entries(stand.opened, action="exported", most=1)[0]
    about = json.loads(newest.details)
    assert (newest.actor, about["rows"]) == ("axel", len(rows_of(got.text)))
    given = axel.call("POST", operation, body, f"{_key(path)}-axel")
    assert given.status == 201, given.status
    assert (given.json()["text"], given.json()["sha256"]) == (got.text, about["sha256"])
    for name in ("ben", "rita", "root"):
        assert stand.visitor(name).get(path).status == 403
        refused = stand.visitor(name).call("POST", operation, body, f"{_key(path)}-{name}")
        assert refused.status == 403


def _key(path: str) -> str:
    return re.sub(r"[^a-z]", "-", path)


def test_files_hold_what_their_lists_show(stand: Stand) -> None:
    """The same rows in the same order; people by their id, messages by their reference."""
    axel = stand.visitor("axel")
    counts = payees.counted(stand.opened)
    adults = rows_of(axel.get("/people.csv?state=adult").text)
    assert len(adults) == counts["adult"]
    assert [one["person_id"] for one in adults] == sorted(one["person_id"] for one in adults)
    letters = axel.get("/inbox.csv").text
    assert len(rows_of(letters)) == len(CALLERS)
    assert not any(word in letters for word in ("hidden", "4567", "ask for a code"))
    assert rows_of(axel.get("/inbox.csv?kind=loss").text) == []
    marks = [(one["mark"], int(one["times"])) for one in rows_of(axel.get("/scams.csv").text)]
    assert marks == list(reported.counts(stand.opened, ROWS).times)
    assert [one["run"] for one in rows_of(axel.get("/runs.csv").text)] == ["2", "1"]
    waiting = rows_of(axel.get("/approvals.csv").text)
    assert {one["approved"] for one in waiting} == {"False"}
    every = rows_of(axel.get("/approvals.csv?state=every&sort=at").text)
    assert len(every) == len(shown.proposals(stand.opened)) > len(waiting) > 0


def test_runs_leave_as_they_were_asked_for_and_printed(stand: Stand) -> None:
    """Of one stage, of one kind of letter, or all; newest first."""
    axel, carla = stand.visitor("axel"), stand.visitor("carla")
    before = [one["stage"] for one in rows_of(axel.get("/stages/runs.csv").text)]
    assert carla.call("POST", "/stages/intake/runs", {"proof": ""}, "runs-of-intake").status == 201
    every_run = rows_of(axel.get("/stages/runs.csv").text)
    assert [one["stage"] for one in every_run] == ["intake", *before]
    of_intake = rows_of(axel.get("/stages/runs.csv?stage=intake").text)
    assert of_intake == [one for one in every_run if one["stage"] == "intake"]
    for action in ("notices queued", "claim code told", "notices queued"):
        governance.audit(stand.opened, stand.opened.by, action, {"number": 1})
    every = rows_of(axel.get("/letters/runs.csv").text)
    assert [one["what"] for one in every] == ["notices queued", "claim code told", "notices queued"]
    some = rows_of(axel.get("/letters/runs.csv?what=claim+code+told").text)
    assert some == every[1:2]


def test_a_list_offers_its_file_as_it_is_narrowed(stand: Stand) -> None:
    """Its link keeps what narrows and sorts, and leaves out where the page begins."""
    axel = stand.visitor("axel")
    page = axel.get("/approvals?state=approved&sort=kind&after=x").text
    assert 'class="csv" href="/approvals.csv?state=approved&amp;sort=kind"' in page
    assert 'href="/stages/runs.csv?stage=pay"' in axel.get("/stages/pay").text
    assert "csv" not in stand.visitor("ben").get("/approvals?state=approved").text
    assert 'href="/reports/exports.csv?what=payments"' in axel.get("/reports?what=payments").text
    axel.get("/payments.csv?state=returned")
    some = rows_of(axel.get("/reports/exports.csv?what=payments").text)
    assert {one["what"] for one in some} == {"payments"}


@pytest.mark.parametrize("order", sorted(ORDERS))
@pytest.mark.parametrize("down", [True, False])
def test_proposals_page_in_every_order(stand: Stand, order: str, down: bool) -> None:  # noqa: FBT001
    """Page after page they are all there once, sorted, approved or not."""
    for approved in (None, True, False):
        wanted = Wanted(approved=approved, order=order, down=down)
        found: list[shown.Shown] = []
        page = shown.page(stand.opened, wanted, most=2)
        while page.following is not None:
            found += page.rows
            page = shown.page(stand.opened, replace(wanted, after=page.following), most=2)
        found += page.rows
        expected = [
            one
            for one in shown.proposals(stand.opened)
            if approved is None or one.approved == approved
        ]
        assert len(found) == len(expected)
        assert {one.proposal.digest for one in found} == {one.proposal.digest for one in expected}
        keys = [
            (
                {
                    "at": one.proposed_at.isoformat(),
                    "kind": one.proposal.kind,
                    "by": one.proposed_by,
                    "signed": len(one.approvers),
                }[order],
                one.proposal.digest,
            )
            for one in found
        ]
        assert keys == sorted(keys, key=lambda key: (str(key[0]), key[1]), reverse=down)
    some = shown.page(stand.opened, Wanted(kind="resume"), most=9).rows
    assert {one.proposal.kind for one in some} == {"resume"}


def test_the_decision_log_pages_as_it_is(stand: Stand) -> None:
    """Newest first it is the log that leaves, whatever the size of a page."""
    carla = replace(stand.opened, by="carla")
    for number in range(3):
        decisions.add(carla, what=f"decision {number}", reason="for pages", decided_by="carla")
    whole = decisions.log(stand.opened)
    assert {one.kind.value for one in whole} == {"decision", "proposal"}
    for most in (1, 2, 100):
        page = decisions.page(stand.opened, most=most)
        found = page.rows
        while page.following is not None:
            assert len(page.rows) == most
            page = decisions.page(stand.opened, before=page.following, most=most)
            found = [*found, *page.rows]
        assert found == whole[::-1]


def test_other_lists_page_by_key(stand: Stand) -> None:
    """The register, determinations, tables in custody, marks: a page goes on where one ended."""
    opened = stand.opened
    axel = stand.visitor("axel")
    for _ in range(2):
        axel.get("/runs.csv")
    register = through(
        lambda last: exports.page(opened, before=last[0] if last else None, most=1), 1
    )
    assert [one for _, one in register] == exports.exports(opened)[::-1]
    determined = through(
        lambda last: runs.page(opened, before=last.run_no if last else None, most=1), 1
    )
    assert list(determined) == runs.runs(opened)[::-1]
    held = through(
        lambda last: looking.held_files(opened, after=last.file_no if last else None, most=1), 1
    )
    every = looking.held_files(opened, most=100)
    assert tuple(held) == every
    assert {one.custody.role for one in every} == {Role.EVIDENCE, Role.REGISTRY}
    some = looking.held_files(opened, role=Role.EVIDENCE, most=100)
    assert some == tuple(one for one in every if one.custody.role is Role.EVIDENCE)
    marks = through(
        lambda last: reported.counts(opened, 1, after=(last[1], last[0]) if last else None).times,
        1,
    )
    assert tuple(marks) == reported.counts(opened, 100).times
    assert claims.counts(opened) == {}


@pytest.mark.parametrize(
    "place",
    ["x", "WzEsMl0", "WyJhIiwiYiJd", "999999999999999", "WzFlOTksImEiXQ", "WyIyMDI2LTAxIl0"],
)
def test_places_that_nobody_was_given_are_the_beginning(stand: Stand, place: str) -> None:
    """An address that somebody changed shows the first page, and breaks nothing."""
    places = ("after", "before", "runs", "statements", "decisions", "exports", "start")
    words = "&".join(f"{name}={place}" for name in places)
    for path in (
        *("/approvals", "/claims", "/inbox", "/letters", "/reconciliation", "/runs", "/scams"),
        *("/reports", "/evidence", "/stages", "/stages/pay", "/audit", "/payments"),
    ):
        got = stand.visitor("axel").get(f"{path}?{words}&sort=given&state=x&kind=x&what=x")
        assert got.status == 200, path


def test_logs_and_runs_page_over_the_wire(stand: Stand) -> None:
    """Newest first, row by row, each once: decisions, the register of exports, determinations."""
    carla = replace(stand.opened, by="carla")
    decisions.add(carla, what="a decision", reason="for the wire", decided_by="carla")
    for _ in range(2):
        leaving.listed(carla, records.runs(stand.opened), purpose="a try")
    for path, name, whole in (
        ("/decisions", "decisions", len(decisions.log(stand.opened))),
        ("/exports", "exports", len(exports.exports(stand.opened))),
        ("/runs", "runs", len(runs.runs(stand.opened))),
    ):
        one_by_one, by_the_hundred = _paged(stand, path, name, 1), _paged(stand, path, name, 100)
        assert len(one_by_one) == whole > 1, path
        assert one_by_one == by_the_hundred


def _paged(stand: Stand, path: str, name: str, limit: int) -> list[object]:
    """Every row of a list, page by page."""
    seen: list[object] = []
    cursor: object = ""
    while cursor is not None:
        got = stand.visitor("carla").call("GET", f"{path}?limit={limit}&cursor={cursor}").json()
        rows = got[name]
        assert isinstance(rows, list)
        seen += rows
        cursor = got["next_cursor"]
    return seen


def test_a_list_too_long_is_refused_whole(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it leaves, and the register has no line of it."""
    monkeypatch.setattr(leaving, "MOST_ROWS", 3)
    before = len(exports.exports(stand.opened))
    with pytest.raises(leaving.LongListError):
        leaving.listed(stand.opened, people.people(stand.opened, Situation.ADULT), purpose="a try")
    assert len(exports.exports(stand.opened)) == before


def test_what_a_row_says_of_a_person_weighs(stand: Stand) -> None:
    """People, claims and payments to explain weigh in the register; lists of the case do not."""
    for what in ("people", "messages", "claims", "exceptions", "untold", "runs_diff"):
        assert exports.outgoing(what, 10).categories
    listing = people.people(stand.opened, Situation.ADULT)
    leaving.listed(stand.opened, listing, purpose="a try")
    line = exports.exports(stand.opened)[-1]
    assert line.weight_millionths == line.rows * 200 > 0
    leaving.listed(stand.opened, records.runs(stand.opened), purpose="a try")
    assert exports.exports(stand.opened)[-1].weight_millionths == 0


def test_no_cell_is_a_formula(stand: Stand) -> None:
    """What strangers wrote is no formula in a spreadsheet, whichever list it stands in."""
    listing = Listing(what="runs", columns=("a", "b"), rows=[("=1+1", 5), ("-x", -5), ("ok", None)])
    text = leaving.listed(stand.opened, listing, purpose="a try").content.decode()
    assert text == "a,b\n'=1+1,5\n'-x,-5\nok,\n"
    carla = replace(stand.opened, by="carla")
    decisions.add(carla, what="=1+1", reason="as a formula", decided_by="carla")
    log = rows_of(leaving.decisions(carla).content.decode())
    assert [one["what"] for one in log if one["reason"] == "as a formula"] == ["'=1+1"]


def test_clerical_review_is_narrowed_by_kind(stand: Stand) -> None:
    """Of items of a kind those alone; the form keeps what is chosen, also for a saved view."""
    items = review.listed(stand.opened)
    assert items
    for kind in ("row", "accounts"):
        page = stand.visitor("anna").get(f"/review?kind={kind}").text
        shown_ = set(re.findall(r'href="/review/([^"]+)"', page))
        assert shown_ == {one.item_id for one in items if one.kind.value == kind}
        assert f'<option value="{kind}" selected' in page
