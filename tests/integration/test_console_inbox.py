"""The console's inbox: senders are answered, reported numbers counted, opened, handed over."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest

from amends.governance import shown
from amends.inbox import answering, opening
from amends.inbox.model import Kind
from made_cases import Original, Prepare, SharedServer
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
    for _ in range(2):
        assert carla.act("/scams", "/scams/police", {**form, "do": "tell"}).status == 303
    states = [
        [one.state.value for one in answering.answers(stand.opened, number)] for number in numbers
    ]
    assert [one.count("handed_over") for one in states[1:]] == [1, 1, 1]
    assert states[0][:1] in (["reading"], ["handed_over"])  # by whichever test was first
