"""Reads a camt file as a stream, held against its schema: an entry is let go once it is read.

A statement of a day may have millions of entries. Each is told as libxml2 writes it once more, some
hundreds at a time (:mod:`amends.statements.camt_columns` reads them). A document type ends the
reading before any entity is declared in it, so there is none that could be expanded.

The schemas are those of ISO 20022, as it publishes them: ``camt_schemas.zip``.
"""

import re
import zipfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Final, Protocol
from xml.etree.ElementTree import Element
from xml.parsers import expat

import polars as pl
from lxml import etree

from amends.kernel.saying import said
from amends.statements.model import Problem, StatementError

ENTRY: Final = "Ntry"
_ENTRY_ENDS: Final = "}" + ENTRY
_ROOT: Final = "Document"
_URN: Final = "urn:iso:std:iso:20022:tech:xsd:"
SUPPLEMENT: Final = "SplmtryData"
"""Where a bank writes what ISO 20022 has no name for, in names of its own."""
_PREFIX: Final = re.compile(r"(</?)[\w.-]+:")
_OFFENDS: Final = re.compile(
    r"Element '(?:\{[^}]*\})?(?P<name>\w+)'(?:, attribute '(?P<attribute>\w+)')?"
    r"(?:: \[facet '(?P<facet>\w+)'\])?"
)


Pieces = Callable[[], Iterable[bytes]]
"""A file, piece by piece, as often as it is asked for."""


class LogEntry(Protocol):
    """What libxml2 notes."""

    type_name: str
    message: str
    line: int


class Taking(Protocol):
    """Who takes what a file says."""

    def entries(self, entries: pl.Series) -> None:
        """Entries of the statement that goes on."""

    def section(self, head: Element) -> None:
        """A statement has ended: all of it but its entries, names without their namespace."""

    def around(self, rest: Element) -> None:
        """The file has ended: what stands around its statements."""


def root_of(pieces: Pieces, name: str) -> str:
    """Which message of which version a file is: ``camt.053.001.08``; empty where it is none.

    Raises:
        StatementError: it breaks off before, or declares a document type.
    """
    root: list[str] = []

    def begun(tag: str, _: object) -> None:
        root.append(tag)
        raise _BegunError

    def declared(*_: object) -> None:
        raise _DocumentTypeError

    def made(encoding: str | None) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding, "}")
        parser.StartElementHandler = begun
        parser.StartDoctypeDeclHandler = declared
        return parser

    try:
        _parse_all(made, pieces)
    except _BegunError:
        urn, _, tag = root[0].rpartition("}")
        return urn.removeprefix(_URN) if tag == _ROOT and urn.startswith(_URN) else ""
    except _DocumentTypeError:
        raise StatementError(
            Problem.FORBIDDEN_XML,
            said(
                "{file}: declares a document type or entities, which no bank statement does; it is "
                "not read",
                file=name,
            ),
        ) from None
    except expat.ExpatError as error:
        raise _broken(name, error.lineno) from None
    return ""


def parse(pieces: Pieces, name: str, message: str, section: str, taking: Taking) -> None:
    """Read a file whose root is *message*, held against the schema of that.

    Raises:
        StatementError: it breaks off, or is not as the schema has it.
    """
    parser = etree.XMLPullParser(
        events=("end",),
        tag=[f"{{*}}{section}", f"{{*}}{ENTRY}", f"{{*}}{_ROOT}"],
        schema=schema_of(name, message),
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        load_dtd=False,
    )
    try:
        whole = False
        for piece in pieces():
            parser.feed(piece)
            whole = _take(parser, taking) or whole
        parser.close()
    except etree.XMLSyntaxError as error:
        raise refusal(pieces, name, message, error) from None
    if not whole:
        raise _broken(name, 1)


def schema_of(name: str, message: str) -> etree.XMLSchema:
    """ISO 20022's own schema of a *message*.

    Raises:
        StatementError: there is none here.
    """
    schema = _schema(message)
    if schema is None:
        raise StatementError(
            Problem.NOT_A_STATEMENT,
            said(
                "{file}: is {message}, a version that Amends has no schema of; ask the bank for "
                "another (camt.053.001.08 is common)",
                file=name,
                message=message,
            ),
        )
    return schema


def refusal(
    pieces: Pieces, name: str, message: str, error: etree.XMLSyntaxError | LogEntry
) -> StatementError:
    """Why a file is not read, in which libxml2 has found an error."""
    if isinstance(error, etree.XMLSyntaxError):
        told, line = error.msg, error.lineno
    else:
        told, line = error.message, error.line
    offends = _OFFENDS.match(told or "")
    if offends is None:
        return _broken(name, line or 1)
    _require_well_formed(pieces, name)
    return StatementError(
        Problem.SCHEMA,
        said(
            "{file}: {element} is not as {message} has it ({rule}); ask the bank for a file "
            "that is valid, or for MT940",
            file=name,
            element=offends["name"],
            message=message,
            rule=offends["facet"] or offends["attribute"] or "place",
        ),
    )


def _require_well_formed(pieces: Pieces, name: str) -> None:
    """What is cut off is not as its schema has it, either; it is told as cut off."""
    try:
        _parse_all(expat.ParserCreate, pieces)
    except expat.ExpatError as error:
        raise _broken(name, error.lineno) from None


def _parse_all(made: Callable[[str | None], expat.XMLParserType], pieces: Pieces) -> None:
    """Let a parser read a file.

    Expat knows no encoding of several bytes but Unicode's. In those of China no part of a sign is
    one of XML's own signs, so that they are read byte by byte.
    """
    try:
        _parse(made(None), pieces)
    except ValueError:
        _parse(made("iso-8859-1"), pieces)


def _parse(parser: expat.XMLParserType, pieces: Pieces) -> None:
    for piece in pieces():
        parser.Parse(piece, False)  # noqa: FBT003 - of expat
    parser.Parse(b"", True)  # noqa: FBT003


def _take(parser: etree.XMLPullParser, taking: Taking) -> bool:
    """Hand on what has ended; whether the document has."""
    ended: list[etree._Element] = []
    whole = False
    for _, element in parser.read_events():
        if element.tag.endswith(_ENTRY_ENDS):
            ended.append(element)
            continue
        _let_go(ended, taking)
        if element.tag.endswith("}" + _ROOT):
            taking.around(plain_element(element))
            whole = True
        else:
            taking.section(plain_element(element))
            element.clear()
    _let_go(ended, taking)
    return whole


def _let_go(entries: list[etree._Element], taking: Taking) -> None:
    """Hand entries on; what stays of the last one is empty, so that the parser finds its place."""
    if not entries:
        return
    taking.entries(pl.Series([written(one) for one in entries], dtype=pl.String))
    for one in entries[:-1]:
        one.getparent().remove(one)
    entries[-1].clear()
    before = entries[-1].getprevious()
    if before is not None and before.tag == entries[-1].tag:
        before.getparent().remove(before)
    entries.clear()


def written(entry: etree._Element) -> str:
    """An entry without what is in names of a bank's own, and without prefixes."""
    text: str = etree.tostring(entry, encoding="unicode", with_tail=False)
    if SUPPLEMENT in text:
        etree.strip_elements(entry, f"{{*}}{SUPPLEMENT}", with_tail=False)
        text = etree.tostring(entry, encoding="unicode", with_tail=False)
    return _PREFIX.sub(r"\1", text) if " xmlns:" in text else text


def plain_element(element: etree._Element) -> Element:
    """An element with all but its entries, in names without a namespace."""
    found = Element(etree.QName(element).localname, dict(element.attrib))
    found.text = element.text
    found.extend(
        plain_element(child)
        for child in element
        if isinstance(child.tag, str) and etree.QName(child).localname != ENTRY
    )
    return found


@lru_cache(maxsize=4)
def _schema(message: str) -> etree.XMLSchema | None:
    """ISO 20022's own schema of a message; None where there is none."""
    packed = files("amends.statements").joinpath("camt_schemas.zip")
    with packed.open("rb") as file, zipfile.ZipFile(file) as archive:
        if f"{message}.xsd" not in archive.namelist():
            return None
        return etree.XMLSchema(etree.fromstring(archive.read(f"{message}.xsd")))


class _BegunError(Exception):
    """The root has begun."""


class _DocumentTypeError(Exception):
    """A document type begins."""


def _broken(name: str, line: int) -> StatementError:
    return StatementError(
        Problem.TRUNCATED,
        said(
            "{file}, line {line}: the XML ends or breaks there; fetch the file from the bank again",
            file=name,
            line=line,
        ),
    )
