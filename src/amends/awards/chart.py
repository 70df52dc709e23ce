"""Simulations as a chart: SVG whose text is text, or PNG. Equal simulations give equal files.

Above, what each tariff costs, with the interval that the stated error of the determination gives
it, against the funding; below, for each tariff: how many people get how much, whom it pays the most
and the least, and what it costs in all when more people are found later.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from amends.awards.simulation import AmountShare, Error, Simulation
from amends.awards.simulation_words import group_words
from amends.kernel.money import Money, exponent
from amends.kernel.saying import Language, Said, in_language, said

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

ENDINGS: Final = (".svg", ".png")
_CHINESE_FONTS: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Droid Sans Fallback",
)
_LATIN: Final = "DejaVu Sans"
_BLUE, _RED, _GREY = "#2f5d8a", "#b3423a", "#8a8f94"
_WIDTH, _ROW, _FRAME = 9.0, 0.32, 1.1
_MOST_BARS: Final = 12
_NARROW: Final = 4
_MOST_SIGNS: Final[dict[Language, int]] = {"en": 40, "zh": 20}


def chart_language(wanted: Language) -> tuple[Language, str | None]:
    """The language that a chart can be in, and the font for it; Chinese needs a Chinese font."""
    if wanted == "en":
        return wanted, None
    font = _chinese_font()
    if font is None:
        _look_for_new_fonts()
        font = _chinese_font()
    return ("en" if font is None else wanted), font


def _chinese_font() -> str | None:
    there = set(font_manager.get_font_names())
    return next((name for name in _CHINESE_FONTS if name in there), None)


def _look_for_new_fonts() -> None:
    """Take in fonts that were installed after Matplotlib last listed them."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(RuntimeError):  # not a font, or damaged
            font_manager.fontManager.addfont(path)


def draw(several: Sequence[Simulation], to: Path, wanted: Language, *, form: str) -> Said | None:
    """Write the chart of *several* simulations; *form*: ``svg`` or ``png``.

    Returns:
        What a reader has to be told: that there is no Chinese font, and the chart is in English.
    """
    language, font = chart_language(wanted)
    families = [_LATIN] if font is None else [font, _LATIN]
    style: dict[RcKeyType, object] = {
        "font.family": families,
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": "amends",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,
    }
    with mpl.rc_context(style):
        figure = _figure(several, language)
        kept = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(to, format=form, dpi=150, metadata=kept)
    if language is wanted:
        return None
    return said("No Chinese font was found on this machine: the chart is in English.")


def _figure(several: Sequence[Simulation], language: Language) -> Figure:
    """A panel of costs, and for each tariff one of amounts and one of later finds."""
    rows = [len(several)]
    for one in several:
        rows += [min(_bars(one), _MOST_BARS), 1 + len(one.later)]
    heights = [row * _ROW + _FRAME for row in rows]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _costs(panels[0], several, language)
    for one, people, later in zip(several, panels[1::2], panels[2::2], strict=True):
        _people(people, one, language)
        _later(later, one, language)
    return figure


def _bars(one: Simulation) -> int:
    return sum(1 for share in one.amounts if share.people)


def _costs(panel: Axes, several: Sequence[Simulation], language: Language) -> None:
    """What each tariff costs; whiskers are the interval of the number of people affected."""
    places = list(range(len(several)))
    totals = [_major(one.total) for one in several]
    funds = {one.funding.funding for one in several if one.funding is not None}
    highest = [interval[1] for one in several if (interval := _interval(one)) is not None]
    most = max([*totals, *highest, *(_major(money) for money in funds), 1.0])
    panel.barh(places, totals, color=_BLUE, height=0.6)
    for place, one in zip(places, several, strict=True):
        interval = _interval(one)
        if interval is not None:
            panel.hlines(place, *interval, color="black", linewidth=1.2)
            panel.plot(interval, [place, place], "|", color="black", markersize=7)
        ends = (_major(one.total), *(interval or ()))
        inside = _major(one.total) > most / 2
        panel.annotate(
            one.total.display(),
            (min(ends) if inside else max(ends), place),
            xytext=(-7 if inside else 7, 0),
            textcoords="offset points",
            va="center",
            ha="right" if inside else "left",
            color="white" if inside else "black",
            bbox=None if inside else {"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    for money in sorted(funds):
        _funding(panel, money, language)
    panel.set_yticks(places, [one.name for one in several])
    panel.set_ylim(*reversed(_room(len(places))))
    panel.set_xlim(0, 1.1 * most)
    panel.xaxis.set_major_formatter(_figures)
    panel.set_xlabel(several[0].total.currency, loc="right")
    title = said(
        "Simulation: cost of {people:,} people by tariff; line: 95 % interval of how many are "
        "affected",
        people=several[0].people,
    )
    panel.set_title(in_language(title, language), loc="left", pad=18)


def _people(panel: Axes, one: Simulation, language: Language) -> None:
    """How many people get how much by one tariff."""
    shares = [share for share in one.amounts if share.people]
    shown = _shown(shares)
    places = list(range(len(shown)))
    panel.barh(places, [share.people for share in shown], color=_GREY, height=0.6)
    for place, share in zip(places, shown, strict=True):
        number = f"{share.people:,} ({share.people / max(one.people, 1):.1%})"
        whom = _whom(one, share, language)
        if whom and share.people > one.people / 2:
            _label(panel, (0, place), whom, color="white")
            whom = ""
        _label(panel, (share.people, place), f"{number}   {whom}".strip())
    panel.set_yticks(places, [share.amount.display() for share in shown])
    panel.set_ylim(*_room(len(places)))
    panel.set_xlim(0, 1.2 * max(one.people, 1))
    panel.xaxis.set_major_formatter(_figures)
    panel.set_xlabel(in_language(said("people"), language), loc="right")
    title = said("{name}: people by amount", name=one.name)
    if len(shown) < len(shares):
        title = said(
            "{name}: people by amount (both ends and the commonest, {shown} of {all})",
            name=one.name,
            shown=len(shown),
            all=len(shares),
        )
    panel.set_title(in_language(title, language), loc="left")


def _label(panel: Axes, at: tuple[float, float], text: str, color: str = "black") -> None:
    """A text right of a place."""
    panel.annotate(text, at, xytext=(7, 0), textcoords="offset points", va="center", color=color)


def _shown(shares: Sequence[AmountShare]) -> list[AmountShare]:
    """The smallest and the largest amount, and the commonest between them; by amount."""
    ends = {share.amount for share in (*shares[:1], *shares[-1:])}
    first = sorted(shares, key=lambda share: (share.amount not in ends, -share.people))
    return sorted(first[:_MOST_BARS], key=lambda share: share.amount)


def _whom(one: Simulation, share: AmountShare, language: Language) -> str:
    """Of whom what leaked, where nobody gets more or nobody less."""
    for words, ends in ((said("most paid"), one.most), (said("least paid"), one.least)):
        if ends and ends[0].scenario.amount == share.amount and one.most != one.least:
            who = group_words(one, ends[0].group, language)
            room = _MOST_SIGNS[language]
            who = who if len(who) <= room else f"{who[:room]}…"
            return in_language(said("{which}: {who}", which=words, who=who), language)
    return ""


def _later(panel: Axes, one: Simulation, language: Language) -> None:
    """What it costs in all with more people; whiskers: all of them at the lowest, the highest."""
    cost = one.total + one.granted
    bars = [(in_language(said("nobody more"), language), cost, cost, cost)]
    for find in one.later:
        words = in_language(said("{percent} % more people", percent=find.percent), language)
        bars.append((words, cost + find.cost, cost + find.least, cost + find.most))
    funds = None if one.funding is None else one.funding.funding
    ends = [most for *_, most in bars] + ([] if funds is None else [funds])
    widest = max(*map(_major, ends), 1.0)
    for place, (_, money, least, most) in enumerate(bars):
        short = funds is not None and money > funds
        panel.barh(place, _major(money), color=_RED if short else _BLUE, height=0.6)
        if least != most:
            panel.hlines(place, _major(least), _major(most), color="black", linewidth=1.2)
            panel.plot([_major(least), _major(most)], [place] * 2, "|", color="black", markersize=7)
        if _major(money) > widest / _NARROW:
            _label(panel, (0, place), money.display(), color="white")
        else:
            _label(panel, (_major(most), place), money.display())
    if funds is not None:
        _funding(panel, funds, language)
    panel.set_yticks(list(range(len(bars))), [words for words, *_ in bars])
    panel.set_ylim(*reversed(_room(len(bars))))
    panel.set_xlim(0, 1.1 * widest)
    panel.xaxis.set_major_formatter(_figures)
    panel.set_xlabel(one.total.currency, loc="right")
    title = said(
        "{name}: cost in all with later finds; line: from the tariff's least to its most for each",
        name=one.name,
    )
    panel.set_title(in_language(title, language), loc="left", pad=18)


def _funding(panel: Axes, money: Money, language: Language) -> None:
    """A line where the money ends."""
    panel.axvline(_major(money), color=_RED, linestyle="--", linewidth=1.2)
    panel.annotate(
        in_language(said("funding: {funding}", funding=money.display()), language),
        (_major(money), 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-3, 3),
        textcoords="offset points",
        color=_RED,
        ha="right",
    )


def _room(bars: int) -> tuple[float, float]:
    """The ends of an axis on which a lonely bar is not thicker than others."""
    middle, half = (bars - 1) / 2, max(bars, 2) / 2
    return middle - half, middle + half


def _interval(one: Simulation) -> tuple[float, float] | None:
    """The ends of what the people cost who are truly affected."""
    costs = [cost for cost in one.errors if cost.error is Error.COUNT]
    if not costs:
        return None
    best = next((cost for cost in costs if cost.basis == "readers"), costs[0])
    ends = (
        _major(Money(amount_minor=minor, currency=one.total.currency))
        for minor in (best.money.low, best.money.high)
    )
    low, high = ends
    return low, high


def _major(money: Money) -> float:
    """For drawing only."""
    return float(money.amount_minor) / float(10 ** exponent(money.currency))


def _figures(value: float, place: float) -> str:
    del place
    return f"{value:,.0f}"
