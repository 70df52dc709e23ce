"""Judges whether a directory is the log that was signed: every tile against the entries.

    python tiles.py DIRECTORY --policy POLICY

audit.py, which judges what the entries say, reads every file through it, so that none is left over.
Layout: C2SP tlog-tiles; trees: RFC 6962.
"""

import argparse
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

if __name__ == "__main__":  # the files beside this one are the package, wherever they lie
    package = sys.modules["amends_verify"] = type(sys)("amends_verify")
    package.__path__, sys.dont_write_bytecode = [str(Path(__file__).parent)], True

from amends_verify.verify import MALFORMED, Policy, RosterError, need

TILE = "tile/(entries|[0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:[.]p/([0-9]+))?"  # C2SP tlog-tiles
MOST_STATES = 1 << 20  # of awards, in one file


def listed(directory: str | Path) -> Iterator[str]:
    """Every file under a directory; nothing but files and folders may be there."""
    with os.scandir(directory) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                yield from listed(one.path)
            else:
                need(one.is_file(follow_symlinks=False), f"{one.name} is no ordinary file")
                yield one.path


def top(hashes: list[bytes]) -> bytes:
    """The root over neighbouring subtrees; an odd last one is promoted (RFC 6962 §2.1)."""
    while len(hashes) > 1:
        odd, each = hashes[-1:] if len(hashes) & 1 else [], iter(hashes)
        pairs = zip(each, each, strict=False)  # one after the other
        hashes = [sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


class Log:
    """The files of a published log; those that nobody has read are left."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.left, self.roots = directory, set[str](), list[bytes]()
        self.tiles: dict[tuple[str, int], dict[int, str]] = {}  # kind, number → width → name
        need(directory.is_dir(), "there is no such directory")
        for path in listed(directory):
            self.left.add(name := path[len(str(directory)) :].replace(os.sep, "/").lstrip("/"))
            if tile := re.fullmatch(TILE, name):
                key, width = (tile[1], int(re.sub("[x/]", "", tile[2]))), int(tile[3] or 256)
                self.tiles.setdefault(key, {})[width] = name

    def read(self, name: str, digest: bytes | None = None) -> bytes:
        """The bytes of a file, checked against the hash that an entry holds of it."""
        need(name in self.left, f"{name or 'a tile'} is missing")
        self.left.discard(name)
        path = f"{self.directory}/{name}"  # to make a Path takes as long as to read a tile
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            data = file.read()
        need(digest is None or sha256(data).digest() == digest, f"{name} is not what the log says")
        return data

    def all_read(self) -> None:
        """Check that no file is left."""
        need(not self.left, f"covered by nothing in the log: {sorted(self.left)[:3]}")

    def size(self, name: str) -> int:
        """How many bytes a file has that nobody has read; -1 if there is none."""
        return (self.directory / name).stat().st_size if name in self.left else -1

    def entries(self, size: int, root: bytes) -> Iterator[list[bytes]]:
        """The entries of every bundle of a log of *size*; after the last, they led to *root*."""
        for number in range(-(-size // 256)):
            entries = self.bundle(number, size)
            yield entries
            self.roots.append(top(self.leaves(number, entries)))
        right = self.roots and top(self.roots) == root
        need(right, "the entries do not lead to the signed root")
        self.above(size)

    def bundle(self, number: int, size: int) -> list[bytes]:
        """The entries of a bundle, of a log of *size*."""
        key, count = ("entries", number), min(256, size - 256 * number)
        data = self.read(self.tiles.get(key, {}).pop(count, ""))
        entries, ends = split(data, count)
        self.beginnings(key, data, ends)
        return entries

    def leaves(self, number: int, entries: list[bytes]) -> list[bytes]:
        """The hashes of a bundle's entries; of those that are hidden, what their tile says."""
        hashes = [sha256(b"\0" + entry).digest() for entry in entries]
        if not all(entries):
            name = self.tiles.get(("0", number), {}).get(len(entries), "")
            need(name, "a tile is missing")
            tile = (self.directory / name).read_bytes()
            hidden = [tile[at : at + 32] for at in range(0, len(tile), 32)]
            pairs = zip(entries, hashes, hidden, strict=True)
            hashes = [shown if entry else its for entry, shown, its in pairs]
        self.tile(0, number, hashes)
        return hashes

    def tile(self, level: int, number: int, hashes: list[bytes]) -> None:
        """Check a tile against the hashes that the entries lead to."""
        key = str(level), number
        need(len(hashes) in self.tiles.get(key, {}), "a tile is missing")
        self.beginnings(key, b"".join(hashes), range(0, 32 * len(hashes) + 1, 32))

    def beginnings(self, key: tuple[str, int], data: bytes, ends: Sequence[int]) -> None:
        """Check all files of a tile: this one, and what earlier checkpoints had of it."""
        for width, name in self.tiles.pop(key, {}).items():
            partial = name.endswith(f".p/{width}")
            need(0 < width < len(ends) and partial is (width < 256), f"{name} does not belong")
            need(self.read(name) == data[: ends[width]], f"{name} is not what the entries lead to")

    def above(self, size: int, before: int = 0) -> None:
        """Check every tile above the leaves', but for those that a log of *before* had as it is."""
        roots = self.roots  # of the leaves' tiles
        for level in range(1, 9):
            roots = roots[: size >> 8 * level]  # of full tiles
            same = before >> 8 * level
            for first in range(same // 256 * 256 if same < len(roots) else same, len(roots), 256):
                self.tile(level, first // 256, roots[first : first + 256])
            roots = [top(roots[first : first + 256]) for first in range(0, len(roots), 256)]

    def states(self, epoch: int, digest: bytes, awards: int) -> bytes:
        """The states of all awards: of k files, file i has the awards i, k + i, 2 k + i, ...."""
        digests, states = self.read(f"state/{epoch}/parts", digest), bytearray(awards)
        count = -(-awards // MOST_STATES)
        need(len(digests) == 32 * count, "the states are in more or fewer parts than they have")
        for part in range(count):
            packed = self.read(f"state/{epoch}/{part}.bin.gz", digests[32 * part :][:32])
            states[part::count] = unpacked(packed, len(range(part, awards, count)))
        return bytes(states)


def split(data: bytes, count: int) -> tuple[list[bytes], Sequence[int]]:
    """The entries of a bundle, and where each begins and the last one ends."""
    entries, ends = list[bytes](), [0]
    if data[::48] + data[1::48] == bytes(count) + b"." * count:  # each has 46 bytes
        entries += [entry for (entry,) in struct.iter_unpack("2x46s", data)]
        ends = [*range(0, len(data) + 1, 48)]
    while ends[-1] < len(data):
        start = ends[-1] + 2
        ends.append(start + (data[start - 2] << 8 | data[start - 1]))
        entries.append(data[start : ends[-1]])
    need((len(entries), ends[-1]) == (count, len(data)), "an entry bundle has a wrong length")
    return entries, ends


def unpacked(packed: bytes, length: int) -> bytes:
    """A state file: so many states, and nothing else."""
    unzip, states = zlib.decompressobj(31), b""
    with suppress(zlib.error):
        states = unzip.decompress(packed, length + 1)
    need(len(states) == length and unzip.eof and not unzip.unused_data, "a state file is wrong")
    need(not states.translate(None, bytes(range(8))), "a state file holds a code of no state")
    return states


def paired(high: bytes | bytearray, low: bytes) -> bytes:
    """For every position ``high * 8 + low`` (high < 32, low < 8: nothing carries over)."""
    return (int.from_bytes(high, "big") * 8 + int.from_bytes(low, "big")).to_bytes(len(low), "big")


def tree(directory: Path, policy: Policy) -> str:
    """Check that entries and tiles are those that the log's key has signed; say what was found."""
    log = Log(directory)
    origin, size, root = policy.checkpoint(log.read("checkpoint"))
    count = sum(map(len, log.entries(size, root)))
    others = sorted(name for widths in log.tiles.values() for name in widths.values())
    need(not others, f"covered by nothing in the log: {others[:3]}")
    return (
        f"Verified: {count:,} entries and all tiles are those that {origin} has signed. "
        f"Not checked: what the entries say, and {len(log.left):,} other files."
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check that this is the log that was signed.")
    parser.add_argument("path", type=Path, help="the directory of a published log")
    parser.add_argument("--policy", type=Path, required=True, help="the log's key, from elsewhere")
    given = parser.parse_args(arguments)
    try:
        print(tree(given.path, Policy(given.policy.read_bytes())))
    except (RosterError, OSError, *MALFORMED) as reason:
        print(f"NOT VERIFIED: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
