"""Where a mirror reads a published log: a directory, or an address. Bytes in, nothing believed."""

import http.client
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar, Protocol
from urllib.parse import quote, urlsplit

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said

TIMEOUT_S = 30.0
_OK = 200


class MirrorSourceError(AmendsError):
    """The source is not there, or what it gives is not a log."""

    code: ClassVar[str] = "mirror_source"


class MirrorUnreadError(MirrorSourceError):
    """The source does not answer now: what was fetched stays for the next call."""


class Source(Protocol):
    """A published log, file by file."""

    def read(self, path: str, most_bytes: int) -> bytes:
        """The bytes of a file.

        Raises:
            MirrorSourceError: it is not there, or larger than *most_bytes*.
        """

    def close(self) -> None:
        """Let go of what is open."""


def source_of(text: str) -> Source:
    """The source that an address or a path names."""
    parts = urlsplit(text)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return HttpSource(text)
    if "://" in text:
        raise MirrorSourceError(said("{text}: neither a directory nor an address", text=text))
    return DirectorySource(Path(text))


class DirectorySource:
    """A log that lies in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, path: str, most_bytes: int) -> bytes:
        """The bytes of a file."""
        try:
            with (self._directory / path).open("rb") as file:
                content = file.read(most_bytes + 1)
        except OSError as error:
            raise _unread(path, type(error).__name__) from None
        return _within(path, content, most_bytes)

    def close(self) -> None:
        """Nothing is open between two files."""


class HttpSource:
    """A log that is served, over connections that are kept. Redirections are not followed."""

    def __init__(self, address: str) -> None:
        self._parts = urlsplit(address.rstrip("/"))
        self._idle: SimpleQueue[http.client.HTTPConnection] = SimpleQueue()

    def read(self, path: str, most_bytes: int) -> bytes:
        """The bytes of a file; asked for twice where a kept connection has gone."""
        for last in (False, True):
            connection = self._connection()
            try:
                connection.request("GET", quote(f"{self._parts.path}/{path}"))
                answer = connection.getresponse()
                content = answer.read(most_bytes + 1)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if last:
                    raise _unread(path, type(error).__name__) from None
                continue
            if answer.isclosed():
                self._idle.put(connection)
            else:
                connection.close()
            if answer.status != _OK:
                raise _unread(path, f"HTTP {answer.status}")
            return _within(path, content, most_bytes)
        raise AssertionError("the second time is the last")

    def close(self) -> None:
        """Hang up."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _connection(self) -> http.client.HTTPConnection:
        """A kept connection, or a new one."""
        with suppress(Empty):
            return self._idle.get_nowait()
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(str(self._parts.hostname), self._parts.port, timeout=TIMEOUT_S)


def _unread(path: str, reason: str) -> MirrorUnreadError:
    return MirrorUnreadError(said("{path}: cannot be read ({reason})", path=path, reason=reason))


def _within(path: str, content: bytes, most_bytes: int) -> bytes:
    if len(content) > most_bytes:
        raise MirrorSourceError(said("{path}: is larger than such a file can be", path=path))
    return content
