"""The published directory as files: written aside, checked by the outsider's verifier, let out.

Files are made from rows, so a lost or damaged one is made again. A new state of the directory is
first complete in a folder of its own, or, where what is out stands as it was let out, what is new
of it (docs/adr/0018-epochs-from-the-edge.md); then its files move over one by one, the checkpoint
last.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from importlib import resources
from pathlib import Path

from amends.kernel.case import Case
from amends.kernel.saying import said
from amends.roster import record
from amends.roster.model import RosterInequalityError
from amends.roster.record import Record

CHECKPOINT = "checkpoint"
VERIFIER = "verify.py"
VERIFIERS = ("audit.py", "report.py", "tiles.py", VERIFIER, "zh.py")
"""The verifier that a log ships: files that are named by their hashes in case.json."""
_ADDED = "added.py"
"""What runs them, keeps what they found, and goes on from there with what was added."""
POLICY = "policy"
PAGE = "check.html"
IN_WORDS = "roster.html"
_POLICY_LINE = '<meta name="amends-policy" content="{policy}">'
_PATIENCE_S = 1_800


def log_directory(case: Case) -> Path:
    """Where the log lies for the public."""
    return case.site / "log"


class Check(StrEnum):
    """What is read before something goes out."""

    ADDED = "added"
    """What was let out and checked stands; what is added to it is made and checked by itself."""
    WHOLE = "whole"
    """Everything, of claim buckets their sizes."""
    CLAIMS = "claims"
    """Everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A complete directory, not yet let out, or what goes to one that is out (``before``).

    ``written``: paths that differ from what is out; ``expected``: all that shall lie there.
    """

    folder: Path
    written: tuple[str, ...]
    expected: frozenset[str]
    before: Record | None = None

    @property
    def log(self) -> Path:
        """The directory as it will be published, or what is new of it."""
        return self.folder / "log"

    @property
    def found(self) -> Path:
        """What the check found, once it has passed."""
        return self.folder / "found"


def stage(case: Case, files: Iterable[tuple[str, bytes]], policy: str) -> Staged:
    """Write a complete directory aside; what is out already and right is linked, not written."""
    folder, live = case.workspace / "roster-staging", log_directory(case)
    shutil.rmtree(folder, ignore_errors=True)
    log = folder / "log"
    log.mkdir(parents=True)
    (folder / POLICY).write_text(policy, encoding="utf-8", newline="\n")
    there, folders = {path for path, _ in record.files_in(live)}, set[Path]()
    written, expected = [], []
    for path, content in files:
        target = log / path
        if target.parent not in folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            folders.add(target.parent)
        expected.append(path)
        if path in there and _holds(live / path, content):
            os.link(live / path, target)
        else:
            target.write_bytes(content)
            written.append(path)
    return Staged(folder=folder, written=tuple(written), expected=frozenset(expected))


def _holds(path: Path, content: bytes) -> bool:
    """Whether a published file is there with these bytes."""
    try:
        return not path.is_symlink() and path.read_bytes() == content
    except OSError:
        return False


def verify(staged: Staged, *, claims: bool = False) -> None:
    """Run the verifier that the directory ships, as a stranger would, with nothing of ours.

    If it is this release's, what it found is kept, and where that is at hand, it reads what was
    added alone. *claims*: let it read every claim bucket.

    Raises:
        RosterInequalityError: it does not pass.
    """
    log, more = str(staged.log), ["--claims"] if claims else []
    if staged.before is not None:
        program = [str(_released(_ADDED)), log, "--keep", str(staged.found)]
        more = ["--before", str(staged.before.found)]
    elif ships_this_release(staged.log):
        program = [str(_released(_ADDED)), log, "--keep", str(staged.found)]
    else:
        program = [str(staged.log / VERIFIER), "all", log]
    done = subprocess.run(
        [sys.executable, "-I", *program, "--policy", str(staged.folder / POLICY), *more],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        raise RosterInequalityError(
            said(
                "the roster does not pass its own verifier, and nothing was published: {stderr}",
                stderr=done.stderr.strip(),
            )
        )


def ships_this_release(log: Path) -> bool:
    """Whether a log ships the verifier of this release, byte for byte."""
    return all(_holds(log / name, _released(name).read_bytes()) for name in VERIFIERS)


def _released(name: str) -> Path:
    """A file of this release's verifier."""
    return Path(str(resources.files("amends_verify").joinpath(name)))


def sealed(staged: Staged, checkpoint: bytes) -> Staged:
    """The staged directory with this checkpoint, which more witnesses have cosigned."""
    path = staged.log / CHECKPOINT
    if path.read_bytes() == checkpoint:
        return staged
    path.unlink()  # it may be a link to what is out
    path.write_bytes(checkpoint)
    written = dict.fromkeys([*staged.written, CHECKPOINT])
    return replace(staged, written=tuple(written))


def let_out(case: Case, staged: Staged) -> None:
    """Move the staged files over the published ones, the checkpoint last; drop what is no longer.

    A kill on the way is mended by the next call: everything is made from rows again, since what
    lies there is not what was recorded.
    """
    live = log_directory(case)
    checkpoint = (staged.log / CHECKPOINT).read_text(encoding="utf-8")
    if staged.written:
        os.sync()  # all contents are on disk before the first name is
    folders = set[Path]()
    for path in sorted(staged.written, key=lambda path: path == CHECKPOINT):
        target = live / path
        if target.parent not in folders:
            _make_folders(live, target.parent)
            folders.add(target.parent)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        (staged.log / path).replace(target)
    for name, found in list(record.files_in(live)):
        if name not in staged.expected:
            Path(found).unlink()
    if staged.written:
        os.sync()
    if staged.found.exists():
        record.remember(case.workspace, live, checkpoint, staged.found)
    shutil.rmtree(staged.folder)


def page_of(policy: str) -> bytes:
    """The page that checks receipts in a browser, with this policy in its one line."""
    page = resources.files("amends_verify").joinpath(PAGE).read_text(encoding="utf-8")
    content = escape(policy).replace("\n", "&#10;")
    empty, filled = (_POLICY_LINE.format(policy=text) for text in ("", content))
    return page.replace(empty, filled).encode()


def show_page(case: Case, policy: str) -> None:
    """Have that page lie beside the log; not in it, whose verifier takes no file of its own."""
    show(case, PAGE, page_of(policy))


def show(case: Case, name: str, content: bytes) -> None:
    """Have a page lie beside the log."""
    target = case.site / name
    if not _holds(target, content):
        part = target.with_suffix(".part")
        part.write_bytes(content)
        part.replace(target)


def _make_folders(live: Path, wanted: Path) -> None:
    """Make a folder and those that it is in; what is no folder where one has to be goes away."""
    live.mkdir(parents=True, exist_ok=True)
    folder = live
    for part in wanted.relative_to(live).parts:
        folder /= part
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink(missing_ok=True)
            folder.mkdir()
