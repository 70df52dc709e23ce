"""Encrypted copies of bytes, written as a stream and read from any place, in bounded memory.

The bytes are cut in chunks of 1 MiB, each sealed with AES-256-GCM under the file's own random key.
A chunk's nonce is its number, and the last chunk is sealed as the last: chunks cannot be moved,
left out, added or cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
CRYPTO 2015). The file's key stands in its head, wrapped by the evidence key and bound to the name
of the file. A spool has no name and keeps its key in memory only.
"""

from __future__ import annotations

import io
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.kernel.saying import said
from amends.vault.model import SealError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
KEY_BYTES = 32
NONCE_BYTES = 12
MAGIC = b"AMSEAL1\n"
HEAD_BYTES = len(MAGIC) + NONCE_BYTES + KEY_BYTES + TAG_BYTES
MEMORY_BYTES = 16 << 20
"""Spools up to this size stay in memory."""
_MORE, _LAST = b"more", b"last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """The evidence key, and the name that the file's own key is bound to."""

    key: bytes = field(repr=False)
    name: str

    @property
    def _context(self) -> bytes:
        return f"amends sealed v1|{self.name}".encode()

    def head(self, file_key: bytes) -> bytes:
        """The head of a file with this key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return MAGIC + nonce + AESGCM(self.key).encrypt(nonce, file_key, self._context)

    def file_key(self, head: bytes) -> bytes:
        """The key that stands in a file's head.

        Raises:
            SealError: it was sealed under another key or name, or is no sealed file.
        """
        nonce, body = head[len(MAGIC) :][:NONCE_BYTES], head[len(MAGIC) + NONCE_BYTES :]
        try:
            if head.startswith(MAGIC) and len(head) == HEAD_BYTES:
                return AESGCM(self.key).decrypt(nonce, body, self._context)
        except InvalidTag as error:
            raise SealError(
                said("a sealed file does not open: it was changed, or belongs elsewhere")
            ) from error
        raise SealError(said("a sealed file does not open: it was cut short, or is none"))


class SealedWriter:
    """Seals a stream of bytes, chunk after chunk; :meth:`finish` seals the last one as the last."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._waiting = bytearray()
        self._chunk = 0

    def write(self, data: ReadableBuffer) -> None:
        """Take more bytes."""
        self._waiting += data
        sealed_bytes = 0
        with memoryview(self._waiting) as waiting:
            while len(waiting) - sealed_bytes > CHUNK_BYTES:  # the last is known at the end only
                self._seal(waiting[sealed_bytes : sealed_bytes + CHUNK_BYTES], _MORE)
                sealed_bytes += CHUNK_BYTES
        del self._waiting[:sealed_bytes]

    def finish(self) -> None:
        """Seal what is left; also nothing at all is a last chunk."""
        self._seal(bytes(self._waiting), _LAST)
        self._waiting.clear()
        self._file.flush()

    def _seal(self, plain: bytes | memoryview, place: bytes) -> None:
        nonce = self._chunk.to_bytes(NONCE_BYTES, "big")
        self._file.write(self._cipher.encrypt(nonce, plain, place))
        self._chunk += 1


class SealedReader(io.RawIOBase):
    """Reads sealed bytes from any place. ``pread(size, offset)`` gives the file's own bytes."""

    def __init__(
        self,
        pread: Callable[[int, int], bytes],
        *,
        key: bytes,
        sealed_bytes: int,
        head_bytes: int = HEAD_BYTES,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._pread = pread
        self._cipher = AESGCM(key)
        self._head_bytes = head_bytes
        self._sealed_bytes = sealed_bytes
        body = sealed_bytes - head_bytes
        self._chunks = -(-body // (CHUNK_BYTES + TAG_BYTES))
        self.size_bytes = body - self._chunks * TAG_BYTES
        if self.size_bytes < 0 or not self._chunks:
            raise SealError(said("a sealed file does not open: it was cut short"))
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")
        self._close = close

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; returns it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill *buffer* as far as the chunk at this place goes.

        Raises:
            SealError: the bytes there are not those that were sealed.
        """
        view = memoryview(buffer).cast("B")
        if self._at >= self.size_bytes:
            if self._chunks == 1 and self.size_bytes == 0:
                self._opened(0)  # also that there is nothing has to be true
            return 0
        number, start = divmod(self._at, CHUNK_BYTES)
        plain = self._opened(number)
        count = min(len(view), len(plain) - start)
        view[:count] = memoryview(plain)[start : start + count]
        self._at += count
        return count

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            self._close()
        super().close()

    def _opened(self, number: int) -> bytes:
        if self._held[0] != number:
            offset = self._head_bytes + number * (CHUNK_BYTES + TAG_BYTES)
            sealed = self._pread(CHUNK_BYTES + TAG_BYTES, offset)
            place = _LAST if number == self._chunks - 1 else _MORE
            try:
                plain = self._cipher.decrypt(number.to_bytes(NONCE_BYTES, "big"), sealed, place)
            except InvalidTag as error:
                raise SealError(
                    said(
                        "a sealed file does not open: it was changed, cut short, or belongs "
                        "elsewhere"
                    )
                ) from error
            self._held = (number, plain)
        return self._held[1]


def open_sealed(path: Path, wrapping: Wrapping) -> BinaryIO:
    """The bytes that were sealed in *path*, to be read from any place.

    Raises:
        SealError: it is not that file; also while reading.
        OSError: there is no such file.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        key = wrapping.file_key(os.pread(descriptor, HEAD_BYTES, 0))
        reader = SealedReader(
            lambda size, offset: os.pread(descriptor, size, offset),
            key=key,
            sealed_bytes=os.fstat(descriptor).st_size,
            close=lambda: os.close(descriptor),
        )
    except BaseException:
        os.close(descriptor)
        raise
    return io.BufferedReader(reader, CHUNK_BYTES)


class Spool:
    """Bytes that are kept for a while, never in clear on a disk.

    Few stay in memory; more go into a file without a name, sealed under a key that is nowhere
    else. When the program ends, however it ends, nothing is left.
    """

    def __init__(self, folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._memory = bytearray()
        self._key = secrets.token_bytes(KEY_BYTES)
        self._file: BinaryIO | None = None
        self._writer: SealedWriter | None = None
        self._sealed_bytes = 0
        self.size_bytes = 0

    def write(self, data: ReadableBuffer) -> None:
        """Take more bytes."""
        self.size_bytes += memoryview(data).nbytes
        if self._writer is None and self.size_bytes > self._memory_bytes:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed below
            self._writer = SealedWriter(self._file, self._key)
            self._writer.write(self._memory)
            self._memory = bytearray()
        if self._writer is None:
            self._memory += data
        else:
            self._writer.write(data)

    def finish(self) -> None:
        """No more bytes come."""
        if self._writer is not None and self._file is not None:
            self._writer.finish()
            self._sealed_bytes = os.fstat(self._file.fileno()).st_size

    def open(self) -> BinaryIO:
        """The bytes from their start; may be opened again and again."""
        if self._file is None:
            return io.BytesIO(self._memory)
        descriptor = self._file.fileno()
        reader = SealedReader(
            lambda size, offset: os.pread(descriptor, size, offset),
            key=self._key,
            sealed_bytes=self._sealed_bytes,
            head_bytes=0,
        )
        return io.BufferedReader(reader, CHUNK_BYTES)

    def close(self) -> None:
        """Forget the bytes."""
        self._memory = bytearray()
        if self._file is not None:
            self._file.close()
