"""The questions of the forms, what answers are taken, and what a page carries from one to the next.

Pure. A form keeps nothing on the server: every page carries what was answered so far, and is read
anew each time. So a page that is sent twice, late, or from two windows loses nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from amends.inbox.model import ID_BYTES, MOST_BYTES_TOGETHER, MOST_FILES, Attachment, Kind
from amends.kernel.saying import Said, said

VALID_S: Final = 24 * 3600
"""A page that stood open for longer is looked at once more before it is sent."""
_EARLIEST: Final = date(2000, 1, 1)
_MOST_YUAN: Final = 10**11
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_SPACES: Final = re.compile(r"[\s\u00a0\u3000,，]")
_AMOUNT: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_FILE: Final = re.compile(r"([0-9a-f]{32})\|([0-9]{1,8})\|([a-z/]{1,20})\|(.{1,120})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of a form. ``kind``: text, long, date, amount, choice or files."""

    id: str
    title: Said
    hint: Said
    kind: str
    needed: bool = True
    longest: int = 200
    choices: tuple[tuple[str, Said], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form: its questions in their order, and how many stand on a page."""

    kind: Kind
    path: str
    title: Said
    questions: tuple[Question, ...]
    one_page: bool
    send: Said


CLAIM: Final = Form(
    kind=Kind.LOSS,
    path="claim/",
    title=said("I have lost money"),
    one_page=False,
    send=said("Send it"),
    questions=(
        Question(
            id="what",
            title=said("What happened?"),
            hint=said("In your own words, as you would tell it to a friend."),
            kind="long",
            longest=4000,
        ),
        Question(
            id="when",
            title=said("When was it?"),
            hint=said("If you are not sure, the day that you think it was."),
            kind="date",
        ),
        Question(
            id="lost",
            title=said("How much did you lose?"),
            hint=said("In yuan. If you are not sure, write about how much."),
            kind="amount",
        ),
        Question(
            id="how",
            title=said("What has it to do with the leak?"),
            hint=said("Choose what fits best. “I do not know” is a good answer."),
            kind="choice",
            choices=(
                ("knew", said("They knew things about me that had leaked")),
                ("pretended", said("They pretended to call because of the leak")),
                ("account", said("They got into an account of mine")),
                ("unknown", said("I do not know")),
            ),
        ),
        Question(
            id="evidence",
            title=said("Do you have pictures or papers of it?"),
            hint=said(
                "A photograph of the message, of the transfer, of the call. JPEG, PNG or PDF; each "
                "up to 10 MB, five at most. They are sealed as they arrive. None is needed."
            ),
            kind="files",
            needed=False,
        ),
        Question(
            id="police",
            title=said("Have you reported it to the police?"),
            hint=said("If so, the number on the paper that you got. It can follow later."),
            kind="text",
            needed=False,
            longest=80,
        ),
        Question(
            id="contact",
            title=said("How may we reach you?"),
            hint=said("An e-mail address, or where a letter finds you. We do not ring you up."),
            kind="text",
        ),
    ),
)
SCAM: Final = Form(
    kind=Kind.SCAM,
    path="scam/",
    title=said("A suspicious call or message"),
    one_page=True,
    send=said("Report it"),
    questions=(
        Question(
            id="number",
            title=said("From which number?"),
            hint=said("As it stood on the telephone. If it was hidden, write “hidden”."),
            kind="text",
            longest=60,
        ),
        Question(
            id="when",
            title=said("When was it?"),
            hint=said("If you are not sure, the day that you think it was."),
            kind="date",
        ),
        Question(
            id="said",
            title=said("What did they say?"),
            hint=said("Nothing about yourself is needed, please no name and no number of yours."),
            kind="long",
            longest=2000,
        ),
    ),
)
FORMS: Final = (CLAIM, SCAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a page carries: the form's number, when it was begun, answers and files so far.

    ``looked``: all answers were looked through; who changes one goes back to that page.
    """

    submission: bytes = field(repr=False)
    started_s: int
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[Attachment, ...] = ()
    looked: bool = False

    @property
    def file_lines(self) -> list[str]:
        """Files as a page carries them."""
        return [
            f"{one.attachment_id}|{one.size_bytes}|{one.media_type}|{one.name}"
            for one in self.files
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with an answer."""

    question: str
    told: Said


def read_state(form: Form, sent: Mapping[str, Sequence[str]], fresh: State) -> State:
    """What a page carried; *fresh*: what stands in for what it did not carry in its form."""
    submission = _submission(_first(sent, "submission"))
    started = _first(sent, "started")
    return State(
        submission=submission or fresh.submission,
        started_s=int(started) if started.isdecimal() and len(started) < 12 else 0,  # noqa: PLR2004
        answers={
            question.id: _clean(_first(sent, question.id), question)
            for question in form.questions
            if question.kind != "files" and question.id in sent
        },
        files=_files(sent.get("file", ())),
        looked=_first(sent, "looked") == "yes",
    )


def renewed(state: State, fresh: State) -> State:
    """The same answers on a form of another number."""
    return replace(state, submission=fresh.submission, started_s=fresh.started_s)


def faults(form: Form, state: State, today: date, only: str = "") -> list[Fault]:
    """What is wrong with the answers, in the order of the questions; *only*: of one question."""
    found = []
    for question in form.questions:
        if question.kind != "files" and only in {"", question.id}:
            told = _fault(question, state.answers.get(question.id, ""), today)
            if told is not None:
                found.append(Fault(question=question.id, told=told))
    return found


def too_many(files: Sequence[Attachment], more: Sequence[int]) -> Said | None:
    """Why further files of these sizes are not taken, or None."""
    if len(files) + len(more) > MOST_FILES:
        return said("that is more than five files; choose the most telling ones")
    if sum(one.size_bytes for one in files) + sum(more) > MOST_BYTES_TOGETHER:
        return said("together they are larger than 30 MB; leave one out")
    return None


def _fault(question: Question, text: str, today: date) -> Said | None:
    if not text:
        return said("This is still empty.") if question.needed else None
    if len(text) > question.longest:
        return said(
            "This is longer than {longest:,} characters; please shorten it a little.",
            longest=question.longest,
        )
    if question.kind == "date":
        return _date_fault(text, today)
    if question.kind == "amount" and not 0 < fen(text) < _MOST_YUAN:
        return said("Write it as a number, for example 3000.")
    if question.kind == "choice" and text not in dict(question.choices):
        return said("Choose one of these.")
    return None


def _date_fault(text: str, today: date) -> Said | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return said("Write year, month and day, for example 2026-11-23.")
    if day > today:
        return said("This day is still to come.")
    return said("This is too long ago.") if day < _EARLIEST else None


def fen(text: str) -> int:
    """An amount as somebody writes it (``3,000``, ``3000.50元``, ``2万``) in fen; 0: it is none."""
    plain = _SPACES.sub("", text).removeprefix("¥").removeprefix("￥").removesuffix("元")
    times = 1_000_000 if plain.endswith(("万", "萬")) else 100
    plain = plain.removesuffix("万").removesuffix("萬")
    if not plain.isascii() or not _AMOUNT.fullmatch(plain):
        return 0
    whole, _, part = plain.partition(".")
    return int(whole) * times + int(part.ljust(2, "0") or 0) * times // 100


def _first(sent: Mapping[str, Sequence[str]], name: str) -> str:
    values = sent.get(name, ())
    return values[0] if values else ""


def _clean(text: str, question: Question) -> str:
    """Without signs that nobody sees, and blanks at its ends; lines stay lines."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if question.kind != "long":
        text = " ".join(text.split())
    return text[: 4 * question.longest]


def _submission(text: str) -> bytes | None:
    return bytes.fromhex(text) if re.fullmatch(rf"[0-9a-f]{{{2 * ID_BYTES}}}", text) else None


def _files(lines: Sequence[str]) -> tuple[Attachment, ...]:
    found = [match for line in lines[:MOST_FILES] if (match := _FILE.fullmatch(line))]
    return tuple(
        Attachment(
            attachment_id=one[1],
            size_bytes=int(one[2]),
            media_type=one[3],
            name=_CONTROL.sub("", one[4]),
        )
        for one in found
    )
