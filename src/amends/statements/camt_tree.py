"""The tree of a camt file without its entries: those are handed over as they end, and let go.

A statement of a day may have a million entries; what stays of each is what its reader makes of it.
Names are without their namespace, which is said once. A document type ends the reading before any
entity is declared in it, so there is none that could be expanded.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from amends.kernel.saying import said
from amends.statements.model import Problem, StatementError

_Read = TypeVar("_Read")
_ENTRY = "Ntry"


class DocumentTypeError(Exception):
    """A file declares a document type."""


class Tree(TreeBuilder, Generic[_Read]):
    """A file as it is read. ``sections``: what became of the entries of each statement."""

    def __init__(self, section: str, read: Callable[[Element], _Read]) -> None:
        super().__init__()
        self._section = section
        self._read = read
        self._entry: TreeBuilder | None = None
        self._depth = 0
        self.namespace: str | None = None
        self.sections: list[list[_Read]] = []

    def doctype(self, name: str, pubid: str, system: str) -> None:
        """A document type begins: no bank's file has one."""
        del name, pubid, system
        raise DocumentTypeError

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """An element begins."""
        namespace, name = _parts(tag)
        if self._entry is None:
            if self.namespace is None:
                self.namespace = namespace
            if name == self._section:
                self.sections.append([])
            if name != _ENTRY:
                return super().start(name, attrs)
            self._entry = TreeBuilder()
        self._depth += 1
        return self._entry.start(name, attrs)

    def data(self, data: str, /) -> None:
        """Text of the element that is open."""
        if self._entry is None:
            super().data(data)
        else:
            self._entry.data(data)

    def end(self, tag: str, /) -> Element:
        """An element ends; an entry is read and not kept."""
        name = _parts(tag)[1]
        if self._entry is None:
            return super().end(name)
        element = self._entry.end(name)
        self._depth -= 1
        if not self._depth:
            self._entry = None
            if self.sections:
                self.sections[-1].append(self._read(element))
        return element


@lru_cache(maxsize=1024)
def _parts(tag: str) -> tuple[str, str]:
    """Namespace and name."""
    namespace, _, name = tag.rpartition("}")
    return namespace.lstrip("{"), name


def parse(data: bytes, name: str, tree: Tree[_Read]) -> Element:
    """Read a file into *tree*; its root.

    Raises:
        StatementError: it breaks off, or declares entities.
    """
    parser = XMLParser(target=tree)  # noqa: S314 -- `Tree.doctype` refuses what is dangerous
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DocumentTypeError:
        raise StatementError(
            Problem.FORBIDDEN_XML,
            said(
                "{file}: declares a document type or entities, which no bank statement does; it is "
                "not read",
                file=name,
            ),
        ) from None
    except ParseError as error:
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}, line {line}: the XML ends or breaks there; fetch the file from the bank "
                "again",
                file=name,
                line=error.position[0],
            ),
        ) from None
    return root
