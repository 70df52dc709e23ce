"""A file of another encoding as one in UTF-8, for formats that are not read line by line.

Bytes that are no character stay no character: each becomes a byte that UTF-8 does not have, so that
whoever reads the rows finds and counts it.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager

from amends.evidence.model import Encoding
from amends.evidence.readers.archives import NewSpool
from amends.evidence.readers.content import READ_BYTES, Content
from amends.evidence.readers.text import Spelling

_KEEP_UNDECODABLE = "amends-keep-undecodable"
_NEVER_IN_UTF8 = "\udcff"  # written as the byte FF


def _keep(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  # only ever used to decode
    return _NEVER_IN_UTF8 * (error.end - error.start), error.end


codecs.register_error(_KEEP_UNDECODABLE, _keep)


@contextmanager
def in_utf8(content: Content, spelling: Spelling, new_spool: NewSpool) -> Iterator[Content]:
    """The same text in UTF-8, good inside the context; the same bytes where they are UTF-8."""
    if spelling.encoding is Encoding.UTF8:
        yield content
        return
    spool = new_spool()
    try:
        decoder = codecs.getincrementaldecoder(spelling.encoding)(_KEEP_UNDECODABLE)
        with content.open() as file:
            file.read(spelling.mark_bytes)
            while data := file.read(READ_BYTES):
                spool.write(decoder.decode(data).encode("utf-8", "surrogateescape"))
            spool.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
        spool.finish()
        yield Content(name=content.name, size_bytes=spool.size_bytes, open=spool.open)
    finally:
        spool.close()
