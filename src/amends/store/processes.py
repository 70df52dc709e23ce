"""Which processes of a PostgreSQL data folder are alive, zombies and recycled numbers left out."""

import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")


def alive(pid: int) -> bool:
    """Whether the process exists and is more than a zombie that nobody has collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def postmaster(data: Path) -> int | None:
    """The live main process of the server on *data*; a stale ``postmaster.pid`` counts as none."""
    pid = _noted_pid(data)
    if pid is None or not alive(pid):
        return None
    folder = _working_folder(pid)
    if folder is not None and (folder != data.resolve() or not _same_owner(pid, data)):
        return None
    return pid


def on_data(data: Path) -> list[int]:
    """All live processes of the server on *data*, also orphans: each works in that folder.

    Where there is no ``/proc``, only the main process is known.
    """
    if not _PROC.is_dir():
        pid = postmaster(data)
        return [] if pid is None else [pid]
    folder = data.resolve()
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return sorted(pid for pid in pids if _working_folder(pid) == folder and alive(pid))


def stop(data: Path, *, patience_s: float, recovers: bool = False) -> bool:
    """Stop the server on *data*: fast shutdown, then an immediate one. Whether all are gone.

    One that *recovers* after a crash is told the latter at once: it has nothing that it could not
    do again, and the former it may not hear before it is through.
    """
    for request in (signal.SIGQUIT,) if recovers else (signal.SIGINT, signal.SIGQUIT):
        pid = postmaster(data)
        if pid is not None:
            try:
                os.kill(pid, request)
            except ProcessLookupError:
                continue
        if _gone(data, patience_s):
            return True
    return False


def _gone(data: Path, patience_s: float) -> bool:
    """Whether every process on *data* ends in time."""
    deadline = time.monotonic() + patience_s
    while on_data(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _noted_pid(data: Path) -> int | None:
    """The process number in the first line of ``postmaster.pid``."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _same_owner(pid: int, data: Path) -> bool:
    """Whether the process is of the account that the data are of: nobody else's is ever stopped."""
    try:
        return (_PROC / str(pid)).stat().st_uid == data.lstat().st_uid
    except FileNotFoundError:
        return False


def _working_folder(pid: int) -> Path | None:
    """Where the process works; None when that cannot be known."""
    try:
        return (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def _state(pid: int) -> str:
    """The state letter of the process; empty when that cannot be known."""
    try:
        status = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[0]
