"""Copies a published log, and believes nothing of it: what a mirror shows has passed every check.

    TO/log             the newest copy that is whole; a link, so that it changes in one step
    TO/copies/…        what it points to
    TO/incoming/…      what is being fetched; a killed mirror goes on there
    TO/forks/…         both histories, if the log ever shows two: evidence, and the end of mirroring
    TO/seen.json       when which checkpoint and epoch was first seen

Kept true: a newer copy contains the older one as it was, by its hashes; a source that shows another
history stops the mirror; silence beyond the due date is an alarm of its own, and so is a log that
is signed every day and tells nothing new.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import ClassVar

from amends.kernel.canonical import canonical
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.roster import claims
from amends.roster.covered import (
    SEAL_FILE,
    claim_buckets,
    covered_files,
    manifest_digest,
    newest_epoch,
    state_parts,
    states,
)
from amends.roster.merkle import subtree
from amends.roster.mirror_source import MirrorSourceError, MirrorUnreadError, Source
from amends.roster.model import SignedHead
from amends.roster.publication import digest_name
from amends.roster.selfcheck import Policy, accepted, parse_policy, read_checkpoint
from amends.roster.site import CHECKPOINT, VERIFIER, VERIFIERS
from amends.roster.tiles import disk_node, full_tiles, partial_tiles, tile_path

MOST_ENTRIES = 100_000_000
_MOST_CHECKPOINT, _MOST_TILE, _MOST_FILE = 1 << 16, 1 << 25, 1 << 28
_AT_ONCE = 8
_AUDIT_S = 3_600
_MOST_PROMISED_DAYS = 31


class MirrorForkError(AmendsError):
    """The log has shown two histories. Both are kept; a person has to look."""

    code: ClassVar[str] = "mirror_fork"


class MirrorStaleError(AmendsError):
    """The source shows an older state of the log than it did before."""

    code: ClassVar[str] = "mirror_stale"


class CheckpointOverdueError(AmendsError):
    """No checkpoint came in the time that one was due."""

    code: ClassVar[str] = "checkpoint_overdue"


class EpochOverdueError(AmendsError):
    """Checkpoints come, and no epoch in the time in which the log promises one."""

    code: ClassVar[str] = "epoch_overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What stands in the mirror now, and how many files were fetched for it."""

    head: SignedHead
    fetched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A mirror: its directory, and whom it believes."""

    to: Path
    policy_text: str
    policy: Policy

    @property
    def log(self) -> Path:
        """The copy that is shown."""
        return self.to / "log"

    @property
    def forks(self) -> Path:
        """Where evidence lies."""
        return self.to / "forks"

    def head(self) -> SignedHead | None:
        """The checkpoint of the copy that is shown, if there is one."""
        if not self.log.exists():
            return None
        return read_checkpoint((self.log / CHECKPOINT).read_bytes(), self.policy)


def mirror(source: Source, to: Path, policy_text: str, due: timedelta, *, now_s: int) -> Mirrored:
    """Bring the mirror in *to* up to what *source* shows. *now_s*: seconds since the epoch.

    Raises:
        MirrorForkError: the log shows another history than it did; both are kept.
        MirrorStaleError: it shows an older one.
        MirrorSourceError: it cannot be read, or is damaged; the copy stays as it was.
        CheckpointError: its checkpoint is not what the policy accepts.
        CheckpointOverdueError: nothing newer than *due* is there.
        EpochOverdueError: the states are older than the log promises, whatever was cosigned since.
    """
    mine = Mirror(to=to, policy_text=policy_text, policy=parse_policy(policy_text))
    to.mkdir(parents=True, exist_ok=True)
    _refuse_after_a_fork(mine)
    before = mine.head()
    try:
        done = _updated(mine, before, source, now_s)
    except MirrorSourceError:
        if before is not None:
            _require_fresh(mine, before, due, now_s)
            _require_epoch(mine, before, due, now_s)
        raise
    finally:
        source.close()
    _require_fresh(mine, done.head, due, now_s)
    _require_epoch(mine, done.head, due, now_s)
    return done


def _refuse_after_a_fork(mine: Mirror) -> None:
    if mine.forks.exists():
        raise MirrorForkError(
            said(
                "{forks} holds two histories of the log. Nothing is copied any more: show both to "
                "the others who check, and to the press",
                forks=mine.forks,
            )
        )


def _updated(mine: Mirror, before: SignedHead | None, source: Source, now_s: int) -> Mirrored:
    """Copy what is new, if it follows from what is here."""
    note = source.read(CHECKPOINT, _MOST_CHECKPOINT)
    head = accepted(note, mine.policy)
    if head.size > MOST_ENTRIES:
        raise MirrorSourceError(said("the log is larger than a mirror takes"))
    if before is not None and before.origin != head.origin:
        raise MirrorSourceError(
            said("the source is another log than the one that is mirrored here")
        )
    _see(mine, _head_name(head), now_s)
    if before is not None and head.size <= before.size:
        if subtree(disk_node(mine.log, before.size), 0, head.size) != head.root:
            _keep_fork(mine, source, head, note)
        if head.size < before.size:
            raise MirrorStaleError(
                said(
                    "the source shows {size:,} entries, and {before:,} are here already: it is an "
                    "old copy, or holds something back",
                    size=head.size,
                    before=before.size,
                )
            )
        if _newest(head) <= _newest(before):
            return Mirrored(head=before, fetched=0)
    return _advanced(mine, before, source, head, note)


def _newest(head: SignedHead) -> int:
    """The newest time of a cosignature; 0 without any."""
    return max(head.cosigned.values(), default=0)


def _advanced(
    mine: Mirror, before: SignedHead | None, source: Source, head: SignedHead, note: bytes
) -> Mirrored:
    """Fetch, check and show a larger log, or more cosignatures of the same."""
    name = _name(head, note)
    incoming, copy = mine.to / "incoming" / name, mine.to / "copies" / name
    fetched = 0
    if not copy.exists():
        have = mine.log if before is not None else None
        try:
            fetched = _fetched(source, head, note, incoming, have)
            _audit(mine, incoming)
        except MirrorUnreadError:
            raise
        except MirrorSourceError:
            # Files that were here, or came before a kill, may be of another history: all anew.
            shutil.rmtree(incoming)
            fetched = _fetched(source, head, note, incoming, None)
            _audit(mine, incoming)
        if before is not None:
            root = subtree(disk_node(incoming, head.size), 0, before.size)
            if root != before.root:
                _keep_fork(mine, source, head, note, whole=incoming)
        copy.parent.mkdir(exist_ok=True)
        os.sync()
        incoming.replace(copy)
    _show(mine, copy)
    return Mirrored(head=head, fetched=fetched)


def _name(head: SignedHead, note: bytes) -> str:
    return f"{head.size}-{sha256(note).hexdigest()[:16]}"


def _show(mine: Mirror, copy: Path) -> None:
    """Point to the new copy in one step; drop the old ones and what was left half-fetched."""
    link = mine.to / "log.new"
    link.unlink(missing_ok=True)
    link.symlink_to(copy.relative_to(mine.to))
    link.replace(mine.log)
    os.sync()
    for other in copy.parent.iterdir():
        if other != copy:
            shutil.rmtree(other)
    shutil.rmtree(mine.to / "incoming", ignore_errors=True)


# Fetching.


def _fetched(source: Source, head: SignedHead, note: bytes, into: Path, have: Path | None) -> int:
    """Fetch a whole log; how many files came from the source."""
    into.mkdir(parents=True, exist_ok=True)
    tiles = [*full_tiles(head.size), *partial_tiles(head.size)]
    wanted = dict.fromkeys((tile_path(*tile) for tile in tiles), b"")
    fetched = _all_read(source, wanted, into, have, most_bytes=_MOST_TILE)
    bundles = sorted((tile for tile in tiles if tile[0] is None), key=_place)
    covered = covered_files((into / tile_path(*tile)).read_bytes() for tile in bundles)
    fetched += _all_read(source, covered, into, have, most_bytes=_MOST_FILE)
    for epoch, path in states(covered):
        parts = state_parts(epoch, (into / path).read_bytes())
        fetched += _all_read(source, parts, into, have, most_bytes=_MOST_FILE)
    verifier = _verifier_digests(into / "case.json")
    fetched += _all_read(source, verifier, into, have, most_bytes=_MOST_FILE)
    if claims.ABOUT in covered:
        about = manifest_digest((into / claims.ABOUT).read_bytes())
        fetched += _all_read(source, {claims.MANIFEST: about}, into, have, most_bytes=_MOST_FILE)
        buckets = claim_buckets((into / claims.MANIFEST).read_bytes())
        fetched += _all_read(source, buckets, into, have, most_bytes=claims.BUCKET_BYTES)
    (into / CHECKPOINT).unlink(missing_ok=True)
    (into / CHECKPOINT).write_bytes(note)
    return fetched


def _place(tile: tuple[int | None, int, int]) -> int:
    return tile[1]


def _verifier_digests(case_json: Path) -> dict[str, bytes]:
    """The verifier's files and the digests that case.json holds; older logs have fewer."""
    try:
        case = json.loads(case_json.read_bytes())
        held = {name: case.get(digest_name(name)) for name in VERIFIERS}
        named = {name: digest for name, digest in held.items() if digest is not None}
        named[VERIFIER] = case[digest_name(VERIFIER)]
        return {name: bytes.fromhex(str(digest)) for name, digest in named.items()}
    except (ValueError, LookupError, TypeError):
        raise MirrorSourceError(said("case.json is not what a log begins with")) from None


def _all_read(
    source: Source,
    wanted: Mapping[str, bytes],
    into: Path,
    have: Path | None,
    *,
    most_bytes: int,
) -> int:
    """Read files with the digests that they have to have (empty: not known); how many were read."""

    def read(name: str) -> int:
        target, digest = into / name, wanted[name]
        if target.exists() and _right(target, digest):
            return 0
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        if have is not None and (have / name).exists() and _right(have / name, digest):
            os.link(have / name, target)
            return 0
        content = source.read(name, most_bytes)
        if digest and sha256(content).digest() != digest:
            raise MirrorSourceError(said("{path}: is not what the log says", path=name))
        part = target.with_name(target.name + ".part")
        part.write_bytes(content)
        part.replace(target)
        return 1

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(read, wanted))


def _right(path: Path, digest: bytes) -> bool:
    return not digest or sha256(path.read_bytes()).digest() == digest


def _audit(mine: Mirror, log: Path) -> None:
    """Have the outsider's verifier go through everything that was fetched.

    Raises:
        MirrorSourceError: it does not pass.
    """
    for part in log.rglob("*.part"):
        part.unlink()
    policy = mine.to / "policy"
    policy.write_text(mine.policy_text, encoding="utf-8", newline="\n")
    verifier = str(resources.files("amends_verify").joinpath(VERIFIER))
    done = subprocess.run(
        [sys.executable, "-I", verifier, "all", str(log), "--policy", str(policy)],
        capture_output=True,
        text=True,
        timeout=_AUDIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise MirrorSourceError(
            said("what the source shows does not verify: {reason}", reason=done.stderr.strip())
        )


# Two histories, and silence.


def _keep_fork(
    mine: Mirror, source: Source, head: SignedHead, note: bytes, whole: Path | None = None
) -> None:
    """Keep both histories, whole as far as the source gives its own, and stop.

    Raises:
        MirrorForkError: always.
    """
    evidence = mine.to / "forks.new"
    shutil.rmtree(evidence, ignore_errors=True)
    theirs = evidence / f"shown-{_name(head, note)}"
    theirs.mkdir(parents=True)
    if whole is None:
        (theirs / CHECKPOINT).write_bytes(note)
        with suppress(MirrorSourceError):
            _fetched(source, head, note, theirs, None)
    else:
        shutil.copytree(whole, theirs, copy_function=os.link, dirs_exist_ok=True)
    ours = mine.log.resolve()
    shutil.copytree(ours, evidence / f"before-{ours.name}", copy_function=os.link)
    os.sync()
    evidence.replace(mine.forks)
    _refuse_after_a_fork(mine)


def _see(mine: Mirror, name: str, now_s: int) -> int:
    """Remember when something was first seen; when that was."""
    seen = _seen(mine)
    if name not in seen:
        path = mine.to / "seen.json"
        part = path.with_suffix(".part")
        part.write_text(canonical({**seen, name: now_s}), encoding="utf-8")
        part.replace(path)
    return seen.get(name, now_s)


def _seen(mine: Mirror) -> dict[str, int]:
    try:
        content = json.loads((mine.to / "seen.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): int(value) for name, value in content.items()}


def _head_name(head: SignedHead) -> str:
    return f"{head.size} {head.root.hex()}"


def _require_fresh(mine: Mirror, head: SignedHead, due: timedelta, now_s: int) -> None:
    """Raise the alarm when the newest checkpoint is older than it may be.

    Its age goes by the newest cosignature; without witnesses, by when it was first seen here. A log
    that is sealed owes none.
    """
    if (mine.log / SEAL_FILE).exists():  # the copy is whole and checked: nothing more is due
        return
    when_s = _newest(head) or _seen(mine).get(_head_name(head), now_s)
    age = timedelta(seconds=now_s - when_s)
    if due and age > due:
        raise CheckpointOverdueError(
            said(
                "the newest checkpoint is {age} days old, and one is due every {due}: the log is "
                "silent. The copy here stays",
                age=age.days,
                due=due.days,
            )
        )


def _require_epoch(mine: Mirror, head: SignedHead, due: timedelta, now_s: int) -> None:
    """Raise the alarm when the newest epoch is older than the log promises.

    Its age goes by when it was first seen here: witnesses say when they saw a checkpoint, and
    cosign an old one every day. *due*: 0 for never, and what counts where the log promises nothing.
    """
    tiles = [*full_tiles(head.size), *partial_tiles(head.size)]
    bundles = sorted((tile for tile in tiles if tile[0] is None), key=_place, reverse=True)
    epoch = newest_epoch((mine.log / tile_path(*tile)).read_bytes() for tile in bundles)
    days = promised_days(mine.log / "case.json")
    promised = due if days is None else timedelta(days=min(days, _MOST_PROMISED_DAYS))
    if not due or epoch is None:  # nobody asked, or the log is sealed
        return
    age = timedelta(seconds=now_s - _see(mine, f"epoch {epoch}", now_s))
    if age > promised:
        raise EpochOverdueError(
            said(
                "epoch {epoch} has been the newest for {age} days, and one is promised every "
                "{promised}: the log is signed, and tells nothing new. The copy here stays",
                epoch=epoch,
                age=age.days,
                promised=promised.days,
            )
        )


def promised_days(case_json: Path) -> int | None:
    """How often the log promises an epoch; None where it does not say."""
    days = json.loads(case_json.read_bytes()).get("epoch_days")
    return days if type(days) is int and days > 0 else None
