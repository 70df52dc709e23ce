"""Bytes that a table is read from: a file of the case, or a member of an archive.

They can be opened from their start as often as needed, and read from any place.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

READ_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes with a name: ``path``, or ``path!member`` where they come out of an archive.

    ``file`` is where they lie on a disk, if they do; only a reader that can take nothing else
    uses it.
    """

    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]
    file: Path | None = None

    @property
    def ending(self) -> str:
        """The ending of the name, in lower case, with its dot; empty where it has none."""
        return Path(self.name.rpartition("!")[2]).suffix.lower()

    def beginning(self, size_bytes: int) -> bytes:
        """The first bytes."""
        with self.open() as file:
            return file.read(size_bytes)

    def sha256(self) -> str:
        """SHA-256 (hex) over all of them."""
        digest = hashlib.sha256()
        with self.open() as file:
            while data := file.read(READ_BYTES):
                digest.update(data)
        return digest.hexdigest()


def on_disk(path: Path, name: str) -> Content:
    """The bytes of a file, which messages call *name*."""
    return Content(
        name=name, size_bytes=path.stat().st_size, open=lambda: path.open("rb"), file=path
    )
