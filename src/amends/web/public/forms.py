"""The live half of the public site: two forms, answered by Litestar, without a cookie or a script.

Every answer is a page in a baked frame. What goes wrong is a page too, in the reader's language,
that keeps what was typed. Nothing of what is sent stands in an address or a log. More than so many
at a time are turned away with a page that says when to come back; baked files are served past us.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import psycopg
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from amends.inbox.model import (
    MEGABYTE,
    MOST_BYTES_TOGETHER,
    Attachment,
    GoneError,
    Receipt,
    Reception,
)
from amends.inbox.service import (
    keep,
    new_submission,
    other_reports,
    receipt_of,
    receive,
)
from amends.kernel.saying import Said, said
from amends.web.public.confirmation import saved
from amends.web.public.desk import (
    ClosedError,
    CrowdedError,
    Desk,
    Page,
    Sent,
    error,
    framed,
    language_of,
    one,
    parts,
    response,
)
from amends.web.public.status import status_handlers
from amends.web.public.steps import (
    FORMS,
    VALID_S,
    Fault,
    Form,
    Question,
    State,
    faults,
    read_state,
    renewed,
    too_many,
)
from amends.web.saying import BEIJING, PageLanguage, sentence

MOST_BODY: Final = MOST_BYTES_TOGETHER + 2 * MEGABYTE
_PARTS: Final = 64
_LOOK: Final = "look"
_SAVED: Final = "saved"
_PDF: Final = "pdf"
Answered = Response[str] | Response[bytes]


def forms(desk: Desk) -> Litestar:
    """The application of the forms."""
    return Litestar(
        route_handlers=[
            *(handler for form in FORMS for handler in _handlers(desk, form)),
            *status_handlers(desk),
        ],
        openapi_config=None,
        request_max_body_size=MOST_BODY,
        multipart_form_part_limit=_PARTS,
        exception_handlers={
            CrowdedError: lambda request, _: error(desk, request, 503),
            ClosedError: lambda request, _: error(desk, request, 0),
            TimeoutError: lambda request, _: error(desk, request, 408),
            psycopg.OperationalError: lambda request, _: error(desk, request, 0),
            HTTPException: lambda request, found: error(desk, request, found.status_code),
            Exception: lambda request, _: error(desk, request, 500),
        },
        logging_config=None,
    )


def _handlers(desk: Desk, form: Form) -> list[ControllerRouterHandler]:
    """What answers for a form: its first page, and whatever is sent."""

    @get(f"/{{language:str}}/{form.path}", name=f"begin-{form.kind.value}")
    async def begin(language: FromPath[str]) -> Page:
        """The first page of a form."""
        spoken = language_of(language)
        _ = desk.opened
        return _question_page(desk, form, spoken, _fresh(desk), 0)

    @post(f"/{{language:str}}/{form.path}", name=f"go-on-{form.kind.value}", status_code=200)
    async def go_on(language: FromPath[str], request: Request[Any, Any, Any]) -> Answered:
        """The next page of a form, or the same with what is wrong."""
        spoken = language_of(language)
        _ = desk.opened
        async with desk.place():
            sent, uploads = parts(await request.form())
            return await _answer(desk, form, spoken, sent, uploads)

    return [begin, go_on]


def _fresh(desk: Desk) -> State:
    return State(submission=new_submission(), started_s=int(desk.now().timestamp()))


async def _answer(
    desk: Desk, form: Form, language: PageLanguage, sent: Sent, uploads: Sequence[UploadFile]
) -> Answered:
    """What comes after a page that was sent."""
    state = read_state(form, sent, _fresh(desk))
    go, step = one(sent, "go"), one(sent, "step")
    found: list[Fault] = []
    if uploads:
        state, found = await _with_files(desk, state, uploads)
    if go.startswith("drop-"):
        kept = tuple(it for it in state.files if it.attachment_id != go.removeprefix("drop-"))
        state, go = replace(state, files=kept), "stay"
    if step == _SAVED:
        return await _after_saving(desk, form, language, state, sent)
    if form.one_page or step == _LOOK:
        return await _from_the_end(desk, form, language, state, go)
    at = _place_of(form, step)
    if go == "next" and not found:
        today = desk.now().astimezone(BEIJING).date()
        found = faults(form, state, today, form.questions[at].id)
    at += {"next": 0 if found else 1, "back": -1}.get(go, 0)
    again = go == "next" and not found and state.looked
    if at < len(form.questions) and not again:
        return _question_page(desk, form, language, state, max(at, 0), found)
    return _look_page(desk, form, language, state)


async def _from_the_end(
    desk: Desk, form: Form, language: PageLanguage, state: State, go: str
) -> Page:
    """From the page where all answers stand: change one, or send."""
    if go.startswith("change-"):
        at = _place_of(form, go.removeprefix("change-"))
        return _question_page(desk, form, language, state, at)
    if go == "anew":
        state = renewed(state, _fresh(desk))
    if go != "next":
        return _all_page(desk, form, language, state)
    found = faults(form, state, desk.now().astimezone(BEIJING).date())
    if found:
        at = _place_of(form, found[0].question)
        return _question_page(desk, form, language, state, at, found)
    if not 0 <= desk.now().timestamp() - state.started_s <= VALID_S:
        old = said("This page stood open for more than a day. Look through it, and send it again.")
        return _all_page(desk, form, language, renewed(state, _fresh(desk)), old)
    try:
        receipt = await asyncio.to_thread(
            receive,
            desk.opened,
            form.kind,
            state.submission,
            state.answers,
            state.files,
            language=language,
        )
    except GoneError:
        return _without_files(desk, form, language, state)
    number = state.answers.get("number", "")
    others = await asyncio.to_thread(other_reports, desk.opened, number)
    return _confirmed(desk, form, language, state, receipt, {"others": others})


def _without_files(desk: Desk, form: Form, language: PageLanguage, state: State) -> Page:
    """Files waited too long for their message and are gone; everything else is still there."""
    told = said("The files had to wait too long and were cleared away. Please choose them again.")
    at, empty = _place_of(form, "evidence"), replace(state, files=())
    return _question_page(desk, form, language, empty, at, [Fault(question="evidence", told=told)])


def _all_page(
    desk: Desk, form: Form, language: PageLanguage, state: State, notice: Said | None = None
) -> Page:
    """The page where all answers stand: of a short form its only one."""
    if form.one_page:
        return _question_page(desk, form, language, state, 0, notice=notice)
    return _look_page(desk, form, language, state, notice)


async def _with_files(
    desk: Desk, state: State, uploads: Sequence[UploadFile]
) -> tuple[State, list[Fault]]:
    """The state with the files that are taken, and why others are not."""
    contents = [await one.read() for one in uploads]
    refused = too_many(state.files, [len(one) for one in contents])
    if refused is not None:
        return state, [Fault(question="evidence", told=refused)]
    found, kept = [], list(state.files)
    for upload, content in zip(uploads, contents, strict=True):
        taken = await asyncio.to_thread(keep, desk.opened, upload.filename, content)
        if isinstance(taken, Attachment):
            kept.append(taken)
        else:
            told = said("“{name}” was not taken: {why}", name=_shown(upload.filename), why=taken)
            found.append(Fault(question="evidence", told=told))
    return replace(state, files=tuple(kept)), found


def _shown(name: str) -> str:
    """A file's name as a page shows it: its last part, without signs that nobody sees."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(symbol for symbol in last if symbol.isprintable())[:60] or "?"


async def _after_saving(
    desk: Desk, form: Form, language: PageLanguage, state: State, sent: Sent
) -> Answered:
    """After the confirmation: saved as a file, or on, once the secret is written down."""
    if one(sent, "go") == _PDF and one(sent, "submission") == state.submission.hex():
        return await saved(desk, language, receipt_of(state.submission))
    if one(sent, "saved") == "yes":
        return _page(desk, form, language, "done", {})
    receipt = receipt_of(state.submission)
    return _confirmed(desk, form, language, state, receipt, {"unsaved": True})


def _place_of(form: Form, question: str) -> int:
    return next((at for at, one in enumerate(form.questions) if one.id == question), 0)


def _question_page(  # noqa: PLR0913, PLR0917 - a page's parts
    desk: Desk,
    form: Form,
    language: PageLanguage,
    state: State,
    at: int,
    found: Sequence[Fault] = (),
    notice: Said | None = None,
) -> Page:
    """The page of one question, or of all of a short form."""
    shown = form.questions if form.one_page else form.questions[at : at + 1]
    names = {one.id for one in shown}
    wrong = {one.question: sentence(one.told, language) for one in reversed(found)}
    given = {
        "step": form.questions[at].id,
        "questions": [_question(one, state, wrong, language) for one in shown],
        "alone": not form.one_page,
        "heading": sentence(form.title, language) if form.one_page else "",
        "number": 0 if form.one_page else at + 1,
        "all": len(form.questions),
        "faults": [
            {"question": one.question, "told": sentence(one.told, language)}
            for one in found
            if one.question in names
        ],
        "notice": sentence(notice, language) if notice else "",
        "next": sentence(form.send if form.one_page else said("Go on"), language),
        "back": at > 0 and not form.one_page,
        "files": [
            {"name": one.name, "size": _size(one.size_bytes), "attachment_id": one.attachment_id}
            for one in state.files
        ],
        **_carried(state, names),
    }
    return _page(desk, form, language, "form", given)


def _question(
    question: Question, state: State, wrong: Mapping[str, str], language: PageLanguage
) -> dict[str, object]:
    error = wrong.get(question.id, "")
    return {
        "id": question.id,
        "kind": question.kind,
        "needed": question.needed,
        "title": sentence(question.title, language),
        "hint": sentence(question.hint, language),
        "value": state.answers.get(question.id, ""),
        "choices": [(key, sentence(name, language)) for key, name in question.choices],
        "wrong": error,
        "described": f"{question.id}-hint {question.id}-error" if error else f"{question.id}-hint",
    }


def _look_page(
    desk: Desk, form: Form, language: PageLanguage, state: State, notice: Said | None = None
) -> Page:
    """All answers, each with a way back to it."""
    state = replace(state, looked=True)
    given = {
        "shown": [
            {
                "id": one.id,
                "title": sentence(one.title, language),
                "value": _value(one, state, language),
            }
            for one in form.questions
        ],
        "next": sentence(form.send, language),
        "notice": sentence(notice, language) if notice else "",
        **_carried(state, set()),
    }
    return _page(desk, form, language, "look", given)


def _value(question: Question, state: State, language: PageLanguage) -> str:
    """An answer as a page shows it."""
    if question.kind == "files":
        return "\n".join(f"{one.name} ({_size(one.size_bytes)})" for one in state.files)
    text = state.answers.get(question.id, "")
    names = dict(question.choices)
    return sentence(names[text], language) if text in names else text


def _confirmed(
    desk: Desk,
    form: Form,
    language: PageLanguage,
    state: State,
    receipt: Receipt,
    more: Mapping[str, object],
) -> Page:
    """What was received, and what its sender has to keep."""
    given = {
        "kind": form.kind.value,
        "reference": receipt.reference,
        "secret": receipt.secret,
        "again": receipt.reception is Reception.AGAIN,
        "changed": receipt.reception is Reception.CHANGED,
        "unsaved": False,
        "others": 0,
        **more,
        **_carried(state, set()),
    }
    return _page(desk, form, language, "confirmed", given)


def _carried(state: State, shown: set[str]) -> dict[str, object]:
    """What a page carries in hidden fields; *shown*: questions that stand on it themselves."""
    return {
        "submission": state.submission.hex(),
        "started": str(state.started_s),
        "carried": [pair for pair in state.answers.items() if pair[0] not in shown],
        "file_lines": state.file_lines,
        "looked": state.looked,
    }


def _size(size_bytes: int) -> str:
    return f"{max(size_bytes / MEGABYTE, 0.1):.1f} MB"


def _page(
    desk: Desk, form: Form, language: PageLanguage, template: str, given: Mapping[str, object]
) -> Page:
    """A page of a form in its baked frame."""
    return response(framed(desk, form.path, form.title, language, template, given))
