"""Compiles the readers' kernels, so that no intake waits for it: reads a few rows of every kind."""

import io

import polars as pl

from amends.evidence.cells import trimmed_texts
from amends.evidence.delimited import DelimitedFile
from amends.evidence.dialect import Dialect
from amends.evidence.jsonlines import JsonLinesFile
from amends.evidence.model import Encoding
from amends.evidence.seen import Seen
from amends.evidence.text import CountedFile, LineReader, Spelling

_KEYS = ("name", "phone")


def make_ready() -> None:
    """Compile the kernels, or load those that are kept. Takes about ten seconds the first time."""
    for encoding in (Encoding.UTF8, Encoding.GB18030):
        for fault in (b"", b"\xff"):
            text = '甲, 1\n"乙","2"\n'.encode(encoding) + fault + b"\n"
            dialect = Dialect(separator=",", width=2)
            list(DelimitedFile(_reader(text, encoding), encoding, dialect, None).batches())
    objects = '{"name": "甲", "phone": 1}\n{"name": "\\u4e59"}\n'.encode()
    list(JsonLinesFile(_reader(objects, Encoding.UTF8), "utf-8", _KEYS).batches())
    texts = pl.Series(["甲", " 乙", None])
    trimmed_texts(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    seen = Seen()
    seen.again(texts)
    seen.forget(0)


def _reader(data: bytes, encoding: Encoding) -> LineReader:
    file = CountedFile(io.BytesIO(data), lambda _: None)
    return LineReader(file, Spelling(encoding=encoding, mark_bytes=0), "made-up rows")
