"""Parts that pages are made of, as values; the template ``console/part.html`` writes most of them.

Cells of tables are made to HTML here: a table is most of a page, and a loop in a template costs
more than the query behind it. Everything that is not :class:`Html` is escaped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Literal, TypeAlias

from amends.web.leaving import Sent

Tone: TypeAlias = Literal["", "good", "warn", "bad"]


class Html(str):
    """Markup of ours: what it holds of others is escaped already."""

    __slots__ = ()


class Whole(str):
    """A few letters that stay on one line: a moment, a day."""

    __slots__ = ()


Cell: TypeAlias = str | int | date | None
Row: TypeAlias = Sequence[Cell]


def in_ascii(markup: str) -> Html:
    """The same markup in ASCII: pages are put together and encoded several times as fast of it."""
    return Html(markup.encode("ascii", "xmlcharrefreplace").decode())


def html_of(cell: Cell) -> str:
    """A cell as markup."""
    if isinstance(cell, Html):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, Whole | date):
        return f'<span class="whole">{escape(str(cell))}</span>' if cell else ""
    return "" if cell is None else escape(cell)


def link(href: str, text: str) -> Html:
    """A link."""
    return Html(f'<a href="{escape(href)}">{escape(text)}</a>')


def code(text: str, href: str = "") -> Html:
    """A number or digest, in letters of one width; perhaps a link."""
    inner = f"<code>{escape(text)}</code>"
    return Html(f'<a href="{escape(href)}">{inner}</a>' if href else inner)


def long(text: str) -> Html:
    """Something that may break anywhere, in letters of one width."""
    return Html(f'<span class="long">{escape(text)}</span>')


def tag(text: str, tone: Tone = "") -> Html:
    """A state."""
    return Html(f'<span class="tag {tone}">{escape(text)}</span>')


def joined_html(parts: Iterable[Cell], separator: str = " ") -> Html:
    """Cells one after the other."""
    return Html(separator.join(html_of(part) for part in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading, and whether it holds figures.

    ``sort``: the address of the list sorted by it; ``sorted``: how it is sorted by it now.
    """

    label: str
    figures: bool = False
    sort: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    heading: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the heading once: columns of a list are kept."""
        object.__setattr__(self, "heading", self._heading())

    def _heading(self) -> str:
        """The heading as markup; a column without a name has none."""
        if not self.label:
            return "<td></td>"
        figures = ' class="num"' if self.figures else ""
        if not self.sort:
            return f'<th scope="col"{figures}>{escape(self.label)}</th>'
        how = f' aria-sort="{self.sorted}"' if self.sorted else ""
        mark = {"": "", "ascending": " ↑", "descending": " ↓"}[self.sorted]
        return (
            f'<th scope="col"{figures}{how}><a class="sort" href="{escape(self.sort)}">'
            f'{escape(self.label)}<span aria-hidden="true">{mark}</span></a></th>'
        )


@dataclass(slots=True, kw_only=True)
class Table:
    """Rows with a caption; ``following``: the address of the next page; ``csv``: of the file.

    ``last``: the address of the list's end.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = ()
    empty: str = ""
    following: str = ""
    following_text: str = ""
    last: str = ""
    last_text: str = ""
    csv: str = ""
    note: str = ""
    narrow: bool = False
    body: Html | None = None
    kind: str = "table"

    @property
    def html(self) -> Html:
        """The rows as markup."""
        if self.body is not None:
            return self.body
        figures = [column.figures for column in self.columns]
        return Html(
            "".join(
                "<tr>"
                + "".join(
                    f'<td class="num">{html_of(cell)}</td>'
                    if right
                    else f"<td>{html_of(cell)}</td>"
                    for cell, right in zip(row, figures, strict=True)
                )
                + "</tr>\n"
                for row in self.rows
            )
        )

    @property
    def filled(self) -> bool:
        """Whether there is a row."""
        return bool(self.body) or bool(self.rows)

    def markup(self, at: str) -> Html:
        """The whole table; *at*: its name in the page."""
        return Html("".join(self.pieces(at)))

    def pieces(self, at: str) -> tuple[str, str, str]:
        """The same in three: the rows, and what stands before and after them."""
        caption = escape(self.caption)
        csv = f'<a class="csv" href="{escape(self.csv)}">CSV</a>' if self.csv else ""
        note = f'<p class="quiet">{escape(self.note)}</p>' if self.note else ""
        if self.filled:
            narrow = " narrow" if self.narrow else ""
            headings = "".join([column.heading for column in self.columns])
            before = (
                f'<div class="scroll{narrow}" tabindex="0" role="region" aria-label="{caption}">'
                f"<table><thead><tr>{headings}</tr></thead>\n<tbody>\n"
            )
            rows, after = self.html, "</tbody></table></div>"
        else:
            before, rows, after = '<p class="empty">', Html(escape(self.empty)), "</p>"
        links = ""
        if self.following:
            links = (
                f'<a class="button plain" rel="next" href="{escape(self.following)}">'
                f"{escape(self.following_text)}</a>"
            )
        if self.last:
            links += f' <a href="{escape(self.last)}">{escape(self.last_text)}</a>'
        following = f'<p class="following">{links}</p>' if links else ""
        head = (
            f'<section class="list" id="{at}"><div class="list-head"><h2>{caption}</h2>{csv}</div>'
        )
        return f"{head}{note}{before}", rows, f"{after}{following}</section>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and what they are."""

    title: str
    rows: Sequence[tuple[str, Cell]]
    kind: str = "facts"

    @property
    def lines(self) -> list[tuple[str, Html]]:
        """The same as markup."""
        return [(name, Html(html_of(cell) or "–")) for name, cell in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A point of a timeline."""

    at: str
    title: str
    text: Cell = ""
    tone: Tone = ""

    @property
    def html(self) -> Html:
        """The text as markup."""
        return Html(html_of(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happened, in order."""

    title: str
    events: Sequence[Event]
    kind: str = "timeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that stands out."""

    text: str
    tone: Tone = ""
    href: str = ""
    href_text: str = ""
    kind: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A few large figures; each may lead somewhere."""

    items: Sequence[tuple[str, str, str]]
    kind: str = "figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a funnel: how many, what share of the widest."""

    label: str
    value: int
    shown: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Counts as bars, with their figures beside them."""

    title: str
    bars: Sequence[Bar]
    kind: str = "bars"

    @property
    def drawn(self) -> list[tuple[Bar, str, str]]:
        """Each bar with its width of 600 and the SVG class of its colour."""
        widest = max((bar.value for bar in self.bars), default=0) or 1
        return [
            (bar, f"{max(bar.value * 600 / widest, 2 if bar.value else 0):.1f}", "s1")
            for bar in self.bars
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A series over time that the browser draws (uPlot); the table beside it says the same.

    ``time``: what the time is called; ``offset_s``: of the case's zone, in seconds.
    """

    title: str
    series: Sequence[str]
    points: str
    table: Table
    time: str
    offset_s: int
    kind: str = "plot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a form. ``choices``: value and label of each, for a list."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    type: str = "text"
    required: bool = False
    wide: bool = False
    autocomplete: str = "off"

    def __post_init__(self) -> None:
        """Hold choices as what does not change, so that markup of it can be kept."""
        object.__setattr__(self, "choices", tuple(self.choices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that sends a form; ``key``: the key of the keyboard that presses it."""

    label: str
    name: str = ""
    value: str = ""
    key: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Something to do. ``passkey``: options for the browser's passkeys, as JSON."""

    title: str
    action: str
    fields: Sequence[Field]
    buttons: Sequence[Button]
    text: str = ""
    tone: Tone = ""
    passkey: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    kind: str = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed by: a form that goes to the address bar.

    ``kept``: further words of the address; ``views``: what the operator saved, name and query;
    ``query``: what is shown now, if it may be saved.
    """

    fields: Sequence[Field]
    kept: Sequence[tuple[str, str]] = ()
    views: Sequence[tuple[str, str]] = ()
    query: str = ""
    kind: str = "filters"

    def __post_init__(self) -> None:
        """Hold fields as what does not change, so that markup of it can be kept."""
        object.__setattr__(self, "fields", tuple(self.fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text as it is, with its line breaks."""

    title: str
    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records side by side; ``differs`` marks a field, ``weights`` explain."""

    title: str
    left: str
    right: str
    rows: Sequence[tuple[str, str, str, bool]]
    weights: Sequence[tuple[str, str, str]] = ()
    text: str = ""
    kind: str = "pair"


Part: TypeAlias = (
    Table | Facts | Timeline | Note | Figures | Bars | Plot | Form | Filters | Text | Pair
)


@dataclass(slots=True, kw_only=True)
class View:
    """A page: its title, its parts, what stands above it."""

    title: str
    parts: Sequence[Part]
    up: tuple[str, str] | None = None
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where to go on after an action, with a sentence to say there."""

    to: str
    told: str = ""
    tone: Tone = "good"


Answer: TypeAlias = View | Elsewhere | Sent
Action: TypeAlias = Callable[..., Answer]
