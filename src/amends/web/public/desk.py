"""What the live pages share: how many are worked on at a time, and pages in their baked frames.

No cookie, no script; nothing of what is sent stands in an address or a log. More than so many at a
time are turned away with a page that says when to come back; baked files are served past us.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import HTTPException

from amends.inbox.service import Inbox
from amends.kernel.saying import Said
from amends.web.headers import PUBLIC
from amends.web.public.baked import Baked
from amends.web.public.frames import MAIN, TITLE, frame_name
from amends.web.rendering import rendered
from amends.web.saying import PageLanguage, page_language, sentence

Sent = Mapping[str, Sequence[str]]
Page = Response[str]

AT_ONCE: Final = 32
"""So many forms are worked on at a time; more are turned away."""
COME_BACK_S: Final = 600
PIECE_S: Final = 30.0
"""So long the next piece of what somebody sends may take."""
WHOLE_S: Final = 600.0
"""So long all of it may take: 30 MB by a line of half a megabit."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the forms work with. ``inbox``: None where they are closed; ``now``: the clock.

    ``press``: sets one document after the other, so that whoever wants none waits for none.
    """

    baked: Baked
    inbox: Inbox | None
    now: Callable[[], datetime]
    at_once: int = AT_ONCE
    press: asyncio.Lock = field(default_factory=asyncio.Lock)
    _busy: list[None] = field(default_factory=list)

    @property
    def opened(self) -> Inbox:
        """The inbox.

        Raises:
            ClosedError: there is none.
        """
        if self.inbox is None:
            raise ClosedError
        return self.inbox

    @property
    def is_full(self) -> bool:
        """Whether as many forms are worked on as may be."""
        return len(self._busy) >= self.at_once

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place at the desk while the block runs.

        Raises:
            CrowdedError: there is none.
            TimeoutError: the block takes longer than anybody may hold a place.
        """
        if self.is_full:
            raise CrowdedError
        self._busy.append(None)
        try:
            async with asyncio.timeout(WHOLE_S):
                yield
        finally:
            self._busy.pop()


class CrowdedError(Exception):
    """More forms are being worked on than may be."""


class ClosedError(Exception):
    """The forms are closed."""


def parts(data: FormMultiDict) -> tuple[Sent, list[UploadFile]]:
    """The fields of a form by name, and the files that were chosen."""
    sent: dict[str, list[str]] = {}
    uploads: list[UploadFile] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            uploads.append(value)
        elif isinstance(value, str):
            sent.setdefault(name, []).append(value.replace("\0", ""))
    return sent, [one for one in uploads if one.filename]


def one(sent: Sent, name: str) -> str:
    """The first value of a field, or nothing."""
    values = sent.get(name, ())
    return values[0] if values else ""


def language_of(text: str) -> PageLanguage:
    """The language of a path.

    Raises:
        HTTPException: it is none.
    """
    found = page_language(text)
    if found is None:
        raise HTTPException(status_code=404)
    return found


def framed(
    desk: Desk,
    path: str,
    title: Said,
    language: PageLanguage,
    template: str,
    given: Mapping[str, object],
) -> str:
    """A live page in its baked frame.

    Raises:
        ClosedError: the site has no such frame.
    """
    frame = desk.baked.body(frame_name(language, path)).decode()
    if not frame:
        raise ClosedError
    main = rendered(f"public/{template}.html", language, **given)
    return frame.replace(TITLE, escape(sentence(title, language))).replace(MAIN, main)


def response(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    """An answer that nobody keeps."""
    return Response(
        text,
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={**dict(PUBLIC), "cache-control": "no-store", **(headers or {})},
    )


def error(desk: Desk, request: Request[Any, Any, Any], status: int) -> Page:
    """The baked page of what went wrong; 0: the forms are closed."""
    first = request.scope["path"].strip("/").partition("/")[0]
    language = page_language(first) or "zh"
    known = status if status in {404, 408, 413, 503} else 500
    name = "maintenance" if status == 0 else f"error-{known}"
    body = desk.baked.body(f"{language}/{name}.html").decode() or str(status)
    later = {"retry-after": str(COME_BACK_S)} if status in {0, 503} else {}
    # An error page lies one folder higher than the form that it answers for.
    return response(body.replace('="../', '="../../'), status or 503, later)
