"""Were two people shown the same roster? Holds receipts and checkpoints against each other.

    python -m amends_verify compare FILE FILE … --policy POLICY [--log DIRECTORY]

Each file is a receipt or a checkpoint that the log's key has signed. Two roots of one size prove
that the log has shown two histories; nobody but the holder of its key can make such a pair. Other
sizes are held against the log in DIRECTORY, a copy that somebody trusts (`all` audits it).
Exit 0 and what was compared; exit 1 where there are two histories, or a file is not what it says.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from amends_verify.tiles import Log, top
from amends_verify.verify import MALFORMED, Policy, RosterError, need


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What somebody was shown: where it stands, size, root, and when which witness cosigned."""

    file: str
    origin: str
    size: int
    root: bytes
    cosigned: dict[str, int]


def view(file: str, data: bytes, policy: Policy) -> View:
    """The checkpoint in a receipt or checkpoint file, with or without its quorum.

    Raises:
        RosterError: the log's key has not signed it.
    """
    if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
        data = data.partition(b"\n\n")[2]
    origin, size, root, cosigned = policy.opened(data)
    return View(file=file, origin=origin, size=size, root=root, cosigned=cosigned)


def forks(views: Sequence[View]) -> list[tuple[View, View]]:
    """Pairs of one log and size with different roots: the first one seen, and each that differs."""
    first: dict[tuple[str, int, bytes], View] = {}
    for one in views:
        first.setdefault((one.origin, one.size, one.root), one)
    heads = list(first.values())
    return [
        (one, other)
        for at, one in enumerate(heads)
        for other in heads[at + 1 :]
        if (one.origin, one.size) == (other.origin, other.size)
    ]


def roots(directory: Path, size: int, wanted: set[int]) -> dict[int, bytes]:
    """The roots that a copy of the log has over its first so many entries.

    Raises:
        RosterError: entries are missing.
    """
    found, full = {}, list[bytes]()
    log = Log(directory)
    for number in range(-(-size // 256)):
        hashes = log.leaves(number, log.bundle(number, size))
        for end in sorted(wanted):
            if 0 < end - 256 * number <= len(hashes):
                found[end] = top([*full, top(hashes[: end - 256 * number])])
        full += [top(hashes)] if len(hashes) == 256 else []
    return found


def against(directory: Path, views: Sequence[View], policy: Policy) -> list[tuple[View, View]]:
    """Pairs of the copy's own history and a view that is not its beginning.

    Raises:
        RosterError: the copy's entries do not lead to its checkpoint, or a view is newer than it.
    """
    copy = view(str(directory), (directory / "checkpoint").read_bytes(), policy)
    mine = [one for one in views if one.origin == copy.origin]
    known = roots(directory, copy.size, {copy.size, *(one.size for one in mine)})
    need(known.get(copy.size) == copy.root, f"{directory} does not lead to its checkpoint")
    late = [one.file for one in mine if one.size > copy.size]
    need(not late, f"newer than {directory}: {', '.join(late)}; copy the log again")
    return [(copy, one) for one in mine if known[one.size] != one.root]


def told(pair: tuple[View, View], policy: Policy) -> str:
    """Two histories in words, and which witness stands behind which."""
    shown = [f"{view.file} (size {view.size:,}, root {view.root.hex()})" for view in pair]
    lines = [f"TWO HISTORIES of {pair[0].origin}: {' and '.join(shown)}."]
    lines.append("The log's key has signed both; keep both files.")
    for name in policy.witnesses:
        stands = [view.file for view in pair if name in view.cosigned]
        refused = [view.file for view in pair if name not in view.cosigned]
        if not refused:
            lines.append(f"Witness {name} cosigned BOTH: it is broken or part of it.")
        elif stands:
            lines.append(f"Witness {name} cosigned {stands[0]}, and not {refused[0]}.")
        else:
            lines.append(f"Witness {name} cosigned neither.")
    return "\n".join(lines)


def listed(views: Sequence[View]) -> str:
    """Each view on a line."""
    lines = []
    for one in views:
        when = ", ".join(
            f"{name} {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
            for name, time in one.cosigned.items()
        )
        lines.append(
            f"{one.file}: {one.origin}, size {one.size:,}; cosigned: {when or 'by nobody'}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="amends_verify compare", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--policy", type=Path, required=True, help="the log's key, from elsewhere")
    parser.add_argument("--log", type=Path, metavar="DIRECTORY", help="a copy of the log")
    given = parser.parse_args(arguments)
    try:
        policy = Policy(given.policy.read_bytes())
        views = [view(str(file), file.read_bytes(), policy) for file in given.files]
        print(listed(views))
        found = forks(views)
        found += against(given.log, views, policy) if given.log else []
        if found:
            print("\n".join(told(pair, policy) for pair in found), file=sys.stderr)
            return 1
        sizes = {(one.origin, one.size) for one in views}
        need(given.log or len(sizes) == 1, "different sizes: compare with a copy, --log DIRECTORY")
    except (RosterError, OSError, *MALFORMED) as reason:
        print(f"NOT COMPARED: {reason}", file=sys.stderr)
        return 1
    print("Compared: one history." + (" All are beginnings of the copy." if given.log else ""))
    return 0
