"""Baked files over ASGI: pages from memory, the roster's files from disk, nothing rendered.

What a page is has been decided when it was baked; here a path is looked up in a table. A new
baking is seen by its list of files, which is written last, within a second. Paths are matched
whole: a path that names no file of ours reads no file at all.
"""

import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
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
ROOM_BYTES: Final = 256 << 20
"""So much of the roster is kept in memory: 8,000 buckets."""
_CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


Message = MutableMapping[str, Any]
Answer = tuple[Message, Message]
"""The two messages of an answer; they are made once and sent often."""


_State = tuple[int, int, int]
"""Of a file on disk: when it changed, which it is, how large it is."""


@dataclass(frozen=True, slots=True)
class File:
    """A baked file: its answers by coding, and its version."""

    body: bytes
    plain: Answer
    packed: tuple[tuple[bytes, Answer], ...]
    etags: tuple[bytes, ...]
    unchanged: Answer


def headers_for(name: str, *, coding: str = "") -> Headers:
    """The headers of a file: what it is, how long it keeps, and what every answer has."""
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    keeps = _FOR_EVER if name.startswith("assets/") else _A_MINUTE
    own = [("content-type", kind), ("cache-control", keeps), ("vary", "accept-encoding")]
    if coding:
        own.append(("content-encoding", coding))
    return [(key.encode(), value.encode()) for key, value in (*own, *PUBLIC)]


class Baked:
    """The files of a published directory.

    *site*: where ``amends site`` has written them; *room_bytes*: how much of the log is kept.
    """

    def __init__(
        self,
        site: Path,
        clock: Callable[[], float] = time.monotonic,
        *,
        room_bytes: int = ROOM_BYTES,
    ) -> None:
        self._site, self._clock = site, clock
        self._seen: tuple[int, int] = (0, 0)
        self._looked = -_LOOK_S
        self._table: dict[str, File] = {}
        self._kept: dict[str, tuple[_State, Answer]] = {}
        self._room = room_bytes

    def body(self, name: str) -> bytes:
        """A file's bytes; empty where there is none."""
        self._look()
        found = self._table.get(f"/{name}")
        return found.body if found else b""

    def answer(self, scope: Scope) -> Answer | None:
        """The answer from memory or disk, if the path is one of ours."""
        if self._clock() - self._looked >= _LOOK_S:
            self._look()
        path: str = scope["path"]
        found = self._table.get(path)
        if found is not None:
            answer = _chosen(found, scope["headers"])
        elif path.startswith("/log/"):
            answer = self._from_log(path[1:])
        else:
            return None
        if answer is not None and scope["method"] == "HEAD":
            return answer[0], _body(b"")
        return answer

    def _from_log(self, name: str) -> Answer | None:
        """A file of the roster, as it is now; there may be a million, and the newest are kept."""
        try:
            found = os.stat(f"{self._site}/{name}", follow_symlinks=False)  # noqa: PTH116 - hot
        except (OSError, ValueError):
            return None
        state = (found.st_mtime_ns, found.st_ino, found.st_size)
        held = self._kept.get(name)
        if held is not None and held[0] == state:
            return held[1]
        body = _read(self._site, name) if _LOG_FILE.fullmatch(name) else None
        if body is None:
            return None
        length = (b"content-length", b"%d" % len(body))
        answer = _start(200, [*headers_for(name), length]), _body(body)
        self._keep(name, state, answer, len(body))
        return answer

    def _keep(self, name: str, state: _State, answer: Answer, size: int) -> None:
        """Keep an answer in memory; those that came first go when there is no room."""
        if (held := self._kept.pop(name, None)) is not None:
            self._room += held[0][2]
        while self._room < size and self._kept:
            self._room += self._kept.pop(next(iter(self._kept)))[0][2]
        if self._room >= size:
            self._kept[name] = (state, answer)
            self._room -= size

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


def _table(site: Path) -> dict[str, File]:
    """Every baked file by its path; a folder's ``index.html`` also by the folder."""
    table: dict[str, File] = {}
    for name in (site / LIST).read_text(encoding="utf-8").splitlines():
        file = _file(site, name)
        table[f"/{name}"] = file
        if name.rpartition("/")[2] == "index.html":
            table[f"/{name.removesuffix('index.html')}"] = file
    return table


def _file(site: Path, name: str) -> File:
    """A file with its compressed forms."""
    body = (site / name).read_bytes()
    plain, etag = _answer(headers_for(name), body)
    packed, etags = [], [etag]
    for coding, ending in _CODINGS:
        beside = site / (name + ending)
        if beside.is_file():
            answer, etag = _answer(headers_for(name, coding=coding), beside.read_bytes())
            packed.append((coding.encode(), answer))
            etags.append(etag)
    return File(
        body=body,
        plain=plain,
        packed=tuple(packed),
        etags=tuple(etags),
        unchanged=(_start(304, headers_for(name)), _body(b"")),
    )


def _answer(headers: Headers, body: bytes) -> tuple[Answer, bytes]:
    """An answer, and the mark of its version."""
    etag = b'"%s"' % sha256(body).hexdigest()[:20].encode()
    length = (b"content-length", b"%d" % len(body))
    return (_start(200, [*headers, (b"etag", etag), length]), _body(body)), etag


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body}


def _read(site: Path, name: str) -> bytes | None:
    """The bytes of a file; None where there is none, or a link to one elsewhere."""
    try:
        file = os.open(f"{site}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(file, "rb") as reading:
        return reading.read()


def _chosen(file: File, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
    """The file in the best coding that the browser takes, or that it has not changed."""
    accepted = b""
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match" and any(etag in value for etag in file.etags):
            return file.unchanged
    for coding, answer in file.packed:
        if coding in accepted:
            return answer
    return file.plain
