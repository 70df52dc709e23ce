"""Baked files over ASGI: pages from memory, the roster's files from disk, nothing rendered.

What a page is has been decided when it was baked; here a path is looked up in a table. A new
baking is seen by its list of files, which is written last, within a second. Paths are matched
whole: a path that names no file of ours reads no file at all.
"""

import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from amends.web.headers import PUBLIC

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LIST: Final = "pages.txt"
"""Names of the files that are served from memory, a line each; written last."""
LOG: Final = "log/"
_LOG_FILE: Final = re.compile(
    r"log/(?:checkpoint|case\.json|(?:verify|audit|tiles)\.py|seal\.json|erased\.json"
    r"|(?:batches|corrections|stats|counts)/[0-9]{1,9}\.json|state/[0-9]{1,9}\.bin\.gz"
    r"|claims/(?:claims\.json|manifest|[0-9]{3,6}/[0-9]{3})"
    r"|tile/(?:entries|[0-9])(?:/x[0-9]{3})*/[0-9]{3}(?:\.p/[0-9]{1,3})?)"
)
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/atom+xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "py": "text/plain; charset=utf-8",
    "gz": "application/octet-stream",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_A_MINUTE: Final = "public, max-age=60"
_LOOK_S: Final = 1.0
_CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent: its start message's headers, and its body."""

    headers: Headers
    body: bytes
    etag: bytes


def headers_for(name: str, *, coding: str = "") -> Headers:
    """The headers of a file: what it is, how long it keeps, and what every answer has."""
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    keeps = _FOR_EVER if name.startswith("assets/") else _A_MINUTE
    own = [("content-type", kind), ("cache-control", keeps), ("vary", "accept-encoding")]
    if coding:
        own.append(("content-encoding", coding))
    return [(key.encode(), value.encode()) for key, value in (*own, *PUBLIC)]


class Baked:
    """The files of a published directory. *site*: where ``amends site`` has written them."""

    def __init__(self, site: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._site, self._clock = site, clock
        self._seen: tuple[int, int] = (0, 0)
        self._looked = -_LOOK_S
        self._table: dict[str, dict[str, Answer]] = {}
        self._log_headers: dict[str, Headers] = {}

    def __contains__(self, path: str) -> bool:
        """Whether there is such a file."""
        self._look()
        return path in self._table

    def body(self, name: str) -> bytes:
        """A file's bytes; empty where there is none."""
        self._look()
        found = self._table.get(f"/{name}")
        return found[""].body if found else b""

    async def answered(self, scope: Scope, send: Send) -> bool:
        """Answer from memory or disk if the path is one of ours; else say that it is not."""
        self._look()
        path: str = scope["path"]
        found = self._table.get(path)
        if found is not None:
            await _send(scope, send, found)
            return True
        if path.startswith("/log/"):
            return await self._from_log(path[1:], scope, send)
        return False

    async def _from_log(self, name: str, scope: Scope, send: Send) -> bool:
        """A file of the roster. Each is read when it is asked for; there may be a million."""
        if _LOG_FILE.fullmatch(name) is None:
            return False
        body = _read(self._site, name)
        if body is None:
            return False
        kind = name.rpartition(".")[2]
        headers = self._log_headers.get(kind)
        if headers is None:
            headers = self._log_headers[kind] = headers_for(name)
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": _unless_head(scope, body)})
        return True

    def _look(self) -> None:
        """Read the files anew if another list of them is there."""
        now = self._clock()
        if now - self._looked < _LOOK_S:
            return
        self._looked = now
        try:
            found = (self._site / LIST).stat()
        except FileNotFoundError:
            return
        state = (found.st_mtime_ns, found.st_ino)
        if state != self._seen:
            self._table = _table(self._site)
            self._seen = state


def _table(site: Path) -> dict[str, dict[str, Answer]]:
    """Every baked file by its path and coding; a folder's ``index.html`` also by the folder."""
    table: dict[str, dict[str, Answer]] = {}
    for name in (site / LIST).read_text(encoding="utf-8").splitlines():
        body = (site / name).read_bytes()
        answers = {"": _answer(headers_for(name), body)}
        for coding, ending in _CODINGS:
            beside = site / (name + ending)
            if beside.is_file():
                answers[coding] = _answer(headers_for(name, coding=coding), beside.read_bytes())
        table[f"/{name}"] = answers
        if name.rpartition("/")[2] == "index.html":
            table[f"/{name.removesuffix('index.html')}"] = answers
    return table


def _answer(headers: Headers, body: bytes) -> Answer:
    etag = b'"%s"' % sha256(body).hexdigest()[:20].encode()
    length = (b"content-length", b"%d" % len(body))
    return Answer([*headers, (b"etag", etag), length], body, etag)


def _read(site: Path, name: str) -> bytes | None:
    """The bytes of a file, in one read of its whole size; None where there is none."""
    try:
        file = os.open(site / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, OSError):
        return None
    try:
        size = os.fstat(file).st_size
        return os.read(file, size) if size else b""
    except OSError:
        return None
    finally:
        os.close(file)


async def _send(scope: Scope, send: Send, answers: Mapping[str, Answer]) -> None:
    """Send a file in the best coding that the browser takes, or that it has not changed."""
    accepted, known = _asked(scope["headers"])
    answer = answers[""]
    if len(answers) > 1:
        for coding, _ in _CODINGS:
            if coding in answers and coding.encode() in accepted:
                answer = answers[coding]
                break
    if known and answer.etag in known:
        await send({"type": "http.response.start", "status": 304, "headers": answer.headers[:-1]})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
    await send({"type": "http.response.body", "body": _unless_head(scope, answer.body)})


def _asked(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Which codings the browser takes, and which version it has."""
    accepted = known = b""
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
    return accepted, known


def _unless_head(scope: Scope, body: bytes) -> bytes:
    return b"" if scope["method"] == "HEAD" else body
