"""What a printed document is made of: words in one language, tables, bars, attached files. Pure.

A document holds text, never markup: what a case or a stranger wrote is set as it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal

from amends.kernel.errors import AmendsError

Paper = Literal["zh", "en", "zh-hant"]
"""In which languages documents are set: which glyphs, which voice, how lines break."""

MOST_ROWS: Final = 400
"""Of a table on paper; a longer one is for an attached file."""


class FontError(AmendsError):
    """There is no font to print with."""

    code: ClassVar[str] = "font"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Begins a part of the document."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph; ``quiet``: a remark in smaller letters."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and values; a value that ``code`` names is a digest, a key or a name of a file."""

    rows: Sequence[tuple[str, str]]
    code: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. ``figures``: columns that are set to the right; ``code``: columns of digests.

    ``total``: a last row that sums up. ``widths``: shares of the width, where they are not even.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()
    figures: frozenset[int] = frozenset()
    code: frozenset[int] = frozenset()
    widths: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a chart: its name, its size, and the size in words."""

    name: str
    size: int
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A chart of bars, and the same in words for who does not see it."""

    caption: str
    bars: Sequence[Bar]
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A code that somebody types off the paper: large, every sign of one width."""

    text: str


Part = Heading | Paragraph | Items | Facts | Table | Bars | Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file inside the document, for programs."""

    name: str
    content: bytes
    media_type: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document. ``warning``: stands before everything, on the first page.

    ``foot``: stands on every page; ``made_at``: when it was made, the only time in the file.
    ``numbered``: whether its headings are.
    """

    language: Paper
    title: str
    subtitle: str
    author: str
    made_at: datetime
    foot: str
    parts: Sequence[Part]
    lead: str = ""
    warning: str = ""
    attached: Sequence[Attached] = ()
    numbered: bool = True
