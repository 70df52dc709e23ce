"""Tiles and entry bundles: how a log lies in files (C2SP tlog-tiles).

A tile holds up to 256 consecutive hashes of one level of every eighth height; a bundle holds up to
256 entries, each after its length (u16, big-endian). Full ones never change; partial ones carry
their width in the name and are kept until the full one exists.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from amends.roster.merkle import HASH_BYTES, MANY, Node, leaf_hashes, leaf_hashes_in, parents

WIDTH = 256
Tile = tuple[int | None, int, int]
"""Level (``None`` for a bundle), number and width."""
_HEIGHT = 8
_BUNDLES_AT_ONCE = 256


def tile_path(level: int | None, number: int, width: int = WIDTH) -> str:
    """``tile/<L>/<N>[.p/<W>]``; *level* ``None`` is an entry bundle."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:  # noqa: PLR2004  the format's own base: three digits per path element
        number //= 1000
        parts.insert(0, f"x{number % 1000:03d}")
    kind = "entries" if level is None else str(level)
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{kind}/{'/'.join(parts)}{partial}"


def bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def split_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle that we made ourselves."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : end])
        at = end
    assert at == len(data)  # noqa: S101 - a bundle of ours ends with an entry
    return entries


def bundle_hashes(bundles: Sequence[bytes]) -> bytes:
    """The leaf hashes of all entries of bundles that follow each other."""
    if len(bundles) * WIDTH < MANY:
        return leaf_hashes([entry for data in bundles for entry in split_bundle(data)])
    octets = np.frombuffer(b"".join(bundles), dtype=np.uint8)
    ends = np.cumsum([len(data) for data in bundles])
    at = ends - [len(data) for data in bundles]
    begins = np.full((len(bundles), WIDTH), -1)
    for step in range(WIDTH):  # in all bundles at once
        there = np.flatnonzero(at < ends)
        begins[there, step] = at[there]
        at[there] += 2 + (octets[at[there]].astype(np.int64) << 8 | octets[at[there] + 1])
    assert np.array_equal(at, ends)  # noqa: S101 - a bundle of ours ends with an entry
    starts = begins[begins >= 0]
    told = np.ones(len(octets), dtype=bool)
    told[starts] = told[starts + 1] = False
    return leaf_hashes_in(octets[told], np.diff(starts, append=len(octets)) - 2)


def tile_roots(hashes: bytes) -> bytes:
    """The hashes of full tiles, one after the other: what stands for each in the level above."""
    for _ in range(_HEIGHT):
        hashes = parents(hashes)
    return hashes


def _beginning(data: bytes, width: int) -> bytes:
    """The first entries of a bundle, as a partial one."""
    return data if width == WIDTH else bundle(split_bundle(data)[:width])


class TileTree:
    """The tile levels of a log, built bundle by bundle; holds hashes only.

    One that goes on from an :func:`edge` holds of each level its last, partial tile and what comes
    behind it: all that a log's later roots and tiles are made of.
    """

    def __init__(self, levels: Iterable[tuple[int, bytes]] = ((0, b""),)) -> None:
        """*levels*: of each how many hashes are not held, and those that are."""
        self._begins, self.levels = list[int](), list[bytearray]()
        for before, hashes in levels:
            self._begins.append(before)
            self.levels.append(bytearray(hashes))

    @property
    def size(self) -> int:
        """The number of leaves so far."""
        return self._count(0)

    def _count(self, level: int) -> int:
        """How many hashes a level has, held or not."""
        return self._begins[level] + len(self.levels[level]) // HASH_BYTES

    def _held(self, level: int, first: int, count: int) -> bytes:
        """Hashes of a level, from *first* on."""
        start = (first - self._begins[level]) * HASH_BYTES
        if start < 0:
            raise ValueError("that lies behind the edge from which the tree goes on")
        return bytes(self.levels[level][start : start + count * HASH_BYTES])

    def append(self, entries: Sequence[bytes]) -> None:
        """Add leaves; whoever adds many at once keeps it fast."""
        self.append_hashes(leaf_hashes(entries))

    def append_hashes(self, hashes: bytes) -> None:
        """The same by the leaves' hashes, one after the other."""
        self.levels[0] += hashes
        level = 0
        while True:
            has_above = level + 1 < len(self.levels)
            done = self._count(level + 1) if has_above else 0
            ready = self._count(level) // WIDTH
            if ready == done:
                return
            if not has_above:
                self._begins.append(0)
                self.levels.append(bytearray())
            more = self._held(level, done * WIDTH, (ready - done) * WIDTH)
            self.levels[level + 1] += tile_roots(more)
            level += 1

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree, from the tile level below it."""
        level, above = divmod(height, _HEIGHT)
        hashes = self._held(level, index << above, 1 << above)
        for _ in range(above):
            hashes = parents(hashes)
        return hashes

    def tile(self, level: int, number: int, width: int = WIDTH) -> bytes:
        """The bytes of a tile."""
        return self._held(level, number * WIDTH, width)


def edge(log: Path, size: int) -> TileTree:
    """The tree of a published log of *size* entries, from the partial tiles at its end.

    Raises:
        OSError: one is not there.
    """
    levels = list[tuple[int, bytes]]()
    while count := size >> _HEIGHT * len(levels):
        number, width = divmod(count, WIDTH)
        path = log / tile_path(len(levels), number, width)
        levels.append((number * WIDTH, path.read_bytes() if width else b""))
    return TileTree(levels)


def full_tiles(size: int) -> Iterator[Tile]:
    """Level, number and width of every full tile and bundle of a log of *size* entries."""
    count, level = size, 0
    while count:
        for number in range(count // WIDTH):
            if level == 0:
                yield None, number, WIDTH
            yield level, number, WIDTH
        count //= WIDTH
        level += 1


def partial_tiles(size: int) -> Iterator[Tile]:
    """Level, number and width of every partial tile and bundle of a log of *size* entries."""
    count, level = size, 0
    while count:
        number, width = divmod(count, WIDTH)
        if width:
            if level == 0:
                yield None, number, width
            yield level, number, width
        count //= WIDTH
        level += 1


def kept_tiles(sizes: Iterable[int]) -> Iterator[Tile]:
    """Every tile and bundle of a log whose checkpoints had *sizes*, the last being its size now.

    Partial ones stay until the full one exists (C2SP tlog-tiles, "Partial Tiles").
    """
    known = sorted(set(sizes))
    if not known:
        return
    full = set(full_tiles(known[-1]))
    yield from sorted(full, key=lambda tile: (tile[0] is not None, tile[0] or 0, tile[1]))
    seen: set[Tile] = set()
    for size in known:
        for level, number, width in partial_tiles(size):
            if (level, number, WIDTH) not in full and (level, number, width) not in seen:
                seen.add((level, number, width))
                yield level, number, width


def tile_files(
    tree: TileTree, bundles: Iterable[bytes], sizes: Iterable[int]
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every tile and bundle of a log whose checkpoints had *sizes*.

    *bundles*: the whole log; *tree*: empty, and complete when the last file is out.
    """
    tiles = list(kept_tiles(sizes))
    widths: dict[int, list[int]] = {}
    for level, number, width in tiles:
        if level is None:
            widths.setdefault(number, []).append(width)
    first, coming = 0, iter(bundles)
    while some := list(islice(coming, _BUNDLES_AT_ONCE)):
        tree.append_hashes(bundle_hashes(some))
        for number, data in enumerate(some, first):
            for width in widths.get(number, ()):
                yield tile_path(None, number, width), _beginning(data, width)
        first += len(some)
    for level, number, width in tiles:
        if level is not None:
            yield tile_path(level, number, width), tree.tile(level, number, width)


def added_files(
    tree: TileTree, first: int, bundles: Sequence[bytes], tiles: Iterable[Tile]
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of these tiles and bundles. *tree*: complete; *bundles*: from number *first*.

    Raises:
        ValueError: one lies behind the edge from which the tree goes on.
    """
    for level, number, width in tiles:
        if level is not None:
            yield tile_path(level, number, width), tree.tile(level, number, width)
        elif number < first:
            raise ValueError("that bundle lies behind the edge from which the tree goes on")
        else:
            yield tile_path(None, number, width), _beginning(bundles[number - first], width)


def disk_node(log: Path, size: int, *others: Path) -> Node:
    """The hashes of complete subtrees, read from the tiles of a published log of *size* entries.

    *others*: where tiles lie that *log* has not.
    """
    cache: dict[tuple[int, int], bytes] = {}

    def tile(level: int, number: int) -> bytes:
        if (level, number) not in cache:
            width = min(WIDTH, (size >> (_HEIGHT * level)) - number * WIDTH)
            path = tile_path(level, number, width)
            place = next((one for one in (log, *others) if (one / path).exists()), log)
            cache[level, number] = (place / path).read_bytes()
        return cache[level, number]

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, _HEIGHT)
        if size >> (_HEIGHT * level) == 0:
            raise ValueError("the log has no such subtree")
        first = index << above
        number, offset = divmod(first, WIDTH)
        hashes = tile(level, number)[offset * HASH_BYTES : (offset + (1 << above)) * HASH_BYTES]
        for _ in range(above):
            hashes = parents(hashes)
        return hashes

    return node
