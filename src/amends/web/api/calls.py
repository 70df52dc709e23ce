"""How a call is answered: who asks, what it may, once under its key, or a problem that says why."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter

from amends.access import once
from amends.access import service as access
from amends.access.model import Right, SignedOutError, Site
from amends.access.rules import same
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.saying import said
from amends.store.asking import Asking, Lines
from amends.vault.opened import OpenCase
from amends.web import saying
from amends.web.api.model import Done, Problem
from amends.web.console import answers
from amends.web.console.clocks import Clocks
from amends.web.console.sessions import Asked, Sessions, check_origin
from amends.web.ready import Ready, raw
from amends.web.threads import in_thread

Call = Request[Any, Any, Any]
Made = TypeVar("Made", bound=msgspec.Struct)

_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; PostgreSQL keeps none
PROBLEM: Final = "application/problem+json"
_STATUSES: Final = {"governance": 409, "sign_in": 403, "forbidden": 403}
_NOT_FOUND: Final = frozenset({"no_payment", "unknown_person", "unknown_run", "unknown_file"})

Key = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        pattern="^[A-Za-z0-9_-]{8,200}$",
        description="Chosen by the caller; the same key with the same body is done once.",
    ),
]


def responses(*statuses: int) -> dict[int, ResponseSpec]:
    """What may be answered beside success."""
    words = {
        202: "Proposed: two others have to sign it.",
        400: "The request is not what the description says.",
        401: "Nobody is signed in.",
        403: "The roles do not allow it, or a second factor did not hold.",
        404: "There is none.",
        409: "A rule refuses it; `code` says which.",
    }
    return {
        status: ResponseSpec(
            data_container=Done if status == 202 else Problem,  # noqa: PLR2004
            description=words[status],
            media_type="application/json" if status == 202 else PROBLEM,  # noqa: PLR2004
            generate_examples=False,
        )
        for status in (400, 401, 403, *statuses)
    }


READS: Final = responses(409)
FINDS: Final = responses(404, 409)
ACTS: Final = responses(202, 404, 409)


class Ended(Exception):  # noqa: N818 -- it is no error: the answer is there
    """A call that is answered already."""

    def __init__(self, response: Response[bytes]) -> None:
        super().__init__()
        self.response = response


class Desk:
    """Who calls, where, and on what: the open case as that operator."""

    def __init__(self, opened: OpenCase, asked: Asked, site: Site) -> None:
        self.opened, self.session, self.site = opened, asked.session, site


class Calls:
    """Answers calls over one case."""

    def __init__(self, opened: OpenCase, sessions: Sessions, lines: Lines) -> None:
        self._clocks, self.sessions, self._lines = Clocks(opened), sessions, lines

    async def get(
        self, request: Call, right: Right, make: Callable[[Desk], Made]
    ) -> Response[Made]:
        """Answer a question."""
        return _answer(await in_thread(lambda: make(self._desk(request, right))))

    async def get_quick(
        self, request: Call, right: Right, make: Callable[[Asking], Awaitable[Made]]
    ) -> Response[Any]:
        """Answer a question that an index answers, or say why not: a thread would cost more."""
        try:
            self._desk(request, right)
            return _answer(await make(self._lines))
        except AmendsError as refusal:
            return problem(request, refusal)
        except psycopg.OperationalError as error:
            return unreachable(request, error)

    async def post(
        self,
        request: Call,
        right: Right,
        *,
        key: str,
        body: msgspec.Struct | None,
        make: Callable[[Desk], Made],
        secret: bool = False,
    ) -> Response[Made]:
        """Do something once under its key, and give the same answer again.

        *secret*: the answer is not kept; who asks again under the key is refused.

        Raises:
            Ended: it was done before, is refused, or waits for others; with the answer.
        """
        return await in_thread(
            lambda: self._done(request, right, key=key, body=body, make=make, secret=secret)
        )

    def _done(
        self,
        request: Call,
        right: Right,
        *,
        key: str,
        body: msgspec.Struct | None,
        make: Callable[[Desk], Made],
        secret: bool,
    ) -> Response[Made]:
        given = b"" if body is None else msgspec.json.encode(body)
        asked_for = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + given)
        desk = self._desk(request, right)
        if _NUL.search(given):
            told = said("a text holds the character NUL, which no text has: leave it out")
            raise Ended(_problem(400, "nul", saying.sentence(told, answers.language_of(request))))
        known = once.begin(desk.opened, key, asked_for.digest())
        if known is not None:
            raise Ended(_kept(*known))
        try:
            made = make(desk)
        except AmendsError as refusal:
            refused = problem(request, refusal)
            once.end(desk.opened, key, refused.status_code or 0, refused.content)
            raise Ended(refused) from refusal
        if not secret:
            once.end(desk.opened, key, 201, msgspec.json.encode(made))
        self.sessions.forget()
        return Response(made, status_code=201)

    def _desk(self, request: Call, right: Right) -> Desk:
        """Who calls, if they may.

        Raises:
            SignedOutError: nobody who is signed in.
            ForbiddenError: the roles do not allow it, or a browser was tricked into it.
        """
        asked = self.sessions.asked(request.cookies, request.headers.get("authorization", ""))
        if asked.by_cookie:
            answers.check_host(self.sessions.site, request)
            if request.method != "GET":
                check_origin(
                    self.sessions.site,
                    request.headers.get("origin"),
                    request.headers.get("sec-fetch-site"),
                )
                given = request.headers.get("x-form-token", "")
                if not same(asked.form_token, given):
                    raise SignedOutError(said("send the form token of the session: X-Form-Token"))
        access.require(asked.session, right)
        anew = request.method != "GET"
        opened = self._clocks.opened_by(asked.session.operator, anew=anew)
        return Desk(opened, asked, self.sessions.site)


def _answer(made: Made) -> Ready[Made]:
    return Ready(msgspec.json.encode(made), headers=_JSON)


_JSON: Final = raw(answers.HEADERS, "application/json")


def problem(request: Call, refusal: AmendsError) -> Response[bytes]:
    """Why not; or, where two others have to sign first, that it is proposed."""
    told = saying.sentence(refusal.message, answers.language_of(request))
    if isinstance(refusal, WaitingForApprovalError):
        body = msgspec.json.encode(Done(status="waiting", detail=told))
        return _sent(202, body, "application/json")
    return _problem(_status(refusal), refusal.code, told)


def ended(_request: Call, error: "Ended") -> Response[bytes]:
    """The answer that is there already."""
    return error.response


def unreachable(request: Call, _error: Exception) -> Response[bytes]:
    """The database does not answer."""
    told = said("the database does not answer: try again in a moment")
    return _problem(503, "unreachable", saying.sentence(told, answers.language_of(request)))


def refused_by_framework(_request: Call, error: HTTPException) -> Response[bytes]:
    """What Litestar refuses before a handler: a wrong parameter, an unknown path or method."""
    where = error.extra if isinstance(error.extra, list) else []
    told = "; ".join(
        f"{one.get('key', '')}: {one.get('message', '')}" for one in where if isinstance(one, dict)
    )
    made = _problem(error.status_code, f"http_{error.status_code}", told[:500])
    for name, value in (error.headers or {}).items():
        made.headers[name] = value
    return made


def _status(refusal: AmendsError) -> int:
    if isinstance(refusal, SignedOutError):
        return 401
    if refusal.code in _NOT_FOUND:
        return 404
    return _STATUSES.get(refusal.code, 409)


def _problem(status: int, code: str, detail: str) -> Response[bytes]:
    body = Problem(title=_TITLES.get(status, "refused"), status=status, code=code, detail=detail)
    return _sent(status, msgspec.json.encode(body), PROBLEM)


def _sent(status: int, body: bytes, media_type: str) -> Response[bytes]:
    return Response(body, status_code=status, media_type=media_type, headers=answers.HEADERS)


_TITLES: Final[Mapping[int, str]] = {
    400: "not what the description says",
    401: "nobody is signed in",
    403: "not allowed",
    404: "there is none",
    405: "not by this method",
    503: "try again",
}


def _kept(status: int, body: bytes) -> Response[bytes]:
    """What was answered the first time."""
    refused = status >= 400  # noqa: PLR2004 -- client errors
    return Response(
        body,
        status_code=status,
        media_type=PROBLEM if refused else "application/json",
        headers={**answers.HEADERS, "idempotency-replayed": "true"},
    )
