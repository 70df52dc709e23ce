"""Questions that are answered ahead of the application, and those that are handed on."""

import asyncio
from typing import Any

from litestar import Litestar, Request, Response, get, post

from amends.web.ahead import Ahead, Call, Coming


async def _said(text: str) -> Response[str]:
    if text == "broken":
        raise ZeroDivisionError
    return Response(text, media_type="text/plain")


def _page(request: Call) -> Coming | None:
    return _said("ahead") if "later" not in request.query_params else None


def _one(request: Call) -> Coming | None:
    word = request.scope["path"].rpartition("/")[2]
    return _said(word) if word else None


def _broken(_request: Call, error: Exception) -> Response[Any]:
    return Response(type(error).__name__, status_code=500, media_type="text/plain")


@get("/{rest:path}", sync_to_thread=False)
def _others(request: Request[Any, Any, Any]) -> str:
    return f"others {request.url.path}"


@post("/{rest:path}", sync_to_thread=False)
def _posted() -> str:
    return "posted"


def _asked(application: Ahead, path: str, *, method: str = "GET") -> tuple[int, str]:
    path, _, query = path.partition("?")
    scope: Any = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
        "server": ("localhost", 1),
        "root_path": "",
        "state": {},
    }
    sent: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 -- a message
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 -- a message
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:]).decode()


def test_a_question_is_answered_ahead_or_handed_on() -> None:
    """By its whole path, or by all but the last word; what no way takes goes to the application."""
    ways = {"/list": _page, "/list/one/": _one}
    application = Ahead(ways, Litestar([_others, _posted], openapi_config=None), _broken)
    for path, answer in {
        "/list": (200, "ahead"),
        "/list?later=1": (200, "others /list"),
        "/list/": (200, "others /list"),
        "/list/other": (200, "others /list/other"),
        "/list/one": (200, "others /list/one"),
        "/list/one/": (200, "others /list/one"),
        "/list/one/word": (200, "word"),
        "/list/one/word/more": (200, "others /list/one/word/more"),
        "/list/one/broken": (500, "ZeroDivisionError"),
    }.items():
        assert _asked(application, path) == answer, path
    assert _asked(application, "/list", method="POST") == (201, "posted")
