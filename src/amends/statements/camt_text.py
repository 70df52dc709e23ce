"""Cuts entries out of a camt file's text, while libxml2 holds the same bytes against the schema.

Nothing becomes a tree but what stands around the entries. This is for files that are written
plainly, as most are: in UTF-8, without prefixes, comments, character data, instructions and parts
in names of a bank's own, any of which might hide where an entry begins. Others are read by
:mod:`amends.statements.camt_tree`. An entry that is written in an unusual way is told as libxml2
writes it once more.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

import polars as pl
from lxml import etree

from amends.statements.camt_tree import (
    ENTRY,
    SUPPLEMENT,
    LogEntry,
    Pieces,
    Taking,
    plain_element,
    refusal,
    schema_of,
    written,
)

_BLOCK_BYTES: Final = 1 << 21
_HEAD: Final = re.compile(
    r"""(?:<\?xml\s+version=["']1\.0["'](?:\s+encoding=["']utf-8["'])?"""
    r"""(?:\s+standalone=["']\w+["'])?\s*\?>)?\s*(?P<root><Document\s[^<>&]*>)""",
    re.IGNORECASE,
)
_BEGINS, _ENDS = f"<{ENTRY}>", f"</{ENTRY}>"
_HIDE: Final = ("<!", "<?", "xmlns", SUPPLEMENT)
"""Where one of these stands in text, it may not be cut."""
_BLANK: Final = " \t\n"
_OPEN: Final = r'<[A-Za-z0-9]+(?: Ccy="[A-Z]+")?>'
_CLOSE: Final = "</[A-Za-z0-9]+>"
_VALUE: Final = "(?:[^<>&]|&(?:lt|gt|amp|quot|apos);)+"
_USUAL: Final = rf"^(?:{_OPEN}(?:{_VALUE}{_CLOSE})?|{_CLOSE}|<[A-Za-z0-9]+/>)*$"
"""How libxml2 would write an entry: one blank at most in a tag, and no element that is empty."""


class NotPlainError(Exception):
    """A file is not written so that its text can be cut."""


def parse(pieces: Pieces, name: str, message: str, section: str, taking: Taking) -> None:
    """Read a file whose root is *message*, held against the schema of that.

    Raises:
        StatementError: it breaks off, or is not as the schema has it.
        NotPlainError: it has to be read as a tree, anew.
    """
    parser = etree.XMLParser(
        target=_Nobody(), schema=schema_of(name, message), no_network=True, load_dtd=False
    )
    text = _Text(section)
    try:
        for block in _blocks(pieces, parser):
            _hand_on(text.more(block), taking)
    except etree.XMLSyntaxError as error:
        raise refusal(pieces, name, message, error) from None
    except _InvalidError as error:
        raise refusal(pieces, name, message, error.entry) from None
    taking.around(plain_element(text.end()))


class _Nobody:
    """Whom a parser tells nothing: what it reads is held against the schema, and let go."""

    def close(self) -> None:
        """The end."""


class _InvalidError(Exception):
    """Something is not as the schema has it, which a parser with a target notes and does not tell.

    ``entry``: what it noted.
    """

    def __init__(self, entry: LogEntry) -> None:
        super().__init__(entry.type_name)
        self.entry = entry


def _blocks(pieces: Pieces, parser: etree.XMLParser) -> Iterator[bytes]:
    """Bytes of a file that went through the parser, with a piece that comes after them.

    Raises:
        _InvalidError: something was not as the schema has it; told at the end.
    """
    gathered: list[bytes] = []
    size = 0
    invalid: LogEntry | None = None
    for piece in pieces():
        parser.feed(piece)
        invalid = invalid or next(iter(parser.feed_error_log), None)
        if size >= _BLOCK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
        gathered.append(piece)
        size += len(piece)
    yield b"".join(gathered)
    parser.close()
    invalid = invalid or next(iter(parser.feed_error_log), None)
    if invalid is not None:
        raise _InvalidError(invalid)


def _hand_on(found: Iterator[pl.Series | etree._Element], taking: Taking) -> None:
    for one in found:
        if isinstance(one, pl.Series):
            taking.entries(one)
        else:
            taking.section(plain_element(one))


class _Text:
    """The text of a file on its way.

    What stands in a section but its entries is a small document of its own; so is what stands
    outside all sections.
    """

    def __init__(self, section: str) -> None:
        self._begins, self._ends = f"<{section}>", f"</{section}>"
        self._section = section
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._returned = False
        self._left = ""
        self._root = ""
        self._around: list[str] = []
        self._head: list[str] = []
        self._within = False

    def more(self, block: bytes) -> Iterator[pl.Series | etree._Element]:
        """Entries, and what stands around those of a section when it ends.

        Raises:
            NotPlainError: it is not written so that this could be told.
        """
        self._left += self._decoded(block)
        if not self._root:
            self._begin()
        if any(sign in self._left for sign in _HIDE):
            raise NotPlainError
        while True:
            if not self._within:
                before, begins, self._left = self._left.partition(self._begins)
                if not begins:
                    self._left = before
                    return
                self._around.append(before)
                self._within = True
            yield from self._entries()
            end = self._left.find(self._ends)
            if end < 0:
                return
            end += len(self._ends)
            yield self._section_of(self._left[:end])
            self._left, self._within = self._left[end:], False

    def end(self) -> etree._Element:
        """There is no more: what stands around the sections.

        Raises:
            NotPlainError: there was something that was not told.
        """
        if self._within or not self._root:
            raise NotPlainError
        rest = _tree("".join((self._root, *self._around, self._left)))
        if any(True for _ in rest.iter(f"{{*}}{self._section}", f"{{*}}{ENTRY}")):
            raise NotPlainError
        return rest

    def _decoded(self, block: bytes) -> str:
        """The text of a block, each of its lines ended as XML ends them (XML 1.0 §2.11)."""
        try:
            text = self._decoder.decode(block)
        except UnicodeDecodeError:
            raise NotPlainError from None
        if self._returned:
            text = text.removeprefix("\n")
        self._returned = text.endswith("\r")
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def _begin(self) -> None:
        """Take the root's tag."""
        head = _HEAD.match(self._left.removeprefix("\ufeff"))
        if head is None:
            raise NotPlainError
        self._root = head["root"]
        self._left = self._left.removeprefix("\ufeff")[head.end() :]

    def _entries(self) -> Iterator[pl.Series]:
        """Whole entries of the section that goes on; what stands before them is its head."""
        end = self._left.find(self._ends)
        end = self._left.rfind(_ENDS, 0, None if end < 0 else end)
        if end < 0:
            return
        begin = self._left.find(_BEGINS, 0, end)
        if begin < 0:
            raise NotPlainError
        before = self._left[:begin]
        if before.strip(_BLANK):
            self._head.append(before)
        yield self._cut(self._left[begin:end])
        self._left = self._left[end + len(_ENDS) :]

    def _cut(self, text: str) -> pl.Series:
        """Each entry of a text that has nothing else."""
        found = pl.Series([text]).str.split(_ENDS).explode().str.strip_chars_start(_BLANK) + _ENDS
        if not found.str.starts_with(_BEGINS).all():
            raise NotPlainError
        usual = found.str.contains(_USUAL)
        if not usual.all():
            found = found.scatter((~usual).arg_true(), self._once_more(found.filter(~usual)))
        return found

    def _once_more(self, entries: pl.Series) -> list[str]:
        """Entries as libxml2 writes them."""
        found = _tree("".join((self._root, *entries, "</Document>")))
        if len(found) != len(entries):
            raise NotPlainError
        return [written(one) for one in found]

    def _section_of(self, rest: str) -> etree._Element:
        """What stands in a section but its entries."""
        text = "".join((self._root, self._begins, *self._head, rest, "</Document>"))
        self._head.clear()
        found = _tree(text)
        if len(found) != 1 or found.find(f".//{{*}}{ENTRY}") is not None:
            raise NotPlainError
        return found[0]


def _tree(text: str) -> etree._Element:
    """A part of a file as a tree."""
    try:
        return etree.fromstring(text, etree.XMLParser(remove_blank_text=True, no_network=True))
    except etree.XMLSyntaxError:
        raise NotPlainError from None
