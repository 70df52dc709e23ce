"""For audit.py: the files of a published log and its tree, its states and decisions."""

import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from amends_verify.verify import canonical, hexed, need, signed, unjson

STATES = ("promised", "sent", "settled", "returned", "needs_person", "disputed", "waived", "open")
MOVES = ("01234567", "1234567", "123457", "1234567", "01234567", "01234567", "567", "01234567")
OWN, ANNULLED = 30, 31  # classes of awards: an amount of one's own; nothing is owed any more
MOST_STATES = 1 << 20  # of awards, in one file


def top(hashes: list[bytes]) -> bytes:
    """The root over neighbouring subtrees; an odd last one is promoted (RFC 6962 §2.1)."""
    while len(hashes) > 1:
        odd, each = hashes[-1:] if len(hashes) & 1 else [], iter(hashes)
        pairs = zip(each, each, strict=False)  # one after the other
        hashes = [sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


def paired(high: bytes | bytearray, low: bytes) -> bytes:
    """For every position ``high * 8 + low`` (high < 32, low < 8: nothing carries over)."""
    return (int.from_bytes(high, "big") * 8 + int.from_bytes(low, "big")).to_bytes(len(low), "big")


def moved(before: bytes, after: bytes) -> bool:
    """Whether every award went from one state to another by a move that there is."""
    steps = paired(before.ljust(len(after), b"\0"), after)
    bad = [a * 8 + b for a in range(8) for b in range(8) if str(b) not in MOVES[a]]
    return not any(map(steps.count, bad))


def counted(
    pairs: bytes, c: int, amount: int, money: Sequence[int] | None = None
) -> dict[str, dict[str, int]]:
    """How many awards of class *c* are in each state, and their money: *amount* each, or *money*.

    *pairs*: of every award its class and its state, as :func:`paired` has them.
    """
    counts = [pairs.count(c * 8 + code) for code in range(8)]
    sums = money or [n * amount for n in counts]
    rows = [{"count": n, "amount_minor": a} for n, a in zip(counts, sums, strict=True)]
    return dict(zip(STATES, rows, strict=True))


def by_class(
    pairs: bytes, states: bytes, tariff: Mapping[int, int], own: Mapping[int, int]
) -> dict[str, Any]:
    """The same of every class; *own*: amounts of their own, by award."""
    classes = {str(c): counted(pairs, c, amount) for c, amount in tariff.items()}
    if own:
        owns = [(states[award], amount) for award, amount in own.items()]
        money = [sum(amount for code, amount in owns if code == s) for s in range(8)]
        classes[str(OWN)] = counted(pairs, OWN, 0, money)
    return classes


def unpacked(packed: bytes, length: int) -> bytes:
    """A state file: so many states, and nothing else."""
    unzip, states = zlib.decompressobj(31), b""
    with suppress(zlib.error):
        states = unzip.decompress(packed, length + 1)
    need(len(states) == length and unzip.eof and not unzip.unused_data, "a state file is wrong")
    need(not states.translate(None, bytes(range(8))), "a state file holds a code of no state")
    return states


def approved(case: str, kind: str, file: dict[str, Any], right: Mapping[str, object]) -> None:
    """Check that two keys signed a decision, and that it says what is *right*."""
    need({*file} - {"decision"} == {"approvals", "body", "v"}, "a decision has other fields")
    body = file["body"]
    same = (body["case"], *map(body.get, right)) == (case, *right.values())
    need(same, f"the {kind} was approved of other figures")
    text = canonical([case, kind, canonical(body).decode()])
    message = b"amends approval v1\0" + sha256(b"amends proposal v1\0" + text).digest()
    pairs = {(hexed(one["key"], 32), hexed(one["signature"], 64)) for one in file["approvals"]}
    need(all(signed(key, message, made) for key, made in pairs), "an approval is not signed")
    need(len({key for key, _ in pairs}) >= 2, f"the {kind} was not approved by two")


def listed(directory: str | Path) -> Iterator[str]:
    """Every file under a directory; nothing but files and folders may be there."""
    with os.scandir(directory) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                yield from listed(one.path)
            else:
                need(one.is_file(follow_symlinks=False), f"{one.name} is no ordinary file")
                yield one.path


class Log:
    """The files of a published log; every one has to be accounted for."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.left = directory, set[str]()
        self.tiles: dict[tuple[str, int], dict[int, str]] = {}
        form = "tile/(entries|[0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:[.]p/([0-9]+))?"
        need(directory.is_dir(), "there is no such directory")
        for path in listed(directory):
            self.left.add(name := path[len(str(directory)) :].replace(os.sep, "/").lstrip("/"))
            if tile := re.fullmatch(form, name):
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

    def entries(self, size: int, begin: int = 0) -> Iterator[list[bytes]]:
        """The entries of every bundle from number *begin* on."""
        for number in range(begin, -(-size // 256)):
            count, key = min(256, size - 256 * number), ("entries", number)
            data, found = self.read(self.tiles.get(key, {}).pop(count, "")), list[bytes]()
            if data[::48] + data[1::48] == bytes(count) + b"." * count:  # each has 46 bytes
                found += [entry for (entry,) in struct.iter_unpack("2x46s", data)]
                ends = [*range(0, len(data) + 1, 48)]
            else:
                ends = [0]
                while ends[-1] < len(data):
                    start = ends[-1] + 2
                    ends.append(start + (data[start - 2] << 8 | data[start - 1]))
                    found.append(data[start : ends[-1]])
            need((len(found), ends[-1]) == (count, len(data)), "an entry bundle has a wrong length")
            self.older(key, data, ends)
            yield found

    def leaves(self, index: int, entries: list[bytes]) -> list[bytes]:
        """The hashes of a bundle's entries; of those that are hidden, what their tile says."""
        hashes = [sha256(b"\0" + entry).digest() for entry in entries]
        if not all(entries):
            name = self.tiles.get(("0", index), {}).get(len(entries), "")
            need(name, "a tile is missing")
            tile = (self.directory / name).read_bytes()
            hidden = [tile[at : at + 32] for at in range(0, len(tile), 32)]
            pairs = zip(entries, hashes, hidden, strict=True)
            hashes = [shown if entry else its for entry, shown, its in pairs]
        self.tile(0, index, hashes)
        return hashes

    def tile(self, level: int, index: int, hashes: list[bytes]) -> None:
        """Check a tile against the hashes that the entries lead to."""
        key, data = (str(level), index), b"".join(hashes)
        name = self.tiles.get(key, {}).pop(len(hashes), "")
        need(self.read(name) == data, f"{name} is not what the entries lead to")
        self.older(key, data, range(0, len(data) + 1, 32))

    def above(self, roots: list[bytes], size: int, before: int = 0) -> None:
        """Check every tile above the leaves', but for those that a log of *before* had as it is.

        *roots*: of each of the leaves' tiles, of a log of *size*.
        """
        for level in range(1, 9):
            roots = roots[: size >> 8 * level]  # of full tiles
            same = before >> 8 * level
            for first in range(same // 256 * 256 if same < len(roots) else same, len(roots), 256):
                self.tile(level, first // 256, roots[first : first + 256])
            roots = [top(roots[first : first + 256]) for first in range(0, len(roots), 256)]

    def older(self, key: tuple[str, int], data: bytes, ends: Sequence[int]) -> None:
        """Check partial tiles of earlier checkpoints: each is the beginning of the later one."""
        for width, name in self.tiles.pop(key, {}).items():
            need(0 < width < len(ends) and name.endswith(f".p/{width}"), f"{name} does not belong")
            need(self.read(name) == data[: ends[width]], f"{name} is not what it was")

    def states(self, epoch: int, digest: bytes, awards: int) -> bytes:
        """The states of all awards: of k files, file i has the awards i, k + i, 2 k + i, ...."""
        digests, states = self.read(f"state/{epoch}/parts", digest), bytearray(awards)
        count = -(-awards // MOST_STATES)
        need(len(digests) == 32 * count, "the states are in more or fewer parts than they have")
        for part in range(count):
            packed = self.read(f"state/{epoch}/{part}.bin.gz", digests[32 * part :][:32])
            states[part::count] = unpacked(packed, len(range(part, awards, count)))
        return bytes(states)

    def buckets(self, publication: int, count: int, digest: bytes, *, whole: bool) -> str:
        """Check the newest claim buckets: all of one size and, read *whole*, as CLAIMS has them."""
        if not publication:
            return " This log publishes no claim buckets." if whole else ""
        about = unjson(self.read("claims/claims.json", digest))
        hashes = self.read("claims/manifest", hexed(about["manifest_sha256"], 32))
        said = about["publication"], about["buckets"], len(hashes)
        need(said == (publication, count, 32 * count), "claims.json differs from its CLAIMS")
        for i in range(count):
            name = f"claims/{i // 1000:03d}/{i % 1000:03d}"
            size = (self.directory / name).stat().st_size if name in self.left else -1
            need(size == 32768, f"{name} is missing, or has another size than every bucket has")
            if whole:
                self.read(name, hashes[32 * i :][:32])
            self.left.discard(name)
        how = "read" if whole else "their sizes checked; --claims reads them"
        return f" Claim buckets: {count:,} of 32 KiB, {how}."
