"""Pages as bytes: what stands around them, and their parts.

What stands around a page is the same for an operator until something in it changes, and what a
list is narrowed by is the same for everybody: both are made once and kept. Each piece is encoded by
itself: rows of ASCII alone, as most are, cost next to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple

from amends.web import rendering
from amends.web.console.parts import Filters, Part, Plot, Table, View
from amends.web.saying import PageLanguage

_HERE: Final = "\ufdd0"
"""No character of any text: where a page's own title, address and body go."""


class Around(NamedTuple):
    """What stands around a page: of the case, and of who is signed in."""

    language: PageLanguage
    case_title: str
    development: bool
    simulated: bool
    time_simulated: bool
    case_now: str
    operator: str = ""
    roles: tuple[str, ...] = ()
    menu: str = ""
    form_token: str = ""
    halted: str = ""
    """Why payments are halted, in a sentence."""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Around(language={self.language!r}, operator={self.operator!r})"


def page(
    around: Around, view: View, *, here: str, path: str, told: tuple[str, str] | None = None
) -> bytes:
    """A whole page. *told*: a sentence to say at its top, and its tone."""
    plots = any(isinstance(part, Plot) for part in view.parts)
    before, between, after, end = _frame(around, plots)
    title, address = escape(view.title).encode(), escape(here).encode()
    inside = _main(around, view, path, told)
    return b"".join((before, title, between, address, after, *inside, end))


@lru_cache(512)
def _frame(around: Around, plots: bool) -> Sequence[bytes]:  # noqa: FBT001 -- of a cache
    """The four pieces around title, address and body."""
    made = rendering.rendered(
        "console/page.html",
        around.language,
        **{**shell(around), "plots": plots},
        title=_HERE,
        here=_HERE,
        body=_HERE,
    )
    return [piece.encode() for piece in made.split(_HERE)]


def shell(around: Around) -> Mapping[str, object]:
    """What the template of everything around a page is given, but for the page."""
    return {
        "root": "/",
        "case_title": around.case_title,
        "development": around.development,
        "simulated": around.simulated,
        "time_simulated": around.time_simulated,
        "case_now": around.case_now,
        "operator": around.operator,
        "roles": around.roles,
        "menu": around.menu,
        "form_token": around.form_token,
        "halted": around.halted,
        "plots": False,
    }


def _main(around: Around, view: View, path: str, told: tuple[str, str] | None) -> Iterator[bytes]:
    head = []
    if view.up:
        head.append(f'<p class="up"><a href="{escape(view.up[0])}">← {escape(view.up[1])}</a></p>')
    head.append(f"<h1>{escape(view.title)}</h1>")
    if told is not None:
        head.append(f'<p class="note {told[1]}" role="status">{escape(told[0])}</p>')
    if view.lead:
        head.append(f'<p class="lead">{escape(view.lead)}</p>')
    yield "\n".join(head).encode()
    for at, part in enumerate(view.parts, 1):
        yield b"\n"
        if isinstance(part, Table):
            for piece in part.pieces(f"p{at}"):
                yield piece.encode()
        elif isinstance(part, Filters):
            yield _filters(part, around.language, f"p{at}", path, around.form_token)
        else:
            yield _part(part, around.language, f"p{at}", path, around.form_token)


def _part(part: Part, language: PageLanguage, at: str, path: str, form_token: str) -> bytes:
    made = rendering.rendered(
        "console/part.html", language, part=part, at=at, path=path, form_token=form_token
    )
    return made.encode()


_filters = lru_cache(512)(_part)
