"""Tiles and entry bundles: how a log lies in files (C2SP tlog-tiles).

A tile holds up to 256 consecutive hashes of one level of every eighth height; a bundle holds up to
256 entries, each after its length (u16, big-endian). Full ones never change; partial ones carry
their width in the name and are kept until the full one exists.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from amends.roster.merkle import HASH_BYTES, Node, parents

WIDTH = 256
_HEIGHT = 8


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


def tile_root(hashes: bytes) -> bytes:
    """The hash of a full tile: what stands for it in the level above."""
    for _ in range(_HEIGHT):
        hashes = parents(hashes)
    return hashes


class TileTree:
    """The tile levels of a log, built bundle by bundle; holds hashes only."""

    def __init__(self) -> None:
        self.levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """The number of leaves so far."""
        return len(self.levels[0]) // HASH_BYTES

    def append(self, entries: Iterable[bytes]) -> None:
        """Add leaves; whoever adds whole bundles keeps it fast."""
        self.levels[0] += b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
        full = WIDTH * HASH_BYTES
        level = 0
        while True:
            below = self.levels[level]
            above = self.levels[level + 1] if level + 1 < len(self.levels) else bytearray()
            done = len(above) // HASH_BYTES
            ready = len(below) // full
            if ready == done:
                return
            for number in range(done, ready):
                above += tile_root(bytes(below[number * full : (number + 1) * full]))
            if level + 1 == len(self.levels):
                self.levels.append(above)
            level += 1

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree, from the tile level below it."""
        level, above = divmod(height, _HEIGHT)
        start = (index << above) * HASH_BYTES
        hashes = bytes(self.levels[level][start : start + (HASH_BYTES << above)])
        for _ in range(above):
            hashes = parents(hashes)
        return hashes

    def tile(self, level: int, number: int, width: int = WIDTH) -> bytes:
        """The bytes of a tile."""
        start = number * WIDTH * HASH_BYTES
        return bytes(self.levels[level][start : start + width * HASH_BYTES])


def full_tiles(size: int) -> Iterator[tuple[int | None, int, int]]:
    """Level, number and width of every full tile and bundle of a log of *size* entries."""
    count, level = size, 0
    while count:
        for number in range(count // WIDTH):
            if level == 0:
                yield None, number, WIDTH
            yield level, number, WIDTH
        count //= WIDTH
        level += 1


def partial_tiles(size: int) -> Iterator[tuple[int | None, int, int]]:
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


def kept_tiles(sizes: Iterable[int]) -> Iterator[tuple[int | None, int, int]]:
    """Every tile and bundle of a log whose checkpoints had *sizes*, the last being its size now.

    Partial ones stay until the full one exists (C2SP tlog-tiles, "Partial Tiles").
    """
    known = sorted(set(sizes))
    if not known:
        return
    full = set(full_tiles(known[-1]))
    yield from sorted(full, key=lambda tile: (tile[0] is not None, tile[0] or 0, tile[1]))
    seen: set[tuple[int | None, int, int]] = set()
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
    for number, data in enumerate(bundles):
        entries = split_bundle(data)
        tree.append(entries)
        for width in widths.get(number, ()):
            yield tile_path(None, number, width), bundle(entries[:width])
    for level, number, width in tiles:
        if level is not None:
            yield tile_path(level, number, width), tree.tile(level, number, width)


def disk_node(log: Path, size: int) -> Node:
    """The hashes of complete subtrees, read from the tiles of a published log of *size* entries."""
    cache: dict[tuple[int, int], bytes] = {}

    def tile(level: int, number: int) -> bytes:
        if (level, number) not in cache:
            width = min(WIDTH, (size >> (_HEIGHT * level)) - number * WIDTH)
            cache[level, number] = (log / tile_path(level, number, width)).read_bytes()
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
