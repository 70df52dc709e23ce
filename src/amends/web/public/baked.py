"""Baked files: pages from memory, the roster's files from disk, nothing rendered.

What a page is has been decided when it was baked; here a path is looked up in a table. A new
baking is seen by its list of files, which is written last, within a second. Paths are matched
whole: a path that names no file of ours reads no file at all.
"""

import io
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from amends.web.headers import ALWAYS, policy_for

Headers = list[tuple[str, str]]

LIST: Final = "pages.txt"
"""Names of the files that are served from memory, a line each; written last."""
_LOG: Final = "/log/"
_LOG_FILE: Final = re.compile(
    r"log/(?:checkpoint|case\.json|(?:verify|audit|tiles)\.py|seal\.json|erased\.json"
    r"|(?:batches|corrections|stats|counts)/[0-9]{1,9}\.json"
    r"|state/[0-9]{1,9}/(?:parts|[0-9]{1,4}\.bin\.gz)"
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
    "pdf": "application/pdf",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_A_MINUTE: Final = "public, max-age=60"
_LOOK_S: Final = 1.0
ROOM_BYTES: Final = 256 << 20
"""So much of the roster is kept in memory: 8,000 buckets."""
_CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: it is made once and sent often."""

    status: int
    headers: Headers
    body: bytes


@dataclass(slots=True)
class _Kept:
    """A file of the roster in memory. ``state``: when it changed, which it is, how large."""

    state: tuple[int, int, int]
    answer: Answer
    looked: float


class Asking(Protocol):
    """The headers of a request."""

    def get(self, key: str, /) -> str | None:
        """The value of one, by its name in small letters."""


@dataclass(frozen=True, slots=True)
class File:
    """A baked file: its answers by coding, and its version."""

    body: bytes
    plain: Answer
    packed: tuple[tuple[str, Answer], ...]
    etags: tuple[str, ...]
    unchanged: Answer


def headers_for(name: str, *, coding: str = "", page: bytes = b"") -> Headers:
    """The headers of a file: what it is, how long it keeps, and what every answer has.

    *page*: its content, where it may carry a policy of its own.
    """
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    keeps = _FOR_EVER if name.startswith("assets/") else _A_MINUTE
    own = [("content-type", kind), ("cache-control", keeps), ("vary", "accept-encoding")]
    if coding:
        own.append(("content-encoding", coding))
    return [*own, ("content-security-policy", policy_for(page)), *ALWAYS]


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
        self._kept: dict[str, _Kept] = {}
        self._room = room_bytes

    def body(self, name: str) -> bytes:
        """A file's bytes; empty where there is none."""
        self._look()
        found = self._table.get(f"/{name}")
        return found.body if found else b""

    def answer(self, path: str, headers: Asking) -> Answer | None:
        """The answer from memory or disk, if the path is one of ours."""
        now = self._clock()
        if now - self._looked >= _LOOK_S:
            self._look()
        found = self._table.get(path)
        if found is not None:
            accepted, known = headers.get("accept-encoding"), headers.get("if-none-match")
            return _chosen(found, accepted or "", known or "")
        return self._from_log(path[1:], now) if path.startswith(_LOG) else None

    def _from_log(self, name: str, now: float) -> Answer | None:
        """A file of the roster, as it was within a second; the newest that were asked are kept."""
        held = self._kept.get(name)
        if held is not None and now - held.looked < _LOOK_S:
            return held.answer
        if _LOG_FILE.fullmatch(name) is None:
            return None
        try:
            found = (self._site / name).stat(follow_symlinks=False)
        except (OSError, ValueError):
            return None
        state = (found.st_mtime_ns, found.st_ino, found.st_size)
        if held is not None and held.state == state:
            held.looked = now
            return held.answer
        body = _read(self._site, name)
        if body is None:
            return None
        length = ("content-length", str(len(body)))
        answer = Answer(200, [*headers_for(name), length], body)
        self._keep(name, _Kept(state, answer, now))
        return answer

    def _keep(self, name: str, new: _Kept) -> None:
        """Keep an answer in memory; those that came first go when there is no room."""
        if (old := self._kept.pop(name, None)) is not None:
            self._room += len(old.answer.body)
        size = len(new.answer.body)
        while self._room < size and self._kept:
            self._room += len(self._kept.pop(next(iter(self._kept))).answer.body)
        if self._room >= size:
            self._kept[name] = new
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
    page = body if name.endswith(".html") else b""
    plain, etag = _answer(headers_for(name, page=page), body)
    packed, etags = [], [etag]
    for coding, ending in _CODINGS:
        beside = site / (name + ending)
        if beside.is_file():
            answer, etag = _answer(headers_for(name, coding=coding, page=page), beside.read_bytes())
            packed.append((coding, answer))
            etags.append(etag)
    return File(
        body=body,
        plain=plain,
        packed=tuple(packed),
        etags=tuple(etags),
        unchanged=Answer(304, headers_for(name, page=page), b""),
    )


def _answer(headers: Headers, body: bytes) -> tuple[Answer, str]:
    """An answer, and the mark of its version."""
    etag = f'"{sha256(body).hexdigest()[:20]}"'
    more = [("etag", etag), ("content-length", str(len(body)))]
    return Answer(200, [*headers, *more], body), etag


def _read(site: Path, name: str) -> bytes | None:
    """The bytes of a file; None where there is none, or a link to one elsewhere."""
    try:
        file = os.open(f"{site}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    with io.FileIO(file) as reading:
        return reading.read()


def _chosen(file: File, accepted: str, known: str) -> Answer:
    """The file in the best coding that the browser takes, or that it has not changed."""
    if known and any(etag in known for etag in file.etags):
        return file.unchanged
    for coding, answer in file.packed:
        if coding in accepted:
            return answer
    return file.plain
