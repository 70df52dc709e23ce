"""Files and folders that only their owner can read, made safely when two commands race."""

import ctypes
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600
_GATHERED_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 8 << 20
_BEGIN_TO_WRITE: Final = 2  # SYNC_FILE_RANGE_WRITE of Linux's <fcntl.h>


def private_directory(path: Path) -> Path:
    """Make *path* (and nothing above it) with rights 0700; an existing folder is left as it is."""
    path.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
    return path


def private_folders(folder: Path) -> None:
    """Make the missing folders of a path, each 0700."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)


def make_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The bytes of *path*; the first caller makes them (0600), whoever races gets the same bytes.

    The content is complete and on disk before the name exists, so a kill leaves nothing half-done.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        temporary = _written_aside(path, make())
    try:
        os.link(temporary, path)
        sync_directory(path.parent)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_bytes()


def replace_private(path: Path, content: bytes) -> None:
    """Put *content* in *path* (0600) in one step: readers see the old bytes or the new ones."""
    _written_aside(path, content).replace(path)
    sync_directory(path.parent)


@contextmanager
def written_whole(to: Path) -> Iterator[Path]:
    """A name beside *to* to write under; it becomes *to* at the end, so no half file is found.

    For files that others may read; what fails on the way leaves nothing behind.
    """
    part = to.with_name(f".{to.name}.part")
    try:
        yield part
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def steadily_written(descriptor: int) -> BinaryIO:
    """A file of many bytes, open for writing, that go to the disk while more of them are made.

    An ``fsync`` at its end then waits only for the last ones.
    """
    return io.BufferedWriter(_SteadyFile(descriptor, "wb"), _GATHERED_BYTES)


class _SteadyFile(io.FileIO):
    """Asks the system to begin with what was written, where it can be asked (Linux)."""

    _begun = 0

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write; and begin to make a piece last as soon as there is one."""
        written = super().write(data)
        waiting = self.tell() - self._begun
        if waiting >= _PIECE_BYTES:
            with suppress(AttributeError):
                place, size = ctypes.c_int64(self._begun), ctypes.c_int64(waiting)
                ctypes.CDLL(None).sync_file_range(self.fileno(), place, size, _BEGIN_TO_WRITE)
            self._begun += waiting
        return written


def sync_directory(path: Path) -> None:
    """Make the names in a folder last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_aside(path: Path, content: bytes) -> Path:
    """A new synced file beside *path* with *content*."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return temporary
