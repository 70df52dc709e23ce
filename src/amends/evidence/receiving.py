"""Takes one file of the case into custody: hashed and sealed as it came, and read table by table.

Digest, size and sealed copy are of the bytes as they lie there, whatever can be read of them; they
are made while the tables are read. A file that changes between the first look and the last is
refused.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from amends.evidence.model import (
    Custody,
    How,
    Original,
    Role,
    Source,
    Unread,
    UnreadError,
    UnreadMember,
)
from amends.evidence.readers.content import READ_BYTES, Content
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content
from amends.evidence.seen import Seen
from amends.evidence.taking import Room, Taking, take
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

SEALED = "sealed"
"""The folder of the encrypted copies, in the evidence room."""
_NAMED_IN_REFUSAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Who takes a file in and when, and whether a sealed copy of it is kept."""

    taken_by: str
    taken_at: datetime
    sealed_copies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file in custody: the original, the tables read from it, and what in it is no table."""

    original: Original
    takings: tuple[Taking, ...]
    unread: tuple[UnreadMember, ...]

    @property
    def stored_as(self) -> list[str]:
        """The files in the evidence room, relative to it."""
        sealed = [] if self.original.sealed_as is None else [self.original.sealed_as]
        return [*sealed, *(taking.custody.stored_as for taking in self.takings)]


def receive(
    room: Room,
    source: Source,
    file_no: int,
    registries: Sequence[Custody],
    receipt: Receipt,
    read: Callable[[int], None],
) -> Received:
    """Hash, seal and read one file.

    *read* hears how many bytes are done; at the end as many as the file has.

    Raises:
        InputFileError: it cannot be taken; nothing of it is left in the room.
    """
    content = open_content(source.file, source.path)
    before = _state(source.file)
    progress = _Progress(content.size_bytes, read)
    written: list[str] = []
    with ThreadPoolExecutor(1, "amends-custody") as beside:
        copying = beside.submit(_original, room, source, content, file_no, receipt)
        try:
            reading = _Reading(room, source, file_no, registries, copying)
            reading.read(content, receipt.taken_at, progress.advance, written)
            original = copying.result()
            _refuse_changed(source, before)
        except BaseException:
            if copying.exception() is None and copying.result().sealed_as is not None:
                written.append(str(copying.result().sealed_as))
            for name in written:
                (room.folder / name).unlink(missing_ok=True)
            raise
    progress.finish()
    return Received(original=original, takings=tuple(reading.takings), unread=tuple(reading.unread))


class _Progress:
    """Never tells of more bytes than there are, and at the end of all of them."""

    def __init__(self, size_bytes: int, tell: Callable[[int], None]) -> None:
        self._left = size_bytes
        self._tell = tell

    def advance(self, size_bytes: int) -> None:
        """Tell of bytes."""
        size_bytes = min(size_bytes, self._left)
        self._left -= size_bytes
        self._tell(size_bytes)

    def finish(self) -> None:
        """Tell of the rest."""
        self.advance(self._left)


def _state(path: Path) -> tuple[int, ...]:
    """What is another after any write: also a write that puts size and time back."""
    found = path.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _refuse_changed(source: Source, before: tuple[int, ...]) -> None:
    if _state(source.file) != before:
        raise InputFileError(
            said("{path}: changed while it was read: let it rest, then try again", path=source.path)
        )


def _original(
    room: Room, source: Source, content: Content, file_no: int, receipt: Receipt
) -> Original:
    """Digest and, where wanted, sealed copy of the file as it lies there."""
    digest, size_bytes = hashlib.sha256(), 0
    sealed_as = f"{SEALED}/{file_no:03d}-{secrets.token_hex(6)}.sealed"
    with content.open() as file:
        if receipt.sealed_copies:
            with room.vault.write_sealed(room.folder / sealed_as) as sealed:
                while data := file.read(READ_BYTES):
                    digest.update(data)
                    sealed.write(data)
                    size_bytes += len(data)
        else:
            while data := file.read(READ_BYTES):
                digest.update(data)
                size_bytes += len(data)
    return Original(
        path=source.path,
        role=source.role,
        sha256=digest.hexdigest(),
        size_bytes=size_bytes,
        sealed_as=sealed_as if receipt.sealed_copies else None,
        taken_by=receipt.taken_by,
        taken_at=receipt.taken_at,
    )


class _Reading:
    """The tables of one file, one after the other."""

    def __init__(
        self,
        room: Room,
        source: Source,
        file_no: int,
        registries: Sequence[Custody],
        original: Future[Original],
    ) -> None:
        self._room = room
        self._source = source
        self._file_no = file_no
        self._registries = registries
        self._original = original
        self._digests: dict[str, str] = {}
        self._seen = Seen()
        self._used: set[str] = set()
        self.takings: list[Taking] = []
        self.unread: list[UnreadMember] = []

    def read(
        self,
        content: Content,
        taken_at: datetime,
        read: Callable[[int], None],
        written: list[str],
    ) -> None:
        """Read all there is; *written* grows by the files in the room, *read* hears of bytes.

        Raises:
            InputFileError: a table is damaged, or there is none.
        """
        for member in members(content, self._room.vault.spool):
            if isinstance(member, Content):
                self._leave(member.name, member, Unread.NO_ROWS)
                continue
            try:
                self._take(member, taken_at, read, written)
            except UnreadError as error:
                if member.name == self._source.path:  # the file itself, and nothing else
                    raise
                self._leave(member.name, member.content, error.reason)
        if not self.takings:
            raise self._nothing()
        unknown = {key for key, _ in self._source.overrides} - self._used
        if unknown:
            raise InputFileError(
                said(
                    "{path}: case.toml names the column(s) {unknown}, which no table in this file "
                    "has: write the header as it stands there, or the number of the column",
                    path=self._source.path,
                    unknown=", ".join(sorted(unknown)),
                )
            )

    def _take(
        self,
        member: Member,
        taken_at: datetime,
        read: Callable[[int], None],
        written: list[str],
    ) -> None:
        stored_as = self._room.new_name(self._source, self._file_no)
        taking = take(
            self._room,
            self._source,
            stored_as,
            self._registries,
            taken_at=taken_at,
            read=read if member.content.file else lambda _: None,
            member=member,
            sha256=partial(self._digest, member.content),
            seen=self._seen,
        )
        written.append(stored_as)
        self.takings.append(taking)
        fields = {one.field for one in taking.custody.columns if one.how is How.OVERRIDE}
        self._used.update(key for key, field in self._source.overrides if field in fields)

    def _leave(self, name: str, content: Content, reason: Unread) -> None:
        self.unread.append(
            UnreadMember(
                name=name,
                sha256=self._digest(content),
                size_bytes=content.size_bytes,
                reason=reason,
            )
        )

    def _digest(self, content: Content) -> str:
        """SHA-256 of the bytes; tables of one workbook stand in the same."""
        if content.name == self._source.path:
            return self._original.result().sha256
        if content.name not in self._digests:
            self._digests[content.name] = content.sha256()
        return self._digests[content.name]

    def _nothing(self) -> InputFileError:
        named = "; ".join(
            f"{one.name.removeprefix(self._source.path + '!')} ({one.reason})"
            for one in self.unread[:_NAMED_IN_REFUSAL]
        )
        role = {
            Role.REGISTRY: said("a table with account ids"),
            Role.PEOPLE: said("a table whose rows name somebody"),
            Role.EVIDENCE: said("a table"),
        }[self._source.role]
        return InputFileError(
            said(
                "{path}: none of its {unread} members is {role}{named}: take it out of "
                "case.toml, or name what it should be",
                path=self._source.path,
                unread=len(self.unread),
                role=role,
                named=f" ({named})" if named else "",
            )
        )
