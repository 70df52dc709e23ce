"""The third part of verify.py, for audit.py: the files of a published log, and its tree."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from amends_verify.verify import hexed, need, unjson


def top(hashes: list[bytes]) -> bytes:
    """The root over neighbouring subtrees; an odd last one is promoted (RFC 6962 §2.1)."""
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) & 1 else []
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


class Log:
    """The files of a published log; every one has to be accounted for."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.left = directory, set[str]()
        self.tiles: dict[tuple[str, int], dict[int, str]] = {}
        form = "tile/(entries|[0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:[.]p/([0-9]+))?"
        need(directory.is_dir(), "there is no such directory")
        for path in directory.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                need(path.is_file() and not path.is_symlink(), f"{path.name} is no ordinary file")
                self.left.add(name := path.relative_to(directory).as_posix())
                if tile := re.fullmatch(form, name):
                    key, width = (tile[1], int(re.sub("[x/]", "", tile[2]))), int(tile[3] or 256)
                    self.tiles.setdefault(key, {})[width] = name

    def read(self, name: str, digest: bytes | None = None) -> bytes:
        """The bytes of a file, checked against the hash that an entry holds of it."""
        need(name in self.left, f"{name or 'a tile'} is missing")
        self.left.discard(name)
        data = (self.directory / name).read_bytes()
        need(digest is None or sha256(data).digest() == digest, f"{name} is not what the log says")
        return data

    def entries(self, size: int) -> Iterator[list[bytes]]:
        """All entries, bundle by bundle."""
        for first in range(0, size, 256):
            count, key = min(256, size - first), ("entries", first // 256)
            data, found, ends = self.read(self.tiles.get(key, {}).pop(count, "")), [], [0]
            while ends[-1] < len(data):
                start = ends[-1] + 2
                ends.append(start + (data[start - 2] << 8 | data[start - 1]))
                found.append(data[start : ends[-1]])
            need((len(found), ends[-1]) == (count, len(data)), "an entry bundle has a wrong length")
            self.older(key, data, ends)
            yield found

    def tile(self, level: int, index: int, hashes: list[bytes]) -> None:
        """Check a tile against the hashes that the entries lead to."""
        key, data = (str(level), index), b"".join(hashes)
        name = self.tiles.get(key, {}).pop(len(hashes), "")
        need(self.read(name) == data, f"{name} is not what the entries lead to")
        self.older(key, data, range(0, len(data) + 1, 32))

    def older(self, key: tuple[str, int], data: bytes, ends: Sequence[int]) -> None:
        """Check partial tiles of earlier checkpoints: each is the beginning of the later one."""
        for width, name in self.tiles.pop(key, {}).items():
            need(0 < width < len(ends) and name.endswith(f".p/{width}"), f"{name} does not belong")
            need(self.read(name) == data[: ends[width]], f"{name} is not what it was")

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
