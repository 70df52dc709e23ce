"""Reads a camt file as a stream: an entry is told as its texts when it ends, and let go.

A statement of a day may have millions of entries; what stays of each is what its reader makes of
it. A document type ends the reading before any entity is declared in it, so there is none that
could be expanded.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Generic, TypeVar
from xml.etree.ElementTree import Element
from xml.parsers import expat

from lxml import etree

from amends.kernel.saying import said
from amends.statements.model import Problem, StatementError

_Read = TypeVar("_Read")
_ENTRY: Final = "Ntry"
_ENTRY_ENDS: Final = "}" + _ENTRY
_PIECE_BYTES: Final = 1 << 16


Texts = dict[str, str]
"""What stands where, by the last two names of a way: the first where there are several."""

_Ways = dict[str, dict[str, str]]
"""By a name with its namespace, and by that of what it stands in: the way to it."""

_DETAILS: Final = "NtryDtls/TxDtls"
_TEXT: Final = "RmtInf/Ustrd"
_WAYS: Final = (
    *("Sts/Cd", "Fmly/Cd", "Fmly/SubFmlyCd", "BookgDt/Dt", "BookgDt/DtTm", "Refs/AcctSvcrRef"),
    *("Refs/EndToEndId", "TxDtls/RtrInf", "TxDtls/Amt", "Rsn/Cd", "Rsn/Prtry", _DETAILS, _TEXT),
    *(f"{_ENTRY}/{name}" for name in ("Amt", "Sts", "CdtDbtInd", "RvslInd", "AcctSvcrRef")),
    f"{_ENTRY}/NtryRef",
)
"""What is read of an entry: the last two names tell it apart from all else in one."""


@dataclass(slots=True)
class Entry:
    """What an entry of a file says, what each of its transactions, and all that is for people."""

    told: Texts = field(default_factory=dict)
    details: list[Texts] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def _read_entry(element: etree._Element) -> Entry:
    """What stands in an entry, by its last two names; transactions are each told apart."""
    entry = Entry()
    found, ways = entry.told, _ways(element.tag)
    for one in element.iter():
        known = ways.get(one.tag)
        way = None if known is None else known.get(one.getparent().tag)
        if way is None:
            continue
        text = (one.text or "").strip()
        if way == _DETAILS:
            found = {}
            entry.details.append(found)
        elif way == _TEXT:
            entry.texts.append(text)
        elif way not in found:
            found[way] = text
            if one.attrib:
                found["Ccy"] = one.get("Ccy", "")
    return entry


@lru_cache(maxsize=16)
def _ways(entry: str) -> _Ways:
    """Where everything is that is read of an entry, by the whole name of one."""
    namespace = entry.removesuffix(_ENTRY)
    found: _Ways = {}
    for way in _WAYS:
        parent, name = way.split("/")
        found.setdefault(f"{namespace}{name}", {})[f"{namespace}{parent}"] = way
    return found


class Tree(Generic[_Read]):
    """A file as it is read. ``sections``: what became of the entries of each statement.

    ``heads``: each statement without its entries, names without their namespace.
    """

    def __init__(self, section: str, read: Callable[[Entry], _Read]) -> None:
        self.section = section
        self._read = read
        self.root = ""
        self.sections: list[list[_Read]] = []
        self.heads: list[Element] = []

    def take(self, events: Iterable[tuple[str, etree._Element]]) -> None:
        """Read all that *events* bring."""
        former: etree._Element | None = None
        entries: list[_Read] = []
        for _, element in events:
            if element.tag.endswith(_ENTRY_ENDS):
                entries.append(self._read(_read_entry(element)))
                element.clear()
                if former is not None:
                    former.getparent().remove(former)
                former = element
            else:
                self.heads.append(_plain(element))
                self.sections.append(entries)
                element.clear()
                former, entries = None, []


def _plain(element: etree._Element) -> Element:
    """An element with all but its entries, in names without a namespace."""
    found = Element(etree.QName(element).localname, dict(element.attrib))
    found.text = element.text
    found.extend(
        _plain(child)
        for child in element
        if isinstance(child.tag, str) and etree.QName(child).localname != _ENTRY
    )
    return found


def parse(data: bytes, name: str, tree: Tree[_Read]) -> None:
    """Read a file into *tree*.

    Raises:
        StatementError: it breaks off, or declares entities.
    """
    _refuse_document_type(data, name)
    parser = etree.XMLPullParser(
        events=("end",),
        tag=[f"{{*}}{tree.section}", f"{{*}}{_ENTRY}"],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    try:
        tree.take(_ended(parser, data))
        tree.root = parser.close().tag
    except etree.XMLSyntaxError as error:
        raise _broken(name, error.lineno or 1) from None


def _ended(parser: etree.XMLPullParser, data: bytes) -> Iterator[tuple[str, etree._Element]]:
    """What ends, piece by piece."""
    for start in range(0, len(data), _PIECE_BYTES):
        parser.feed(data[start : start + _PIECE_BYTES])
        yield from parser.read_events()


class _BegunError(Exception):
    """The root has begun."""


class _DocumentTypeError(Exception):
    """A document type begins."""


def _refuse_document_type(data: bytes, name: str) -> None:
    """Look at what stands before the root: no bank's file declares a document type."""

    def begun(*_: object) -> None:
        raise _BegunError

    def declared(*_: object) -> None:
        raise _DocumentTypeError

    parser = expat.ParserCreate()
    parser.StartElementHandler = begun
    parser.StartDoctypeDeclHandler = declared
    try:
        for start in range(0, len(data), _PIECE_BYTES):
            parser.Parse(data[start : start + _PIECE_BYTES], False)  # noqa: FBT003 - of expat
        parser.Parse(b"", True)  # noqa: FBT003
    except _BegunError:
        return
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


def _broken(name: str, line: int) -> StatementError:
    return StatementError(
        Problem.TRUNCATED,
        said(
            "{file}, line {line}: the XML ends or breaks there; fetch the file from the bank again",
            file=name,
            line=line,
        ),
    )
