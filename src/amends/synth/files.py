"""Writing: text files in their encodings, Parquet by row groups, and the case as one piece.

A case is written beside its place and renamed when it is whole; an interrupted one is overwritten
by the next attempt, and never taken for a case.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from amends.kernel.saying import said
from amends.synth.model import SynthError

MARK: Final = "# Made up by `amends synth`: nobody in this case exists."
"""First line of case.toml of every made-up case, and what a directory is recognised by."""

BAD_BYTES: Final = "<syn-bad-bytes>"
"""Stands for bytes that no encoding allows, until the text has been encoded."""

_NO_ENCODING_HAS: Final = b"\xff\xfe\xff"


class TextFile:
    """A text file written in blocks; encoding and line end are its own."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", line_end: str = "\n") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._line_end = line_end
        if encoding == "utf-8-sig":
            self._file.write(b"\xef\xbb\xbf")

    def line(self, text: str) -> None:
        """One line."""
        self._file.write((text + self._line_end).encode(self._encoding))

    def table(self, frame: pl.DataFrame) -> None:
        """Rows as CSV, quoted where it has to be."""
        self._put(frame, quote=True)

    def lines(self, lines: pl.Series) -> None:
        """Lines as they are, except that :data:`BAD_BYTES` become bytes of no encoding."""
        self._put(lines.to_frame(), quote=False)

    def _put(self, frame: pl.DataFrame, *, quote: bool) -> None:
        buffer = BytesIO()
        frame.write_csv(
            buffer,
            include_header=False,
            line_terminator=self._line_end,
            quote_style="necessary" if quote else "never",
        )
        data = buffer.getvalue()
        if self._encoding != "utf-8":
            data = data.decode().encode(self._encoding)
        if not quote:
            data = data.replace(BAD_BYTES.encode(), _NO_ENCODING_HAS)
        self._file.write(data)

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self._file.close()


class ParquetFile:
    """A Parquet file of text columns, a row group for each block."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = pa.schema([(name, pa.large_string()) for name in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def table(self, frame: pl.DataFrame) -> None:
        """One row group."""
        arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writer.write_table(arrow.cast(self._schema))

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the footer and close."""
        self._writer.close()


@contextmanager
def whole_directory(directory: Path) -> Iterator[Path]:
    """A directory to write to, which takes the place of *directory* when the block ends well.

    Raises:
        SynthError: *directory* holds something else than a made-up case, or one that is worked on.
    """
    _refuse_to_destroy(directory)
    partial = directory.with_name(f"{directory.name}.partial")
    if partial.exists():
        _refuse_to_destroy(partial)
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    (partial / "case.toml").write_text(MARK + "\n", encoding="utf-8")
    yield partial
    if directory.exists():
        shutil.rmtree(directory)
    partial.rename(directory)


def _refuse_to_destroy(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise SynthError(
            said(
                "{directory} is a file; name a directory that is new or empty", directory=directory
            )
        )
    if (directory / "amends").exists():
        raise SynthError(
            said(
                "{directory} is a case that Amends has begun to work on; name another "
                "directory, or remove this one first",
                directory=directory,
            )
        )
    if any(directory.iterdir()) and not _made_up(directory):
        raise SynthError(
            said(
                "{directory} is not empty and no case that `amends synth` has made; name a "
                "directory that is new or empty",
                directory=directory,
            )
        )


def _made_up(directory: Path) -> bool:
    try:
        with (directory / "case.toml").open(encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n") == MARK
    except OSError:
        return False
