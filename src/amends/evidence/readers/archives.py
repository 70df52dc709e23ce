"""Unpacks archives within archives, member after member, and never in clear onto a disk.

A member is held in memory or in a sealed file without a name (`vault.sealed.Spool`) while it is
looked at; nothing is ever written under the name that an archive gives it, so a name cannot lead
anywhere. What unfolds into too much is refused, with the name of the member.
"""

import bz2
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from pkgutil import resolve_name
from typing import BinaryIO, Protocol

import pyarrow as pa

from amends.evidence.limits import MIB, Limits
from amends.evidence.readers.content import READ_BYTES, Content
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.vault.sealed import Spool

LONGEST_NAME = 240
_TAR_MAGIC_AT = 257
_BEGINNING_BYTES = 512
_TIGHT_ENDINGS = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar"}
_XZ_MEMORY_SPARE = 64 * MIB

NewSpool = Callable[[], Spool]


@dataclass(slots=True, kw_only=True)
class Budget:
    """What one outer file has unfolded into so far, and how much it may."""

    limits: Limits
    outer_bytes: int
    new_spool: NewSpool
    bytes_out: int = 0
    members: int = 0

    def take(self, name: str, size_bytes: int) -> None:
        """Count bytes of the member *name*.

        Raises:
            InputFileError: it is too much.
        """
        self.bytes_out += size_bytes
        if self.bytes_out > self.limits.total_bytes:
            raise _too_much(name, said("more than {size} GiB", size=self.limits.total_bytes >> 30))
        ratio = self.limits.ratio
        if self.bytes_out > max(self.limits.free_bytes, ratio * self.outer_bytes):
            raise _too_much(name, said("more than {ratio} times its size", ratio=ratio))

    def member(self, name: str) -> None:
        """Count a member.

        Raises:
            InputFileError: there are too many.
        """
        self.members += 1
        if self.members > self.limits.members:
            raise _too_much(
                name, said("more than {members:,} members", members=self.limits.members)
            )


def _too_much(name: str, what: str) -> InputFileError:
    return InputFileError(
        said(
            "{name}: here the archive unfolds into {what}: it may be made to fill the "
            "disk; if it is not, unpack it yourself and name what is in it in case.toml",
            name=name,
            what=what,
        )
    )


def leaves(content: Content, budget: Budget, depth: int = 0) -> Iterator[Content]:
    """The files in *content*, at every depth, each good until the next is asked for.

    What is no archive is its own leaf.

    Raises:
        InputFileError: an archive is encrypted, damaged, or unfolds into too much.
    """
    unpack = _unpacker(content)
    if unpack is None:
        yield content
        return
    if depth >= budget.limits.depth:
        raise _too_much(
            content.name, said("archives more than {depth} deep", depth=budget.limits.depth)
        )
    for member in unpack(content, budget):
        yield from leaves(member, budget, depth + 1)


def is_archive(content: Content) -> bool:
    """Whether :func:`leaves` would unpack it."""
    return _unpacker(content) is not None


class _Unpack(Protocol):
    def __call__(self, content: Content, budget: Budget) -> Iterator[Content]: ...


def _unpacker(content: Content) -> _Unpack | None:
    beginning = content.beginning(_BEGINNING_BYTES)
    if beginning.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None if _is_document(content) else _zip_members
    if beginning[_TAR_MAGIC_AT:].startswith(b"ustar"):
        return _tar_members
    for magic, unpack in _MAGIC:
        if beginning.startswith(magic):
            return unpack
    return None


def _is_document(content: Content) -> bool:
    """Whether a zip archive is a workbook or another office document: one thing, not many."""
    try:
        with content.open() as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            return "[Content_Types].xml" in names or (
                "mimetype" in names and "content.xml" in names
            )
    except Exception:  # noqa: BLE001  # the unpacker says what is wrong with it
        return False


@contextmanager
def refusing_damage(name: str) -> Iterator[None]:
    """Whatever a library says of an archive that it cannot read is a refusal of the archive.

    Raises:
        InputFileError: as said.
    """
    try:
        yield
    except InputFileError:
        raise
    except RuntimeError as error:
        if isinstance(error, NotImplementedError):
            raise unknown_method(name) from None
        raise encrypted(name) from None
    except tarfile.CompressionError:
        raise unknown_method(name) from None
    except Exception as error:  # noqa: BLE001  # libraries raise anything over hostile bytes
        raise InputFileError(
            said(
                "{name}: the archive is damaged or cut short ({error}): get it again",
                name=name,
                error=type(error).__name__,
            )
        ) from None


def encrypted(name: str) -> InputFileError:
    """The refusal of an archive that asks for a password."""
    return InputFileError(
        said(
            "{name}: is encrypted: unpack it with its password, and name what was in it in "
            "case.toml",
            name=name,
        )
    )


def unknown_method(name: str) -> InputFileError:
    """The refusal of an archive that is packed by a method that no library here knows."""
    return InputFileError(
        said(
            "{name}: is packed in a way that is not read here: unpack it yourself, and "
            "name what was in it in case.toml",
            name=name,
        )
    )


class Names:
    """Names of the members of one archive: no control characters, each once."""

    def __init__(self, outer: str) -> None:
        self._outer = outer
        self._used: set[str] = set()

    def name(self, raw: str) -> str:
        """``outer!member``."""
        text = raw.encode("utf-8", "replace").decode().replace("\\", "/")
        text = "".join(mark if mark.isprintable() else "\ufffd" for mark in text)
        text = text[-LONGEST_NAME:] or "member"
        unique, number = text, 1
        while unique in self._used:
            number += 1
            ending = PurePosixPath(text).suffix
            unique = f"{text.removesuffix(ending)}#{number}{ending}"
        self._used.add(unique)
        return f"{self._outer}!{unique}"


def fill(spool: Spool, name: str, data: bytes | bytearray | memoryview, budget: Budget) -> None:
    """Put bytes of the member *name* into its place.

    Raises:
        InputFileError: it is too much, or the disk is full.
    """
    budget.take(name, len(data))
    try:
        spool.write(data)
    except OSError as error:
        raise InputFileError(
            said(
                "{name}: there is no room to unpack it ({error}): make room on the disk of the "
                "case",
                name=name,
                error=type(error).__name__,
            )
        ) from None


def _spooled(name: str, parts: Iterator[bytes], budget: Budget) -> Iterator[Content]:
    """One member, good until the next step of the generator."""
    budget.member(name)
    spool = budget.new_spool()
    try:
        with refusing_damage(name):
            for part in parts:
                fill(spool, name, part, budget)
            spool.finish()
        yield Content(name=name, size_bytes=spool.size_bytes, open=spool.open)
    finally:
        spool.close()


def _parts(file: BinaryIO) -> Iterator[bytes]:
    while data := file.read(READ_BYTES):
        yield data


def _zip_members(content: Content, budget: Budget) -> Iterator[Content]:
    names = Names(content.name)
    with content.open() as file, ExitStack() as stack:
        with refusing_damage(content.name):
            archive = stack.enter_context(zipfile.ZipFile(file))
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            name = names.name(_zip_name(entry))
            if entry.flag_bits & 1:
                raise encrypted(name)
            with refusing_damage(name):
                member = archive.open(entry)
            with member:
                yield from _spooled(name, _parts(member), budget)  # type: ignore[arg-type]  # reads as a file does


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name of a member; without the mark of UTF-8 it is in the code of who packed it."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _tar_members(content: Content, budget: Budget) -> Iterator[Content]:
    names = Names(content.name)
    with content.open() as file, ExitStack() as stack:
        with refusing_damage(content.name):
            archive = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
        while True:
            with refusing_damage(content.name):
                entry = archive.next()
            if entry is None:
                return
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps all that it has seen
            if entry.isfile():
                name = names.name(entry.name)
                with refusing_damage(name):
                    member = archive.extractfile(entry)
                if member is not None:
                    yield from _spooled(name, _whole(member, entry.size), budget)  # type: ignore[arg-type]  # reads as a file does


def _whole(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    """The bytes of a member that says how many it has."""
    found = 0
    for part in _parts(file):
        found += len(part)
        yield part
    if found != size_bytes:
        raise EOFError


def _seven_members(content: Content, budget: Budget) -> Iterator[Content]:
    """Members of a 7z archive. Few cases have one, and its library takes long to import."""
    members: _Unpack = resolve_name("amends.evidence.readers.sevenzip:members")
    return members(content, budget)


def _gzip_member(content: Content, budget: Budget) -> Iterator[Content]:
    return _one_member(content, budget, ".gz", lambda file: _joined(file, _gzip_stream))


def _bzip2_member(content: Content, budget: Budget) -> Iterator[Content]:
    return _one_member(content, budget, ".bz2", lambda file: _joined(file, _bzip2_stream))


def _xz_member(content: Content, budget: Budget) -> Iterator[Content]:
    memory = budget.limits.dictionary_bytes + _XZ_MEMORY_SPARE

    def stream() -> "_Stream":
        return _Lzma(lzma.LZMADecompressor(memlimit=memory))

    return _one_member(content, budget, ".xz", lambda file: _joined(file, stream))


def _zstd_member(content: Content, budget: Budget) -> Iterator[Content]:
    return _one_member(content, budget, ".zst", _zstd_parts)


def _one_member(
    content: Content,
    budget: Budget,
    ending: str,
    parts: Callable[[BinaryIO], Iterator[bytes]],
) -> Iterator[Content]:
    """The one file that a compressed file holds, named as it without its ending."""
    inner = PurePosixPath(content.name.rpartition("!")[2]).name
    if inner.lower().endswith(ending):
        inner = inner[: -len(ending)]
    else:
        stem, tight = inner[: -len(content.ending)], _TIGHT_ENDINGS.get(content.ending)
        inner = stem + tight if tight else inner
    with content.open() as file:
        yield from _spooled(Names(content.name).name(inner), parts(file), budget)


class _Stream(Protocol):
    """A decompressor of one stream, as zlib, bz2 and lzma have it."""

    def more(self, data: bytes) -> bytes:
        """The next bytes, at most READ_BYTES, from *data* or from what was kept."""

    @property
    def ended(self) -> bool:
        """Whether the stream is over."""

    @property
    def hungry(self) -> bool:
        """Whether it needs data to go on."""

    @property
    def rest(self) -> bytes:
        """What follows the stream."""


class _Zlib:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def more(self, data: bytes) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, READ_BYTES)

    @property
    def ended(self) -> bool:
        return self._stream.eof

    @property
    def hungry(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def rest(self) -> bytes:
        return self._stream.unused_data


class _Lzma:
    """Also of bzip2: both modules give the same."""

    def __init__(self, stream: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> None:
        self._stream = stream

    def more(self, data: bytes) -> bytes:
        return self._stream.decompress(data, READ_BYTES)

    @property
    def ended(self) -> bool:
        return self._stream.eof

    @property
    def hungry(self) -> bool:
        return self._stream.needs_input

    @property
    def rest(self) -> bytes:
        return self._stream.unused_data


def _gzip_stream() -> _Stream:
    return _Zlib()


def _bzip2_stream() -> _Stream:
    return _Lzma(bz2.BZ2Decompressor())


def _joined(file: BinaryIO, new: Callable[[], _Stream]) -> Iterator[bytes]:
    """What the streams of a file unfold into, one behind the other (RFC 1952 §2.2).

    Zeros behind the last one are padding, as tapes and downloads leave it.

    Raises:
        EOFError: the last one is cut short.
    """
    data = file.read(READ_BYTES)
    while data:
        stream = new()
        part = stream.more(data)
        if part:
            yield part
        while not stream.ended:
            data = file.read(READ_BYTES) if stream.hungry else b""
            if not data and stream.hungry:
                part = stream.more(b"")
                if not part and not stream.ended:
                    raise EOFError
            else:
                part = stream.more(data)
            if part:
                yield part
        data = stream.rest or file.read(READ_BYTES)
        while data and not data.strip(b"\x00"):
            data = file.read(READ_BYTES)


def _zstd_parts(file: BinaryIO) -> Iterator[bytes]:
    with pa.PythonFile(file, mode="r") as source, pa.CompressedInputStream(source, "zstd") as it:
        while data := it.read(READ_BYTES):
            yield data


_MAGIC: tuple[tuple[bytes, _Unpack], ...] = (
    (b"7z\xbc\xaf\x27\x1c", _seven_members),
    (b"\x1f\x8b", _gzip_member),
    (b"BZh", _bzip2_member),
    (b"\xfd7zXZ\x00", _xz_member),
    (b"\x28\xb5\x2f\xfd", _zstd_member),
)
