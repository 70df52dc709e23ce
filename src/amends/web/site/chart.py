"""How far it is, as a picture: one bar, drawn as SVG, told in words to who cannot see it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 640
_HEIGHT: Final = 44
_LEAST: Final = 3.0
"""A part with anybody in it is never thinner, in units of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the whole. ``colour``: a class of the stylesheet."""

    name: str
    people: int
    colour: str


def bar(parts: Sequence[Part], *, title: str, told: str) -> str:
    """The bar as an SVG element: title, description, and a rectangle for each part.

    It holds no style and no script, so the strictest policy shows it. Widths are to scale, but for
    parts too thin to be seen.
    """
    whole = sum(part.people for part in parts)
    shown = [part for part in parts if part.people]
    widths = [max(_LEAST, _WIDTH * part.people / whole) for part in shown] if whole else []
    scale = _WIDTH / sum(widths) if widths else 1.0
    drawn, at = [], 0.0
    for part, width in zip(shown, widths, strict=True):
        drawn.append(
            f'<rect class="{part.colour}" x="{at:.1f}" y="0" width="{width * scale:.1f}" '
            f'height="{_HEIGHT}"><title>{escape(part.name)}: {part.people:,}</title></rect>'
        )
        at += width * scale
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        'aria-labelledby="chart-title chart-told">'
        f'<title id="chart-title">{escape(title)}</title>'
        f'<desc id="chart-told">{escape(told)}</desc>{"".join(drawn)}</svg>'
    )
