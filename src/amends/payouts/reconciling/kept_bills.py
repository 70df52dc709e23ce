"""Bills as they came in, sealed piece by piece beside the database: however long, in little memory.

A file is pieces, each after its length (4 bytes); a piece opens at its place of its bill only, and
the last one says that it is the last.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from amends.payouts.rails.model import Statement
from amends.store.files import OWNER_ONLY_FILE, private_directory, sync_directory, written_whole
from amends.vault.opened import OpenCase

_PURPOSE: Final = "payout-bill"
_PIECE_BYTES: Final = 1 << 20
_LENGTH_BYTES: Final = 4


def digest(raw: bytes | Path) -> bytes:
    """SHA-256 of a bill as it came."""
    if isinstance(raw, bytes):
        return hashlib.sha256(raw).digest()
    with raw.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def keep(opened: OpenCase, rail: str, statement: Statement, sha256: bytes) -> str:
    """Keep a bill as received; its path in the workspace."""
    folder = private_directory(opened.case.workspace / "statements")
    name = f"{rail}-{statement.day}-{sha256.hex()[:16]}.pieces"
    with written_whole(folder / name) as part:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            _write(opened, file, _pieces(statement.raw), f"{rail} {statement.day}")
            file.flush()
            os.fsync(descriptor)
    sync_directory(folder)
    return f"statements/{name}"


def kept(opened: OpenCase, file: str, *, rail: str, day: date) -> Iterator[bytes]:
    """A bill as it was received, in pieces.

    Raises:
        SealError: a piece is not what was sealed there, or the end is missing.
    """
    with (opened.case.workspace / file).open("rb") as sealed:
        number, last = 0, False
        while not last:
            size = int.from_bytes(sealed.read(_LENGTH_BYTES))
            last = size >> 31 == 1
            piece = sealed.read(size & (1 << 31) - 1)
            yield opened.vault.unseal(piece, _PURPOSE, _place(f"{rail} {day}", number, last=last))
            number += 1


def _write(opened: OpenCase, file: BinaryIO, pieces: Iterator[bytes], bill: str) -> None:
    number, piece = 0, next(pieces, b"")
    for following in pieces:
        _write_piece(file, opened.vault.seal(piece, _PURPOSE, _place(bill, number, last=False)), 0)
        number, piece = number + 1, following
    _write_piece(file, opened.vault.seal(piece, _PURPOSE, _place(bill, number, last=True)), 1 << 31)


def _write_piece(file: BinaryIO, sealed: bytes, mark: int) -> None:
    file.write((len(sealed) | mark).to_bytes(_LENGTH_BYTES))
    file.write(sealed)


def _place(bill: str, number: int, *, last: bool) -> str:
    return f"{bill} {number}{' last' if last else ''}"


def _pieces(raw: bytes | Path) -> Iterator[bytes]:
    if isinstance(raw, bytes):
        for start in range(0, len(raw), _PIECE_BYTES):
            yield raw[start : start + _PIECE_BYTES]
        return
    with raw.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
