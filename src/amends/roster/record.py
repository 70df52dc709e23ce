"""What lies in the published directory as it was let out, and what its check found.

Kept true: a file counts as unchanged if it has the size and the time of change that it had when it
was let out, and if one has not, or is missing, everything is read and checked anew. A record is
written when all that it speaks of is on disk; one that is lost, or was not written, only costs the
time of reading everything.
"""

import json
import os
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_RECORD, _FOUND = "roster-out.json", "roster-found-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The log that is out: its size and root, where lies what its check found, its files."""

    size: int
    root: bytes
    found: Path
    there: frozenset[str]


def files_in(directory: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything under a directory that is no folder, by its path from there."""

    def below(folder: str | Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        with os.scandir(folder) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    yield from below(one.path, f"{prefix}{one.name}/")
                else:
                    yield prefix + one.name, one

    return below(directory, "") if directory.is_dir() else iter(())


def remember(workspace: Path, live: Path, checkpoint: str, found: Path) -> None:
    """Record what is out, its *checkpoint* and what its check *found*, which moves away."""
    _, size, root, *_ = checkpoint.split("\n")
    kept = workspace / f"{_FOUND}{b64decode(root).hex()[:32]}"
    found.replace(kept)
    files = {path: list(_stand(one)) for path, one in files_in(live)}
    told = {"files": files, "found": kept.name, "root": root, "size": int(size)}
    part = workspace / f"{_RECORD}.part"
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(workspace / _RECORD)
    for other in workspace.glob(f"{_FOUND}*"):
        if other != kept:
            other.unlink()


def remembered(workspace: Path, live: Path) -> Record | None:
    """The record of what is out, if every file of it is there as it was let out."""
    try:
        told = json.loads((workspace / _RECORD).read_bytes())
    except (OSError, ValueError):
        return None
    there = {path: list(_stand(one)) for path, one in files_in(live)}
    found = workspace / told["found"]
    if not found.exists() or any(there.get(path) != file for path, file in told["files"].items()):
        return None
    root, known = b64decode(told["root"]), frozenset(told["files"])
    return Record(size=told["size"], root=root, found=found, there=known)


def _stand(file: os.DirEntry[str]) -> tuple[int, int]:
    """Size and time of change; a link is no file of ours, and has a size that none has."""
    about = file.stat(follow_symlinks=False)
    return -1 if file.is_symlink() else about.st_size, about.st_mtime_ns
