"""Compiles the readers' kernels, so that no intake waits for it: reads a few rows of every kind."""

import io

import pyarrow as pa

from amends.evidence.masks import masks_of
from amends.evidence.model import ColumnDecision, Encoding, How
from amends.evidence.readers.cells import texts_of
from amends.evidence.readers.delimited import DelimitedFile
from amends.evidence.readers.dialect import Dialect
from amends.evidence.readers.jsonlines import JsonLinesFile
from amends.evidence.readers.text import CountedFile, LineReader, Spelling
from amends.evidence.seen import Seen

_KEYS = ("name", "phone")


def make_ready() -> None:
    """Compile the kernels, or load those that are kept. Takes about ten seconds the first time."""
    for encoding in (Encoding.UTF8, Encoding.GB18030):
        for end in (b"\n", b"\xff\n", b'"",1\n'):
            text = "甲, 1\n".encode(encoding) + end
            dialect = Dialect(separator=",", width=2)
            list(DelimitedFile(_reader(text, encoding), encoding, dialect, None).batches())
    objects = '{"name": "甲", "phone": 1}\n{"name": "\\u4e59"}\n'.encode()
    list(JsonLinesFile(_reader(objects, Encoding.UTF8), "utf-8", _KEYS).batches())
    texts = texts_of(["甲", " 乙", None])
    seen = Seen()
    seen.again(texts)
    seen.forget(0)
    decision = ColumnDecision(position=0, column="name", field="name", how=How.HEADER)
    masks_of(pa.table({"c0": texts}), [decision], ["NAME"])


def _reader(data: bytes, encoding: Encoding) -> LineReader:
    file = CountedFile(io.BytesIO(data), lambda _: None)
    return LineReader(file, Spelling(encoding=encoding, mark_bytes=0), "made-up rows")
