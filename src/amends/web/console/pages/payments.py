"""The list of payments: narrowed, sorted, paged by key, as a file for who may export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from amends.access.model import Right
from amends.kernel.money import exponent
from amends.kernel.saying import said
from amends.payouts.showing import shown
from amends.payouts.showing.listed import Order, PaymentLine, PaymentRow, Place
from amends.payouts.showing.shown import Page as Rows
from amends.payouts.showing.shown import Wanted
from amends.store.asking import Asking, Waiting, finished
from amends.web import saying
from amends.web.console.desk import ROWS, Desk, minor_text
from amends.web.console.lists import column, csv, file, filters
from amends.web.console.pages.registry import Page, Quick
from amends.web.console.parts import Column, Field, Filters, Html, Table, View, in_ascii
from amends.web.console.words import REASONS, STATES, choices
from amends.web.listings import paying
from amends.web.listings.model import Listing
from amends.web.saying import PageLanguage


def listed(desk: Desk) -> View:
    """Payments in the order of awards, narrowed by the address."""
    with desk.opened.database.session() as connection:
        return finished(asked(desk, Waiting(connection)))


async def asked(desk: Desk, asking: Asking) -> View:
    """The same, asked for."""
    kept = desk.kept(_without_rows)
    page = await shown.payment_lines(
        asking, kept.wanted, zone=desk.opened.case.file.zone, after=_after(desk), most=ROWS
    )
    table = Table(
        caption=kept.caption,
        columns=kept.columns,
        body=body(desk, page.rows),
        empty=kept.empty,
        following=_following(desk, page),
        following_text=_more(desk, page),
        last=kept.last,
        last_text=kept.last_text,
        csv=csv(desk, "/payments.csv"),
    )
    return View(title=kept.title, parts=(kept.filters, table))


@dataclass(frozen=True, slots=True, kw_only=True)
class _WithoutRows:
    """What an address asks for, and what its page has but for the rows."""

    wanted: Wanted
    title: str
    filters: Filters
    caption: str
    columns: tuple[Column, ...]
    empty: str
    last: str
    last_text: str


def _without_rows(desk: Desk) -> _WithoutRows:
    wanted = _wanted(desk)
    down = wanted.order.down
    return _WithoutRows(
        wanted=wanted,
        title=desk.say(said("All payments")),
        filters=_filters(desk, wanted),
        caption=desk.say(said("Payments in {currency}", currency=desk.opened.case.file.currency)),
        columns=columns(desk, wanted),
        empty=desk.say(said("No payment of this kind.")),
        last=desk.here(sort="" if down else "-award", after=""),
        last_text=desk.say(said("From the first award") if down else said("From the last award")),
    )


def _more(desk: Desk, page: Rows[PaymentLine]) -> str:
    if page.looked_until is None:
        return desk.say(said("More"))
    return desk.say(
        said("Look further: up to award {award} there are no more", award=page.looked_until)
    )


def _is_quick(query: Mapping[str, str]) -> bool:
    """Whether the list that an address asks for is found without looking through payments."""
    rest = {name for name, value in query.items() if value} - {"state", "after", "sort"}
    return not rest and shown.found_at_once(Wanted(state=query.get("state", "")))


def _wanted(desk: Desk) -> Wanted:
    sort = desk.word("sort")
    return Wanted(
        order=Order(sort) if sort in set(Order) else Order.AWARD,
        state=desk.word("state") if desk.word("state") in STATES else "",
        rail=desk.word("rail")[:64],
        reason=desk.word("reason")[:64],
    )


def _after(desk: Desk) -> Place | None:
    return shown.place_of(desk.word("after"))


def _following(desk: Desk, page: Rows[PaymentLine]) -> str:
    return "" if page.following is None else desk.here(after=shown.cursor_of(page.following))


def _filters(desk: Desk, wanted: Wanted) -> Filters:
    rails = [rail.protocol or rail.kind for rail in desk.opened.case.file.rails]
    return filters(
        desk,
        Field(
            name="state",
            label=desk.say(said("State")),
            value=wanted.state,
            choices=choices(
                desk, {name: words for name, (words, _) in STATES.items()}, said("every state")
            ),
        ),
        Field(
            name="rail",
            label=desk.say(said("Rail")),
            value=wanted.rail,
            choices=[("", desk.say(said("every rail"))), *((one, one) for one in rails)],
        ),
        Field(
            name="reason",
            label=desk.say(said("Cause")),
            value=wanted.reason,
            choices=_causes(desk, wanted.reason),
        ),
    )


def columns(desk: Desk, wanted: Wanted | None = None) -> tuple[Column, ...]:
    """The columns of payments; those of a list sort it where it can be sorted by them."""

    def heading(label: str, order: Order, *, figures: bool = False) -> Column:
        if wanted is None or order not in wanted.orders:
            return Column(label=desk.say(label), figures=figures)
        return column(desk, label, order.value, figures=figures, first=Order.AWARD.value)

    return (
        Column(label=desk.say(said("Number"))),
        heading(said("Award"), Order.AWARD, figures=True),
        Column(label=desk.say(said("Rail"))),
        heading(said("Amount"), Order.AMOUNT, figures=True),
        Column(label=desk.say(said("State"))),
        Column(label=desk.say(said("Cause"))),
        Column(label=desk.say(said("Tries")), figures=True),
        heading(said("Sent"), Order.AGE),
        Column(label=desk.say(said("Arrived"))),
    )


def _causes(desk: Desk, chosen: str) -> tuple[tuple[str, str], ...]:
    """Every cause that is known, and the one that the address names."""
    found = choices(desk, REASONS, said("every cause"))
    return found if not chosen or chosen in REASONS else (*found, (chosen, chosen))


class _Causes(dict[str | None, str]):
    """Causes as cells of a table; one without words is shown as it is."""

    def __missing__(self, code: str) -> str:
        return escape(code)


@cache
def _cause_cells(language: PageLanguage) -> _Causes:
    """Each cause as a cell of a table."""
    cells = _Causes({None: ""})
    for code, words in REASONS.items():
        cells[code] = in_ascii(escape(saying.sentence(words, language)))
    return cells


@cache
def _state_cells(language: PageLanguage) -> dict[str, str]:
    """Each state as a cell of a table."""
    return {
        name: in_ascii(
            f'<span class="tag {tone}">{escape(saying.sentence(words, language))}</span>'
        )
        for name, (words, tone) in STATES.items()
    }


def body(desk: Desk, rows: list[PaymentLine]) -> Html:
    """The rows as markup. Numbers and rails are of letters and digits by the database."""
    states, causes = _state_cells(desk.language), _cause_cells(desk.language)
    digits = exponent(desk.opened.case.file.currency)
    amounts = {minor: minor_text(minor, digits) for minor in {row[4] for row in rows}}
    made = [
        f'<tr><td><a href="/payments/{number}"><code>{number}</code></a></td>'
        f'<td class="num">{award}</td><td>{rail}</td><td class="num">{amounts[minor]}</td>'
        f"<td>{states[state]}</td><td>{causes[cause]}</td>"
        f'<td class="num">{attempts}</td><td class="whole">{sent or ""}</td>'
        f'<td class="whole">{settled or ""}</td></tr>\n'
        for number, award, _, rail, minor, state, cause, attempts, sent, settled in rows
    ]
    return Html("".join(made))


def lines(desk: Desk, rows: Sequence[PaymentRow]) -> list[PaymentLine]:
    """Payments as lines of text."""
    return [
        (*row[:5], *row[6:9], desk.time(row.sent_at), desk.time(row.settled_at)) for row in rows
    ]


def _listing(desk: Desk) -> Listing:
    return paying.payments(desk.opened, _wanted(desk))


PAGES = (
    Page(path="/payments", right=Right.SEE, show=listed, quick=Quick(when=_is_quick, show=asked)),
    Page(path="/payments.csv", right=Right.EXPORT, show=file(_listing)),
)
