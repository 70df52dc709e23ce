"""Members of 7z archives, each unpacked into memory or a sealed file without a name."""

from collections.abc import Iterator
from contextlib import contextmanager

import py7zr
from py7zr.io import Py7zIO, WriterFactory

from amends.evidence.limits import Limits
from amends.evidence.readers.archives import (
    Budget,
    Names,
    encrypted,
    fill,
    refusing_damage,
    unknown_method,
)
from amends.evidence.readers.content import Content
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """What py7zr says of an archive that it cannot read is a refusal of the archive.

    Raises:
        InputFileError: as said.
    """
    with refusing_damage(name):
        try:
            yield
        except py7zr.PasswordRequired:
            raise encrypted(name) from None
        except py7zr.UnsupportedCompressionMethodError:
            raise unknown_method(name) from None


class _SealedFile(Py7zIO):
    """Where py7zr puts a member."""

    def __init__(self, name: str, budget: Budget) -> None:
        self.name = name
        self.spool = budget.new_spool()
        self._budget = budget

    def write(self, s: bytes | bytearray) -> int:
        """Take bytes."""
        fill(self.spool, self.name, s, self._budget)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        """Nothing: py7zr does not read what it writes."""
        del size
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Nowhere."""
        del offset, whence
        return 0

    def flush(self) -> None:
        """Nothing waits."""

    def size(self) -> int:
        """Bytes so far."""
        return self.spool.size_bytes

    def close(self) -> None:
        """The member is whole; py7zr may say so more than once."""


class _SealedFiles(WriterFactory):
    """Gives py7zr a sealed place for each member."""

    def __init__(self, content: Content, budget: Budget) -> None:
        self._names = Names(content.name)
        self._budget = budget
        self.files: list[_SealedFile] = []

    def create(self, filename: str) -> Py7zIO:
        """The place of the member *filename*."""
        name = self._names.name(filename)
        self._budget.member(name)
        self.files.append(_SealedFile(name, self._budget))
        return self.files[-1]


def members(content: Content, budget: Budget) -> Iterator[Content]:
    """All members are unpacked at once: they are packed together, and cannot be had singly."""
    places = _SealedFiles(content, budget)
    try:
        with _refusing(content.name), content.open() as file, py7zr.SevenZipFile(file) as it:
            if it.needs_password():
                raise encrypted(content.name)
            _refuse_large_dictionaries(it, content.name, budget.limits)
            it.extractall(factory=places)  # the factory writes, under no name
            for place in places.files:
                place.spool.finish()
        for place in places.files:
            spool = place.spool
            yield Content(name=place.name, size_bytes=spool.size_bytes, open=spool.open)
            spool.close()
    finally:
        for place in places.files:
            place.spool.close()


def _refuse_large_dictionaries(archive: py7zr.SevenZipFile, name: str, limits: Limits) -> None:
    streams = archive.header.main_streams
    folders = [] if streams is None else streams.unpackinfo.folders
    for coder in (coder for folder in folders for coder in folder.coders):
        properties = coder["properties"] or b""
        size_bytes = 0
        if coder["method"] == b"\x21" and properties:  # LZMA2: a code of the size (7z's Methods)
            code = properties[0]
            size_bytes = (2 | code & 1) << (code // 2 + 11)
        elif len(properties) >= 5:  # noqa: PLR2004  # LZMA, PPMd: the size stands in bytes 1 to 4
            size_bytes = int.from_bytes(properties[1:5], "little")
        if size_bytes > limits.dictionary_bytes:
            raise InputFileError(
                said(
                    "{name}: needs {size_mib} MiB of memory to be unpacked, and {dictionary_mib} "
                    "are allowed: unpack it yourself, and name what is in it in case.toml",
                    name=name,
                    size_mib=size_bytes >> 20,
                    dictionary_mib=limits.dictionary_bytes >> 20,
                )
            )
