"""How far a message is: asked with the secret that its sender was shown when it was sent.

The secret comes in the body of a request and stands in no address, cookie or log. What is told lies
sealed under it: this process opens it with what was typed, and reads nothing else. All answers are
filled up to one size, so whoever sees only lengths learns nothing.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from amends.inbox.model import Answer, AnswerState, Kind, Told
from amends.inbox.service import secret_in, told
from amends.kernel.saying import Said, said
from amends.web.public.desk import Desk, Page, framed, language_of, one, parts, response
from amends.web.public.frames import STATUS
from amends.web.saying import PageLanguage, day, sentence

TITLE: Final = said("What became of my message?")
_STEP_BYTES: Final = 16_384
_MOST_TYPED: Final = 200

WORDS: Final[Mapping[AnswerState, tuple[Said, Said]]] = {
    AnswerState.READING: (
        said("Somebody is reading it"),
        said("A person reads it, not a program. You need do nothing."),
    ),
    AnswerState.MORE_NEEDED: (
        said("Something is still missing"),
        said(
            "Send it with a new message under “I have lost money”, and write the reference of this "
            "one into it. No date runs."
        ),
    ),
    AnswerState.GRANTED: (
        said("Your loss is made good"),
        said("You need do nothing. The money is sent like every other payment of ours."),
    ),
    AnswerState.REFUSED: (
        said("It was refused"),
        said(
            "You can object, at a counter or with a new message that names this reference. "
            "Another person then decides. You may also go to court."
        ),
    ),
    AnswerState.PAID: (
        said("It is paid"),
        said("Look at your own account. If nothing is there, tell a counter or our line."),
    ),
    AnswerState.HANDED_OVER: (
        said("The police have it"),
        said("Thank you. Reports like yours help them to find who called."),
    ),
}
"""Of each state: its name, and what its sender can do."""
_CAME: Final = (
    said("It has come"),
    said("It waits to be read by a person. You need do nothing."),
)


def status_handlers(desk: Desk) -> list[ControllerRouterHandler]:
    """What answers for the question how far a message is."""

    @get(f"/{{language:str}}/{STATUS}", name="begin-status")
    async def begin(language: FromPath[str]) -> Page:
        """The field for the secret."""
        spoken = language_of(language)
        _ = desk.opened
        return _asked(desk, spoken)

    @post(f"/{{language:str}}/{STATUS}", name="go-on-status", status_code=200)
    async def look(language: FromPath[str], request: Request[Any, Any, Any]) -> Page:
        """How far the message of this secret is."""
        spoken = language_of(language)
        inbox = desk.opened
        async with desk.place():
            sent, _ = parts(await request.form())
            typed = one(sent, "secret")[:_MOST_TYPED]
            if not secret_in(typed):
                stays = one(sent, "go") == "stay" and not typed
                return _asked(desk, spoken, typed, None if stays else _wrong(typed))
            found = await asyncio.to_thread(told, inbox, typed)
        if found is None:
            return _asked(desk, spoken, typed, _UNKNOWN)
        return _shown(desk, spoken, typed, found)

    return [begin, look]


_UNKNOWN: Final = said(
    "No message has this code. Compare it with what you wrote down, group by group."
)


def _wrong(typed: str) -> Said:
    if not typed.strip():
        return said("First write the code into the field.")
    return said("A code has 20 letters and digits, in five groups. Compare it with your paper.")


def _asked(desk: Desk, language: PageLanguage, typed: str = "", wrong: Said | None = None) -> Page:
    given = {"typed": typed, "wrong": sentence(wrong, language) if wrong else ""}
    return _page(desk, language, "status", given)


def _shown(desk: Desk, language: PageLanguage, typed: str, found: Told) -> Page:
    """What became of it: the newest large, what was before below."""
    name, do = WORDS[found.answers[-1].state] if found.answers else _CAME
    given = {
        "secret": secret_in(typed),
        "reference": found.reference,
        "name": sentence(name, language),
        "do": sentence(do, language),
        "words": found.answers[-1].words if found.answers else "",
        "missing": [one.state for one in found.answers[-1:]] == [AnswerState.MORE_NEEDED],
        "day": day(found.answers[-1].day, language) if found.answers else "",
        "before": [_line(answer, language) for answer in found.answers[-2::-1]],
        "decided": bool(found.answers) and found.answers[-1].state in _DECIDED,
        "loss": found.kind is not Kind.SCAM,
    }
    return _page(desk, language, "standing", given)


_DECIDED: Final = frozenset({AnswerState.GRANTED, AnswerState.REFUSED, AnswerState.PAID})


def _line(answer: Answer, language: PageLanguage) -> dict[str, str]:
    return {
        "day": day(answer.day, language),
        "name": sentence(WORDS[answer.state][0], language),
        "words": answer.words,
    }


def _page(desk: Desk, language: PageLanguage, template: str, given: Mapping[str, object]) -> Page:
    text = framed(desk, STATUS, TITLE, language, template, given)
    missing = -len(text.encode()) % _STEP_BYTES
    return response(text + " " * missing)
