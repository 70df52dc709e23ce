"""Files and folders that only their owner can read, made safely when two commands race."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


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
