"""Encrypted Parquet files: Parquet modular encryption, footer and all columns, AES-256-GCM.

Every file has a random data key of its own, wrapped by the evidence key and bound to the file's
name, so that files cannot be exchanged for one another. A file appears whole under its name or not
at all.
"""

import base64
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.kernel.ahead import worked_ahead
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.store.files import OWNER_ONLY_FILE, private_folders, steadily_written, sync_directory
from amends.vault.model import SealError

ROWS_PER_GROUP = 131_072
_MASTER = "evidence"
_NONCE_BYTES = 12
_SAMPLE_ROWS = 8192
_WORTH_IT = 0.6
"""Compressed texts are at most this part of the texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKeys:
    """The evidence key, and the name that the file's own key is bound to."""

    key: bytes = field(repr=False)
    name: str


class _KeyService(pe.KmsClient):  # type: ignore[misc]  # pyarrow ships no types
    """Wraps the data keys of one file with the evidence key."""

    def __init__(self, keys: FileKeys) -> None:
        super().__init__()
        self._cipher = AESGCM(keys.key)
        self._context = f"amends parquet v1|{keys.name}".encode()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        """The data key, encrypted; pyarrow stores it in the file."""
        del master_key_identifier  # there is one
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapped = nonce + self._cipher.encrypt(nonce, key_bytes, self._context)
        return base64.b64encode(wrapped).decode()

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        """The data key of a file that has this name."""
        del master_key_identifier
        wrapped = base64.b64decode(wrapped_key)
        nonce, body = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, body, self._context)


def write(
    keys: FileKeys,
    table: pa.Table | Iterator[pa.RecordBatch],
    path: Path,
    schema: pa.Schema | None,
) -> None:
    """Write *table*, or a stream of batches of *schema*, and put it in place in one step.

    Columns of words (Arrow's dictionaries) are read again as texts.
    """
    if isinstance(table, pa.Table):
        schema, batches = table.schema, iter(table.to_batches(max_chunksize=ROWS_PER_GROUP))
    else:
        batches = table
    if schema is None:
        raise TypeError("a stream of batches needs its schema")
    private_folders(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    try:
        with steadily_written(descriptor) as file:
            _write_groups(keys, batches, file, schema)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def read(keys: FileKeys, path: Path, columns: Sequence[str] | None) -> pa.Table:
    """The table, or some of its columns in the order asked for."""
    with _refusing_damage(path), _opened(keys, path) as file:
        return file.read(columns=None if columns is None else list(columns))


def batches(
    keys: FileKeys, path: Path, columns: Sequence[str] | None, batch_size: int
) -> Iterator[pa.RecordBatch]:
    """The table in batches."""
    wanted = None if columns is None else list(columns)
    with _refusing_damage(path):
        file = _opened(keys, path)
    with file:
        stream = file.iter_batches(batch_size=batch_size, columns=wanted)
        while True:
            with _refusing_damage(path):
                batch = next(stream, None)
            if batch is None:
                return
            yield batch


def _write_groups(
    keys: FileKeys,
    batches: Iterator[pa.RecordBatch],
    file: object,
    schema: pa.Schema,
) -> None:
    """Write batches as row groups, each while the next is made."""
    groups = _groups(batches, schema)
    first = next(groups, None)
    settings = pe.EncryptionConfiguration(
        footer_key=_MASTER,
        uniform_encryption=True,
        encryption_algorithm="AES_GCM_V1",
        plaintext_footer=False,
        double_wrapping=False,
        data_key_length_bits=256,
    )
    properties = _factory(keys).file_encryption_properties(pe.KmsConnectionConfig(), settings)
    numbers = [one.name for one in schema if pa.types.is_integer(one.type)]
    texts = [one.name for one in schema if _is_text(one.type)]
    with pq.ParquetWriter(
        file,
        schema,
        compression={one.name: _compression(first, one) for one in schema},
        use_dictionary=[one.name for one in schema if one.name not in (*numbers, *texts)],
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        write_statistics=False,
        store_schema=not any(pa.types.is_dictionary(one.type) for one in schema),
        encryption_properties=properties,
    ) as writer:

        def write_group(group: pa.Table) -> None:
            writer.write_table(group, ROWS_PER_GROUP)

        for _ in worked_ahead(chain([] if first is None else [first], groups), write_group, 1):
            pass


def _groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Small batches gathered, so that groups stay large."""
    gathered: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        gathered.append(batch)
        rows += batch.num_rows
        if rows >= ROWS_PER_GROUP:
            yield pa.Table.from_batches(gathered, schema)
            gathered, rows = [], 0
    if gathered:
        yield pa.Table.from_batches(gathered, schema)


def _compression(first: pa.Table | None, column: pa.Field) -> str:
    """Texts are compressed where that saves a good part: it costs more time than all the rest."""
    if first is None or not _is_text(column.type):
        return "lz4"
    texts = first.slice(0, _SAMPLE_ROWS).column(column.name).to_pylist()
    plain = "".join(text for text in texts if text).encode()
    small = len(pa.compress(plain, codec="lz4_raw", asbytes=True)) <= _WORTH_IT * len(plain)
    return "lz4" if small else "none"


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts: they seldom repeat, and a dictionary would only cost time."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _opened(keys: FileKeys, path: Path) -> pq.ParquetFile:
    """The file, with its data key unwrapped."""
    properties = _factory(keys).file_decryption_properties(
        pe.KmsConnectionConfig(), pe.DecryptionConfiguration()
    )
    return pq.ParquetFile(path, decryption_properties=properties)


@contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    """Say in words of the case what pyarrow says of a file.

    Raises:
        InputFileError: there is no such file.
        SealError: it was not written with this key under this name, or changed since.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputFileError(
            said(
                "{file} is missing from {parent}: run the stage that makes it again",
                file=path.name,
                parent=path.parent,
            )
        ) from error
    except (InvalidTag, ValueError, pa.ArrowException, OSError) as error:
        raise SealError(
            said(
                "{file} does not open: it was changed, cut short, or belongs elsewhere",
                file=path.name,
            )
        ) from error


def _factory(keys: FileKeys) -> pe.CryptoFactory:
    """Pyarrow's key machinery for one file."""
    return pe.CryptoFactory(lambda _settings: _KeyService(keys))
