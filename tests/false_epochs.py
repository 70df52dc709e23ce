"""Epochs that do not follow from their log, with hashes that fit: each has to be found."""

import gzip
import json
from collections.abc import Callable
from hashlib import sha256

from amends_verify import verify
from roster_logs import MadeLog


def hundred() -> MadeLog:
    """A hundred people: sixty were paid, then twenty of these got their money back."""
    log = MadeLog(people=100).begin().advance([2] * 60 + [4] * 40, range(60))
    return log.advance([2] * 40 + [3] * 20 + [4] * 40)


def false_epoch(change: Callable[[MadeLog, dict[str, bytes]], None]) -> MadeLog:
    """A hundred people whose second epoch was falsified, with hashes that fit the false files."""
    log = hundred()
    files = {"state": log.covered["state/2/0.bin.gz"], "stats": log.covered["stats/2.json"]}
    change(log, files)
    totals = log.log[-1][69:]
    parts = files.get("parts", sha256(files["state"]).digest())
    log.covered |= {"state/2/parts": parts, "state/2/0.bin.gz": files["state"]}
    log.covered["stats/2.json"] = files["stats"]
    hashes = sha256(parts).digest() + sha256(files["stats"]).digest()
    log.log[-1] = log.log[-1][:5] + hashes + totals
    return log


def with_states(states: bytes) -> Callable[[MadeLog, dict[str, bytes]], None]:
    """Other states in the file than the sums say."""
    return lambda _, files: files.update(state=gzip.compress(states, mtime=0))


def with_stats(change: Callable[[dict[str, dict[str, int]]], None]) -> Callable[..., None]:
    """Other sums."""

    def apply(_: MadeLog, files: dict[str, bytes]) -> None:
        stats = json.loads(files["stats"])
        change(stats)
        files["stats"] = verify.canonical(stats)

    return apply


FALSE_EPOCHS: dict[str, Callable[[MadeLog, dict[str, bytes]], None]] = {
    "a return shown as settled": with_states(bytes([2] * 60 + [4] * 40)),
    "a state too many": with_states(bytes([2] * 40 + [3] * 20 + [4] * 41)),
    "a state too few": with_states(bytes([2] * 40 + [3] * 20 + [4] * 39)),
    "an unknown state": with_states(bytes([2] * 40 + [3] * 20 + [4] * 39 + [8])),
    "a second file inside": lambda _, files: files.update(state=files["state"] * 2),
    "something behind": lambda _, files: files.update(state=files["state"] + b"x"),
    "no parts": lambda _, files: files.update(parts=b""),
    "a part too many": lambda _, files: files.update(parts=2 * sha256(files["state"]).digest()),
    "the digest of another part": lambda _, files: files.update(parts=bytes(32)),
    "a bomb": with_states(bytes(10_000_000)),
    "returns denied": with_stats(lambda s: s["returned_after_batch"].update(count=0)),
    "returns invented": with_stats(lambda s: s["returned_after_batch"].update(count=21)),
    "a remainder invented": with_stats(lambda s: s["remainder"].update(count=1)),
    "a sum raised": with_stats(lambda s: s["batches"].update(amount_minor=1)),
    "a figure more": with_stats(lambda s: s.update(note={"count": 1})),
}
