"""Answers of the console in their outer form: headers, cookies, languages, statuses."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie

from amends.access.model import ForbiddenError, SignedOutError, SignInError, Site
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.web.console.sessions import COOKIE
from amends.web.headers import CONSOLE
from amends.web.ready import Ready, raw
from amends.web.saying import PageLanguage, page_language

Call = Request[Any, Any, Any]

HEADERS: Final = dict(CONSOLE)
"""What every answer of the console carries."""
LANGUAGE_COOKIE: Final = "__Host-language"
_FIELD_MOST: Final = 20_000


def session_cookie(token: str) -> Cookie:
    """The cookie of a session; an empty token ends it."""
    return Cookie(
        key=COOKIE,
        value=token,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
        max_age=None if token else 0,
    )


def check_host(site: Site, request: Call) -> None:
    """Refuse a request under another name than the console's own (DNS rebinding).

    Raises:
        ForbiddenError: it is.
    """
    if request.headers.get("host", "") != site.origin.partition("://")[2]:
        raise ForbiddenError(
            said("this came from another address: open the console at {origin}", origin=site.origin)
        )


def language_of(request: Call) -> PageLanguage:
    """The language that was chosen, else the browser's, else simplified Chinese."""
    chosen = page_language(request.cookies.get(LANGUAGE_COOKIE, ""))
    if chosen is not None:
        return chosen
    first = request.headers.get("accept-language", "").partition(",")[0].strip().lower()
    if first.startswith("en"):
        return "en"
    traditional = any(mark in first for mark in ("hant", "-tw", "-hk", "-mo"))
    return "zh-hant" if traditional else "zh"


def status_of(refusal: AmendsError) -> int:
    """The HTTP status of a refusal."""
    if isinstance(refusal, SignedOutError):
        return 401
    if isinstance(refusal, ForbiddenError | SignInError):
        return 403
    return _STATUSES.get(refusal.code, 422)


_STATUSES: Final = {
    "no_payment": 404,
    "unknown_person": 404,
    "unknown_run": 404,
    "unknown_page": 404,
    "unknown_file": 404,
    "unreachable": 503,
    "idempotency": 409,
    "waiting_for_approval": 202,
}


def own_path(text: str) -> str:
    """A path of ours; anything else is the first page."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if plain and text.isascii() and text.isprintable() else "/"


async def form_of(request: Call) -> dict[str, str]:
    """The fields of a form; files are refused, of a field that comes twice the first counts."""
    given = await request.form()
    found: dict[str, str] = {}
    for name, value in given.multi_items():
        if isinstance(value, str):
            found.setdefault(name, value[:_FIELD_MOST].replace("\0", ""))
    return found


def html(body: bytes, status: int) -> Ready[str]:
    """A page."""
    return Ready(body, headers=_HTML, status=status)


_HTML: Final = raw(HEADERS, "text/html; charset=utf-8")


def to(path: str) -> Response[Any]:
    """To another page, by GET."""
    return Response(b"", status_code=303, headers={**HEADERS, "location": path})


def to_sign_in(request: Call) -> Response[Any]:
    """To the sign-in, and back to where a GET wanted to go."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    here = f"{request.url.path}?{query}" if query else request.url.path
    then = quote(here, safe="") if request.method == "GET" and here != "/" else ""
    return to(f"/sign-in?then={then}" if then else "/sign-in")
