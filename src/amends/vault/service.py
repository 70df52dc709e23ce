"""The vault: the case's keys, sealed fields, encrypted Parquet, and the end of the evidence.

Two keys: the case key seals fields and derives keyed functions, and lives as long as the case; the
evidence key encrypts the evidence room, and destroying it makes the whole room unreadable
(crypto-shredding); destroying both is the end of what links people to awards. Keys are files of
0600 in ``amends/keys``; nothing writes a key anywhere else.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from amends.kernel.case import Case
from amends.kernel.errors import AmendsError, InputFileError
from amends.kernel.saying import said
from amends.store.files import (
    OWNER_ONLY_FILE,
    make_once,
    private_directory,
    private_folders,
    steadily_written,
    sync_directory,
)
from amends.vault import parquet
from amends.vault.model import CaseErasedError, EvidenceDestroyedError, SealError
from amends.vault.sealed import SealedWriter, Spool, Wrapping, open_sealed

KEY_BYTES = 32
NONCE_BYTES = 12
_VERSION = b"\x01"
_EVIDENCE_KEY = "evidence.key"
_DESTROYED = "evidence.destroyed"
_CASE_KEY = "case.key"
_ERASED = "case.destroyed"


class Vault:
    """The keys of one case, and what is done with them."""

    def __init__(self, case: Case) -> None:
        private_directory(case.workspace)
        self._case = case
        self._keys = private_directory(case.keys)
        if not self.erased:
            self.secret_file(_CASE_KEY, _new_key)

    def seal(self, plain: bytes, purpose: str, row: str) -> bytes:
        """Encrypt a field for one place: it opens only for the same case, purpose and row.

        The result is a version byte, a random 96-bit nonce, and AES-256-GCM's output.
        """
        nonce = os.urandom(NONCE_BYTES)
        return _VERSION + nonce + self._fields.encrypt(nonce, plain, self._place(purpose, row))

    def seal_each(
        self, plain: Sequence[bytes], purpose: str, rows: Iterable[str]
    ) -> Iterator[bytes]:
        """The same of many fields, each for its row; chance is asked for once."""
        encrypt, prefix = self._fields.encrypt, self._place_before_row(purpose)
        nonces = os.urandom(NONCE_BYTES * len(plain))
        for at, (one, row) in enumerate(zip(plain, rows, strict=True)):
            nonce = nonces[at * NONCE_BYTES : (at + 1) * NONCE_BYTES]
            yield _VERSION + nonce + encrypt(nonce, one, prefix + _measured(row))

    def unseal(self, sealed: bytes, purpose: str, row: str) -> bytes:
        """The field that :meth:`seal` sealed for this purpose and row.

        Raises:
            SealError: it was sealed for another place or case, or changed.
        """
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) != NONCE_BYTES:
            raise SealError(
                said("a sealed {purpose} is not of a form that this version knows", purpose=purpose)
            )
        try:
            return self._fields.decrypt(nonce, body, self._place(purpose, row))
        except InvalidTag as error:
            raise SealError(
                said(
                    "a sealed {purpose} does not open: it was changed, or belongs elsewhere",
                    purpose=purpose,
                )
            ) from error

    def unseal_each(
        self, sealed: Iterable[bytes], purpose: str, rows: Iterable[str]
    ) -> Iterator[bytes]:
        """The same of many fields, each of its row.

        Raises:
            SealError: one was sealed for another place or case, or changed.
        """
        decrypt, prefix, begin = self._fields.decrypt, self._place_before_row(purpose), 1
        end = begin + NONCE_BYTES
        for one, row in zip(sealed, rows, strict=True):
            if one[:begin] != _VERSION or len(one) < end:
                yield self.unseal(one, purpose, row)
                continue
            try:
                yield decrypt(one[begin:end], one[end:], prefix + _measured(row))
            except InvalidTag:
                yield self.unseal(one, purpose, row)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for a keyed function: always the same for this case and purpose."""
        return self._derived(f"derive {purpose}")

    def secret_file(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret ``amends/keys/<name>`` (0600); *make* makes it the first time."""
        return make_once(self._keys / name, make)

    def write_parquet(
        self,
        table: pa.Table | Iterator[pa.RecordBatch],
        path: Path,
        schema: pa.Schema | None = None,
    ) -> None:
        """Write an encrypted Parquet file in one step; a stream of batches needs its *schema*.

        Words (Arrow's dictionaries) are read again as texts.

        Raises:
            EvidenceDestroyedError: the evidence key is gone.
        """
        parquet.write(self._file_keys(path, writing=True), table, path, schema)

    def read_parquet(self, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
        """The whole file, or some of its columns.

        Raises:
            EvidenceDestroyedError: the evidence key is gone.
        """
        return parquet.read(self._file_keys(path, writing=False), path, columns)

    def iter_parquet(
        self, path: Path, columns: Sequence[str] | None = None, batch_size: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """The file in batches of at most *batch_size* rows, in bounded memory.

        Raises:
            EvidenceDestroyedError: the evidence key is gone.
        """
        return parquet.batches(self._file_keys(path, writing=False), path, columns, batch_size)

    @contextmanager
    def write_sealed(self, path: Path) -> Iterator[SealedWriter]:
        """Take bytes for an encrypted copy; it stands under its name when all of them came.

        Raises:
            EvidenceDestroyedError: the evidence key is gone.
        """
        keys = self._file_keys(path, writing=True)
        private_folders(path.parent)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
        try:
            with steadily_written(descriptor) as file:
                file_key = _new_key()
                file.write(Wrapping(key=keys.key, name=keys.name).head(file_key))
                writer = SealedWriter(file, file_key)
                yield writer
                writer.finish()
                os.fsync(descriptor)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)

    def read_sealed(self, path: Path) -> BinaryIO:
        """The bytes of an encrypted copy, to be read from any place.

        Raises:
            EvidenceDestroyedError: the evidence key is gone.
            InputFileError: there is no such copy.
            SealError: it is not what was sealed under this name; also while reading.
        """
        keys = self._file_keys(path, writing=False)
        if not path.exists():
            raise InputFileError(
                said(
                    "{file} is missing from {parent}: bring it back",
                    file=path.name,
                    parent=path.parent,
                )
            )
        return open_sealed(path, Wrapping(key=keys.key, name=keys.name))

    def spool(self) -> Spool:
        """A place for bytes of the evidence that are needed for a while only."""
        return Spool(private_directory(self._case.evidence_room))

    @property
    def evidence_destroyed(self) -> bool:
        """Whether the evidence key was destroyed."""
        return (self._keys / _DESTROYED).exists()

    def destroy_evidence(self) -> None:
        """Make the evidence room unreadable for ever: overwrite its key, then remove it.

        The mark goes first: a kill in between leaves a room that no command reads any more, and the
        next call finishes.
        """
        self._shred(_EVIDENCE_KEY, mark=_DESTROYED)

    @property
    def erased(self) -> bool:
        """Whether the case key was destroyed."""
        return (self._keys / _ERASED).exists()

    def destroy_case(self) -> None:
        """Make whatever is sealed in this case unreadable for ever, the evidence room with it.

        Keys that sign stay. What is held open by this object is forgotten as well.
        """
        self.destroy_evidence()
        self._shred(_CASE_KEY, mark=_ERASED)
        for remembered in ("_case_key", "_fields"):
            self.__dict__.pop(remembered, None)

    def _shred(self, name: str, *, mark: str) -> None:
        """Mark a key as destroyed, overwrite it, remove it."""
        make_once(self._keys / mark, lambda: b"")
        key = self._keys / name
        if key.exists():
            with key.open("r+b") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            key.unlink()
        sync_directory(self._keys)

    def _file_keys(self, path: Path, *, writing: bool) -> parquet.FileKeys:
        """The keys for one file of the evidence room, bound to the name it has in the workspace.

        Writing makes the evidence key at first use; reading needs one that is there.
        """
        resolved, workspace = path.resolve(), self._case.workspace.resolve()
        if not resolved.is_relative_to(workspace):
            raise AmendsError(
                said(
                    "{file}: encrypted files lie in {workspace} only",
                    file=path.name,
                    workspace=workspace,
                )
            )
        missing = not writing and not (self._keys / _EVIDENCE_KEY).exists()
        if missing and not self.evidence_destroyed and not path.exists():
            raise InputFileError(
                said(
                    "{file} is missing from {parent}: run the stage that makes it",
                    file=path.name,
                    parent=path.parent,
                )
            )
        if missing or self.evidence_destroyed:
            raise EvidenceDestroyedError(
                said(
                    "the evidence of this case was destroyed: what needs leaked rows cannot be done"
                )
            )
        return parquet.FileKeys(
            key=self.secret_file(_EVIDENCE_KEY, _new_key),
            name=f"{self._case.file.id}|{resolved.relative_to(workspace).as_posix()}",
        )

    def _derived(self, purpose: str) -> bytes:
        """A subkey of the case key (HKDF-Expand, RFC 5869: the case key is uniformly random)."""
        info = f"amends v1|{self._case.file.id}|{purpose}".encode()
        return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=info).derive(self._case_key)

    @cached_property
    def _case_key(self) -> bytes:
        if self.erased:
            raise CaseErasedError(
                said(
                    "the keys of this case were destroyed: what needs to know whose award is which "
                    "cannot be done any more"
                )
            )
        return self.secret_file(_CASE_KEY, _new_key)

    @cached_property
    def _fields(self) -> AESGCM:
        """The cipher of sealed fields."""
        return AESGCM(self._derived("seal"))

    def _place(self, purpose: str, row: str) -> bytes:
        """What a sealed field is bound to; lengths keep two places from reading alike."""
        return self._place_before_row(purpose) + _measured(row)

    def _place_before_row(self, purpose: str) -> bytes:
        return _VERSION + _purpose(self._case.file.id, purpose)


def open_vault(case: Case) -> Vault:
    """The vault of the case; its keys are made at first use."""
    return Vault(case)


@cache
def _purpose(case: str, purpose: str) -> bytes:
    """The beginning of a place: the same for millions of rows."""
    return _measured(case) + b"|" + _measured(purpose) + b"|"


def _measured(part: str) -> bytes:
    """A part of a place after its length."""
    data = part.encode()
    return b"%d:%b" % (len(data), data)


def _new_key() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(KEY_BYTES)
