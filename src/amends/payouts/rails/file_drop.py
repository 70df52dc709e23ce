"""The folders through which files pass to a bank or a counter, and back.

``outbox/`` is emptied and ``inbox/`` filled by whatever speaks to the other side (its client,
SFTP). A file is written aside, in ``making/``, whole and on disk, and comes into the outbox by one
rename: while it lies aside it has not left. What is taken out of the outbox again comes, by one
rename too, into ``withdrawn/`` where the other side fetches by renaming (one of the two gets it),
or into ``called_off/`` where it may have been read before. All of it is for its owner alone (0700,
0600).
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from amends.store.files import (
    OWNER_ONLY_FILE,
    private_directory,
    replace_private,
    sync_directory,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file in the inbox, as the folder lists it."""

    path: Path
    size_bytes: int
    mtime_ns: int


class Drop:
    """The folders of one account at one bank."""

    def __init__(self, root: Path) -> None:
        self.root = private_directory(root)
        self._making = private_directory(root / "making")
        self._outbox = private_directory(root / "outbox")
        self._inbox = private_directory(root / "inbox")
        self._withdrawn = root / "withdrawn"
        self._called_off = root / "called_off"

    def write_aside(self, name: str, pieces: Iterable[bytes]) -> tuple[Path, bytes]:
        """Write a file in ``making/``, synced; its path and SHA-256."""
        path = self._making / name
        hashed = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(path, flags, OWNER_ONLY_FILE), "wb", 1 << 16) as file:
            for piece in pieces:
                hashed.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self._making)
        return path, hashed.digest()

    def clear_aside(self, is_noted: Callable[[str], bool]) -> None:
        """Remove what was written aside and never noted: whoever made it was killed."""
        for path in self._making.iterdir():
            if not is_noted(path.stem):
                path.unlink()

    def lies_aside(self, name: str) -> bool:
        """Whether a file is written and was not handed over."""
        return (self._making / name).exists()

    def lies_in_outbox(self, name: str) -> bool:
        """Whether a file was handed over and nobody has fetched it."""
        return (self._outbox / name).exists()

    def is_withdrawn(self, name: str) -> bool:
        """Whether a file was taken out of the outbox and certainly was not fetched before."""
        return (self._withdrawn / name).exists() and not self.lies_in_outbox(name)

    def in_outbox(self, suffix: str) -> list[str]:
        """The names of files that were handed over and nobody has fetched."""
        return sorted(path.name for path in self._outbox.glob(f"*{suffix}"))

    def handed_over(self, suffix: str) -> list[str]:
        """The names of files that are, or were, in the outbox, as far as the folders show."""
        places = (self._outbox, self._withdrawn, self._called_off)
        return sorted({path.name for place in places for path in place.glob(f"*{suffix}")})

    def withdraw(self, name: str, *, for_certain: bool) -> bool:
        """Take a file out of the outbox again; False where it was fetched meanwhile."""
        aside = private_directory(self._withdrawn if for_certain else self._called_off)
        try:
            (self._outbox / name).rename(aside / name)
        except FileNotFoundError:
            return False
        sync_directory(aside)
        sync_directory(self._outbox)
        return True

    def doubt_withdrawn(self) -> None:
        """Of no file that was withdrawn it is certain any more that it was not fetched."""
        if self._withdrawn.exists():
            aside = private_directory(self._called_off)
            for path in sorted(self._withdrawn.iterdir()):
                path.rename(aside / path.name)
            sync_directory(aside)
            sync_directory(self._withdrawn)

    def hand_over(self, name: str) -> None:
        """Put a file in the outbox, at once and whole. That another command did it is no error.

        What was taken out before is no more: from here on it may be with the other side.
        """
        for aside in (self._withdrawn, self._called_off):
            if (aside / name).exists():
                (aside / name).unlink()
                sync_directory(aside)
        try:
            (self._making / name).rename(self._outbox / name)
        except FileNotFoundError:
            return
        sync_directory(self._outbox)
        sync_directory(self._making)

    def inbox_changed_ns(self) -> int:
        """When a name in the inbox came or went, as the file system counts."""
        return self._inbox.stat().st_mtime_ns

    def arrived(self) -> Iterator[Arrived]:
        """What lies in the inbox, oldest first. Names that begin with a dot are not there yet."""
        found = []
        with os.scandir(self._inbox) as entries:
            for entry in entries:
                if entry.is_file() and not entry.name.startswith("."):
                    stat = entry.stat()
                    found.append((stat.st_mtime_ns, entry.name, stat.st_size))
        for mtime_ns, name, size_bytes in sorted(found):
            yield Arrived(path=self._inbox / name, size_bytes=size_bytes, mtime_ns=mtime_ns)

    def replace(self, name: str, data: bytes) -> Arrived:
        """Put other bytes in the place of a file of the inbox; how the folder lists it now."""
        path = self._inbox / name
        replace_private(path, data)
        stat = path.stat()
        return Arrived(path=path, size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)

    def path_of(self, name: str) -> Path:
        """Where a file of the inbox lies."""
        return self._inbox / name
