"""The forms of the public site: without scripts, without losing a word, without reading back."""

import asyncio
import re
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path
from socket import create_connection
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli.inbox import inbox as inbox_command
from amends.inbox import answering, opening, store
from amends.inbox.model import AnswerError, AnswerState, Kind, UnopenedError
from amends.inbox.rules import mark_of, way_back
from amends.inbox.sealing import opened_told
from amends.inbox.service import Inbox
from amends.kernel.clock import RealClock
from amends.kernel.errors import AmendsError
from amends.store.connection import PUBLIC_ROLE, Database, PooledDatabase
from amends.vault.opened import OpenCase
from amends.web.public.app import App, app
from amends.web.public.baked import Baked
from amends.web.public.desk import COME_BACK_S, Desk
from amends.web.public.forms import forms
from amends.web.saying import PAGE_LANGUAGES
from chromium import chromium
from filling_in import HIDDEN, Files, Hand
from made_cases import OpenedCase
from made_site import sample_case, serving
from read_pdf import NEVER_FIRST, seen
from walked_site import WIDTHS, faults, unwalked, walk_live

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

PIECE_S = 0.5
_SECRET = re.compile(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}")
_LATER = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
_LOSS = {
    "what": "有人说是<script>alert(1)</script>客服，\n要我转账。",
    "when": "2026-12-01",
    "lost": "3,000.50元",
    "how": "pretended",
    "contact": "fake.person@example.com",
}


@dataclass
class Now:
    """A clock that tests move."""

    at: datetime = _LATER

    def __call__(self) -> datetime:
        """The time."""
        return self.at


@dataclass
class Place:
    """The public process with its inbox, and the case behind it."""

    address: str
    opened: OpenCase
    now: Now
    site: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baked site, which no test changes."""
    return sample_case(tmp_path_factory.mktemp("site") / "case").site


@pytest.fixture
def place(opened_case: OpenedCase, site: Path) -> Iterator[Place]:
    """A site whose forms put into a real database with the public role."""
    opened = opened_case()
    database, now = PooledDatabase(opened.database._conninfo, PUBLIC_ROLE), Now()
    inbox = Inbox(
        database=database,
        recipient=opening.recipient(opened),
        numbers_key=opening.numbers_key(opened),
    )
    with serving(App(site, inbox, now=now, piece_s=PIECE_S)) as address:
        yield Place(address, opened, now, site)
    database.close()


def png(width: int = 1, height: int = 1, *, tail: bytes = b"") -> bytes:
    """A picture of so many points by what it says of itself."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + tail


ZIP = b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def filled(hand: Hand, upto: str = "look", files: Files = ()) -> Hand:
    """The claim, question by question, up to a page."""
    return onward(hand.begin(), upto, files)


def onward(hand: Hand, upto: str = "look", files: Files = ()) -> Hand:
    """From the page where somebody is, question by question, up to another."""
    while f'name="step" value="{upto}"' not in hand.html:
        step = dict(HIDDEN.findall(hand.html))["step"]
        hand = hand.send(
            {step: _LOSS[step]} if step in _LOSS else {}, files if step == "evidence" else ()
        )
        assert hand.status == 200
        assert 'role="alert"' not in hand.html, hand.text
    return hand


def test_a_loss_is_told_without_a_script(place: Place, tmp_path: Path) -> None:
    """Question by question to a reference and a secret; sealed, opened by the case alone."""
    files = [("照片.png", "image/png", png()), ("b.jpg", "image/jpeg", JPEG), ("c.pdf", "x/y", PDF)]
    look = filled(Hand(place.address, "/zh/claim/"), files=files)
    assert "<script>" not in look.html
    assert "照片.png" in look.text
    done = look.send({})
    assert done.status == 200
    reference = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}(?![-0-9A-Z])", done.text)
    secret = re.search(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}", done.text)
    assert reference
    assert secret
    assert "set-cookie" not in done.headers
    assert done.headers["cache-control"] == "no-store"
    unsaved = done.send({})
    assert secret[0] in unsaved.text
    assert "查询码" in unsaved.text
    assert "接下来会怎样" in done.send({"saved": "yes"}).text
    [message] = opening.messages(place.opened)
    assert (message.kind, message.reference) == (Kind.LOSS, reference[0])
    letter = opening.open_message(place.opened, message.message_no, by="li.na", reason="test")
    assert letter.answers["what"] == _LOSS["what"]
    assert [one.name for one in letter.attachments] == ["照片.png", "b.jpg", "c.pdf"]
    last = letter.attachments[-1].attachment_id
    assert opening.open_attachment(place.opened, last, by="li.na", reason="test") == PDF
    with place.opened.database.reading() as connection:
        found = store.message(connection, message.message_no)
        assert found is not None
        assert "客服".encode() not in found[1]
        trail = connection.execute("SELECT action FROM governance.audit ORDER BY 1").fetchall()
    assert {"inbox message opened", "inbox file opened"} <= {str(action) for (action,) in trail}
    with pytest.raises(UnopenedError):
        opening.open_message(place.opened, message.message_no + 1, by="li.na", reason="test")
    with chromium(tmp_path / "profile") as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.open(f"{place.address}/en/scam/")
        page.call("Runtime.evaluate", expression="null")
        assert page.complaints() == []
        asked = [one for one in page.requests() if not one.startswith("data:")]  # a calendar's sign
        assert all(one.startswith(place.address) for one in asked)


def test_a_form_that_comes_twice_is_one_message(place: Place) -> None:
    """Sent again, at once, or changed: the first counts, and whoever changed it can send anew."""
    look = filled(Hand(place.address, "/en/claim/"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: look.send({}), range(8)))
    told = {one.text.partition("Reference:")[2][:12] for one in answers}
    assert len(told) == 1
    assert {one.status for one in answers} == {200}
    assert len(opening.messages(place.opened)) == 1
    carried = [(unescape(n), unescape(v)) for n, v in HIDDEN.findall(look.html)]
    changed = look.post([*((n, "other" if n == "what" else v) for n, v in carried), ("go", "next")])
    assert "The first one counts" in changed.text
    anew = changed.send({}, go="anew").send({})
    assert "We have received it" in anew.text
    assert len(opening.messages(place.opened)) == 2


def test_who_changes_an_answer_goes_back_to_all_of_them(place: Place) -> None:
    """From the last page to a question and back, with a wrong answer on the way."""
    look = filled(Hand(place.address, "/en/claim/"))
    wrong = look.send({}, go="change-lost").send({"lost": "much"})
    assert "Write it as a number" in wrong.text
    back = wrong.send({"lost": "4,000"})
    assert 'name="step" value="look"' in back.html
    assert "4,000" in back.text
    assert "We have received it" in back.send({}).text


def test_a_page_that_stood_open_too_long_is_looked_at_again(place: Place) -> None:
    """After more than a day nothing typed is lost, and it is sent on the second press."""
    look = filled(Hand(place.address, "/zh/claim/"))
    place.now.at += timedelta(days=2)
    again = look.send({})
    assert "超过一天" in again.text
    assert "客服" in again.text
    assert opening.messages(place.opened) == []
    assert "已经收到" in again.send({}).text


WRONG = (
    ("zh", {"number": "", "when": "", "said": ""}, "这里还没有填"),
    ("en", {"number": "1" * 61, "when": "2026-12-01", "said": "x"}, "longer than 60"),
    ("en", {"number": "1", "when": "soon", "said": "x"}, "year, month and day"),
    ("zh-hant", {"number": "1", "when": "2099-01-01", "said": "x"}, "這一天還沒有到"),
    ("en", {"number": "1", "when": "1999-01-01", "said": "x"}, "too long ago"),
    ("en", {"number": "1", "when": "2026-12-01", "said": "y" * 2001}, "longer than 2,000"),
)


def test_a_wrong_answer_is_told_and_kept(place: Place) -> None:
    """The sentence is in the person's language, and what was typed still stands there."""
    for language, answers, told in WRONG:
        hand = Hand(place.address, f"/{language}/scam/").begin().send(answers)
        assert hand.status == 200
        assert told in hand.text
        assert 'aria-invalid="true"' in hand.html
        for text in answers.values():
            assert text in unescape(hand.html)
    assert opening.messages(place.opened) == []


def test_a_script_in_every_field_stays_text(place: Place) -> None:
    """Markup that is typed, or sent in fields that nobody sees, comes back as text."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    form = Hand(place.address, "/en/claim/").begin()
    names = (
        "what",
        "when",
        "lost",
        "how",
        "police",
        "contact",
        "step",
        "submission",
        "started",
        "file",
    )
    for go in ("next", "back", "stay", "change-what", evil):
        hand = form.post([*((name, evil) for name in names), ("go", go)])
        assert hand.status == 200
        assert "<script>alert" not in hand.html
        assert "<img" not in hand.html
        asked = Hand(place.address, "/en/status/").begin().post([("secret", evil), ("go", go)])
        assert "<script>alert" not in asked.html
    assert Hand(place.address, "/en/claim/?a=%3Cscript%3E").begin().status == 200


REFUSED = (
    ("a.png", png() + bytes(10_000_001), "larger than 10 MB"),
    ("a.txt", b"hello", "no picture"),
    ("bomb.zip", ZIP, "no picture"),
    ("a.png", png(tail=ZIP), "something else is hidden"),
    ("a.jpg", JPEG + b"<html>", "something else is hidden"),
    ("a.pdf", PDF.replace(b"1 0 obj", b"<script>"), "something else is hidden"),
    ("a.pdf", PDF + bytes(2000), "something else is hidden"),
    ("a.png", png(60_000, 60_000), "too many points"),
    ("a.jpg", JPEG[:-2], "not whole"),
    ("a.png", png()[:40], "not whole"),
    ("../../etc/passwd.png", png(), "its name holds signs"),
    (f"{'n' * 130}.png", png(), "its name is too long"),
)


def test_a_file_that_is_not_taken_is_told(place: Place) -> None:
    """Too large, of another kind, two kinds at once, a bomb, a path: a sentence, and not kept."""
    form = filled(Hand(place.address, "/en/claim/"), "evidence", ())
    form = form.send({}, [("good.png", "image/png", png())], go="stay")
    for name, content, told in REFUSED:
        hand = form.send({}, [(name, "image/png", content)])
        assert hand.status == 200
        assert told in hand.text
        assert "good.png" in hand.text
    with place.opened.database.reading() as connection:
        [(kept,)] = connection.execute("SELECT count(*) FROM inbox.attachment").fetchall()
    assert kept == 1
    gone = re.search(r'value="(drop-[0-9a-f]{32})"', hand.html)
    assert gone
    assert "good.png" not in hand.send({}, go=gone[1]).text


def test_what_is_too_much_at_once_is_turned_away(place: Place) -> None:
    """A body beyond every limit gets the page that says what fits, not a broken connection."""
    form = Hand(place.address, "/en/claim/").begin()
    many = [("a.png", "image/png", png() + bytes(9_000_000))] * 4
    hand = form.send({"step": "evidence"}, many)
    assert hand.status == 413
    assert "too much at once" in hand.text


def test_the_public_role_cannot_read_what_was_sent(place: Place) -> None:
    """It adds, and sees whether a form came before; content, files, other rooms it cannot see."""
    filled(Hand(place.address, "/zh/claim/"), files=[("a.png", "image/png", png())]).send({})
    with closing(Database(place.opened.database._conninfo, PUBLIC_ROLE)) as public:
        for statement in (
            "SELECT sealed FROM inbox.message",
            "SELECT reference, received_at FROM inbox.message",
            "SELECT sealed FROM inbox.attachment",
            "SELECT attachment_id FROM inbox.attachment",
            "UPDATE inbox.message SET kind = 'scam'",
            "DELETE FROM inbox.attachment",
            "SELECT words FROM inbox.answer",
            "UPDATE inbox.shown SET sealed = sealed",
            "DELETE FROM inbox.sent",
            "SELECT report_no FROM inbox.reported",
            "SELECT secret_mark FROM inbox.message",
            "SELECT 1 FROM governance.audit",
            "SELECT 1 FROM payees.page",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                public.unit_of_work() as connection,
            ):
                connection.execute(statement.encode())
        with public.reading() as connection:
            assert connection.execute(
                "SELECT count(submission_key) FROM inbox.message"
            ).fetchone() == (1,)


def test_crowded_forms_say_when_to_come_back(site: Path) -> None:
    """Ten times as many as there are places: the rest get a page; baked pages stay up."""
    desk = _desk(site, at_once=2)
    answers = asyncio.run(_crowd(desk, 20))
    crowded = [body for status, body in answers if status == 503]
    assert len(crowded) == 18
    assert "ten minutes" in crowded[0]
    with serving(App(site, at_once=0)) as address:
        for path in ("/en/scam/", "/en/status/"):
            away = Hand(address, path).post([("go", "next")])
            assert (away.status, away.headers["retry-after"]) == (503, str(COME_BACK_S))
            assert away.html == crowded[0]
        assert Hand(address, "/zh/progress.html").begin().status == 200
    with serving(app(site)) as address:
        assert Hand(address, "/zh/progress.html").begin().status == 200
        closed = Hand(address, "/zh/claim/").begin()
        assert closed.status == 503
        assert "维护" in closed.text
        assert closed.headers["retry-after"]
        assert Hand(address, "/zh/nothing/").begin().status == 404
        assert Hand(address, "/log/../case.toml").begin().status == 404


def _desk(site: Path, at_once: int) -> Desk:
    database = Database("host=127.0.0.1 port=1")
    inbox = Inbox(database=database, recipient="age1unused")
    return Desk(baked=Baked(site), inbox=inbox, now=RealClock().now, at_once=at_once)


async def _crowd(desk: Desk, number: int) -> list[tuple[int, str]]:
    """So many forms whose bodies are still on their way, and what those get that find no place."""
    application, open_door, answered = forms(desk), asyncio.Event(), asyncio.Semaphore(0)

    async def one() -> tuple[int, str]:
        sent: list[dict[str, object]] = []
        scope = {
            "type": "http", "method": "POST", "path": "/en/scam/", "raw_path": b"/en/scam/",
            "query_string": b"", "root_path": "", "scheme": "http", "server": ("x", 1),
            "client": ("y", 2), "http_version": "1.1", "asgi": {"version": "3.0"}, "state": {},
            "headers": [(b"content-type", b"multipart/form-data; boundary=edge")],
        }  # fmt: skip

        async def receive() -> dict[str, object]:
            await open_door.wait()
            return {"type": "http.request", "body": b"--edge--\r\n", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        asked = cast("HTTPScope", scope), cast("Receive", receive), cast("Send", send)
        await application(*asked)
        status, body = sent[0]["status"], sent[1]["body"]
        assert isinstance(status, int)
        assert isinstance(body, bytes)
        answered.release()
        return status, body.decode()

    waiting = [asyncio.ensure_future(one()) for _ in range(number)]
    for _ in range(number - desk.at_once):
        await answered.acquire()
    open_door.set()
    return list(await asyncio.gather(*waiting))


def test_nothing_of_a_form_stands_in_an_address(place: Place) -> None:
    """No page of the forms has an address with anything in it, so no log can hold it."""
    hand = filled(Hand(place.address, "/zh/claim/"))
    done = hand.send({})
    for one in (hand, done, done.send({"saved": "yes"})):
        targets = re.findall(r'(?:action|href|formaction)="([^"]*)"', unescape(one.html))
        assert not [
            target for target in targets if "?" in target or re.search("[0-9a-f]{32}", target)
        ]


@pytest.mark.parametrize(("language", "title"), [("zh", "已经收到"), ("zh-hant", "已經收到")])
def test_a_confirmation_is_saved_as_a_pdf(place: Place, language: str, title: str) -> None:
    """Of reference and code alone; nothing is stored by it, and no answer stands in the file."""
    done = filled(Hand(place.address, f"/{language}/claim/")).send({})
    file = done.send({}, go="pdf")
    assert (file.status, file.headers["content-type"]) == (200, "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="confirmation.pdf"'
    assert file.headers["cache-control"] == "no-store"
    found = seen(file.content)
    assert found.title == title
    assert found.standards == {"pdfa part": "3", "pdfa conformance": "A", "pdfua part": "1"}
    for code in re.findall(r"(?:[0-9A-Z]{4}-)+[0-9A-Z]{4}", done.text):
        assert code in found.lines
    assert [value for value in _LOSS.values() if value in found.text] == []
    assert [line for line in found.lines if line.startswith(NEVER_FIRST)] == []
    assert len(opening.messages(place.opened)) == 1
    hidden = [("step", "saved"), ("go", "pdf"), ("submission", "0")]
    assert done.post(hidden).headers["content-type"].startswith("text/html")


def _asks(place: Place, secret: str, language: str = "en") -> Hand:
    return Hand(place.address, f"/{language}/status/").begin().send({"secret": secret})


def test_a_sender_sees_what_became_of_a_message(place: Place) -> None:
    """From come to refused, with the reasons, by the secret alone; every answer of one size."""
    done = filled(Hand(place.address, "/en/claim/")).send({})
    secret = _SECRET.findall(done.text)[0]
    came = _asks(place, secret)
    assert "It has come" in came.text
    [message] = opening.messages(place.opened)
    opening.open_message(place.opened, message.message_no, by="li.na", reason="test")
    opening.open_message(place.opened, message.message_no, by="li.na", reason="again")
    reading = _asks(place, f" {secret.lower().replace('-', ' ')} ", "zh")
    assert "正在看" in reading.text
    assert message.reference in reading.text
    words = "The bank's paper of the transfer is not there yet."
    line = ["answer", str(place.opened.case.root), str(message.message_no)]
    told = CliRunner().invoke(inbox_command, [*line, "--state", "more_needed", "--words", words])
    assert told.exit_code == 0, told.output
    answering.answer(
        place.opened, message.message_no, AnswerState.REFUSED, "同一笔钱。", by="li.na"
    )
    refused = _asks(place, secret)
    text = " ".join(refused.text.split())
    assert text.index("It was refused") < text.index(words) < text.index("Somebody is reading it")
    assert "You can object" in text
    assert {len(one.html.encode()) for one in (came, reading, refused)} == {16_384}
    assert "set-cookie" not in refused.headers
    assert refused.headers["cache-control"] == "no-store"
    again = replace(refused, path="/zh-hant/status/").send({}, go="stay")
    assert "沒有同意" in again.text
    listed = CliRunner().invoke(inbox_command, ["list", str(place.opened.case.root)])
    assert f"{message.reference}" in listed.output
    assert "refused" in listed.output


def test_only_the_secret_opens_an_answer(place: Place) -> None:
    """Wrong, missing or foreign codes are told apart from none, and learn nothing."""
    mine, other = (
        _SECRET.findall(filled(Hand(place.address, "/en/claim/")).send({}).text)[0] for _ in "ab"
    )
    for message in opening.messages(place.opened):
        answering.answer(place.opened, message.message_no, AnswerState.GRANTED, by="li.na")
    public = Database(place.opened.database._conninfo, PUBLIC_ROLE)
    with closing(public), public.reading() as connection:
        _, closed = store.shown(connection, way_back(mark_of(mine)))
    assert closed is not None
    assert opened_told(closed, mark_of(other)) is None
    assert opened_told(closed[:-1] + bytes([closed[-1] ^ 1]), mark_of(mine)) is None
    wrong = f"{mine[:-1]}{'0' if mine[-1] != '0' else '1'}"
    for typed, told in (
        ("", "First write the code"),
        ("7GQ4", "20 letters and digits"),
        ("x" * 5000, "20 letters and digits"),
        (wrong, "No message has this code"),
    ):
        asked = _asks(place, typed)
        assert told in asked.text
        assert 'aria-invalid="true"' in asked.html
        assert typed[:60] in asked.html


WORDS = (
    (AnswerState.HANDED_OVER, "", "can be: reading, more_needed"),
    (AnswerState.REFUSED, "", "reasons"),
    (AnswerState.GRANTED, "x" * 401, "at most 400"),
    (AnswerState.MORE_NEEDED, "请点击 www.fake-site.com 确认。", "may not be written"),
    (AnswerState.MORE_NEEDED, "请提供银行卡密码和验证码。", "may not be written"),
    (AnswerState.MORE_NEEDED, "13800010001 的证明还没有。", "number"),
)


def test_nobody_is_answered_like_a_fraudster_would(place: Place) -> None:
    """What may not be said to the public is refused before it is kept."""
    filled(Hand(place.address, "/en/claim/")).send({})
    [message] = opening.messages(place.opened)
    for state, words, told in WORDS:
        with pytest.raises(AmendsError, match=told):
            answering.answer(place.opened, message.message_no, state, words, by="li.na")
    with pytest.raises(UnopenedError):
        answering.answer(place.opened, 10**6, AnswerState.PAID, by="li.na")
    with pytest.raises(AnswerError):
        answering.answer(place.opened, message.message_no, AnswerState.HANDED_OVER, by="li.na")
    assert answering.answers(place.opened, message.message_no) == []


def test_reports_of_a_number_are_counted_without_keeping_it(place: Place) -> None:
    """However a number is written, its reports are one count; a report sent twice counts once."""
    told = []
    for number in ("138 0001 0001", "+86 13800010001", "１３８-0001-0001", "95588", "hidden"):
        form = Hand(place.address, "/en/scam/").begin()
        answers = {"number": number, "when": "2026-12-01", "said": "Give me the code."}
        done = form.send(answers)
        form.send(answers)
        found = re.search(r"reported this number too: (\d+)", done.text)
        told.append(found[1] if found else "")
        assert "It has come" in _asks(place, _SECRET.findall(done.text)[0]).text
    assert told == ["", "1", "2", "", ""]
    with place.opened.database.reading() as connection:
        marks = connection.execute("SELECT mark FROM inbox.reported").fetchall()
    assert len(marks) == 4


def test_files_without_a_message_are_cleared_away(place: Place) -> None:
    """After a week; those of a message stay, and whoever sends too late chooses them again."""
    picture = [("a.png", "image/png", png())]
    filled(Hand(place.address, "/en/claim/"), files=picture).send({})
    late = filled(Hand(place.address, "/en/claim/"), files=picture)
    assert answering.clear_away(place.opened) == 0
    with psycopg.connect(place.opened.database._conninfo) as owner:
        owner.execute("UPDATE inbox.attachment SET received_at = received_at - interval '8 days'")
    assert answering.clear_away(place.opened) == 1
    told = late.send({})
    assert "choose them again" in told.text
    assert len(opening.messages(place.opened)) == 1
    assert "客服" in unescape(told.html)
    assert "We have received it" in onward(told, files=picture).send({}).text
    assert len(opening.messages(place.opened)) == 2


def test_whoever_stops_sending_holds_no_place(place: Place) -> None:
    """A body that never ends: an answer within seconds; baked pages and forms answer meanwhile."""
    host, port = urlsplit(place.address).netloc.split(":")
    head = (
        b"POST /en/scam/ HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n"
        b"content-type: multipart/form-data; boundary=edge\r\n\r\n--edge\r\n"
    )
    with ExitStack() as stack:
        held = [stack.enter_context(create_connection((host, int(port)), 30)) for _ in range(40)]
        for one in held:
            one.sendall(head)
        for path in ("/zh/progress.html", "/zh/", "/data/progress.json"):
            assert Hand(place.address, path).begin().status == 200
        answers = [one.recv(65_536) for one in held]
    statuses = {answer.split(b" ", 2)[1] for answer in answers}
    assert statuses <= {b"408", b"503"}
    assert b"408" in statuses
    assert Hand(place.address, "/en/scam/").begin().send({"number": ""}).status == 200


def test_every_live_page_is_for_everybody(place: Place, tmp_path: Path) -> None:
    """Every step of every form as its sender sees it; languages and widths come by turns."""
    found: list[tuple[str, str]] = []
    with chromium(tmp_path / "profile") as page:
        for turn, language in enumerate(PAGE_LANGUAGES):
            steps = count()

            def look(name: str, turn: int = turn, steps: Iterator[int] = steps) -> None:
                if ((at := next(steps)) + turn) % 3 == 0:
                    page.look(width=WIDTHS[(at // 3 + turn) % 3], dark=at % 2 == 1)
                    found.extend((name, one) for one in faults(page, place.address))

            walked = walk_live(page, place.address, language, look)
            assert list(unwalked(walked)) == []
    assert found == []
