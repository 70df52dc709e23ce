"""Of a report: what is owed, whether the money is there, what was paid, what bills say. Pure."""

from collections import Counter
from collections.abc import Iterator

from amends.funding import service as funding
from amends.kernel.saying import said
from amends.printing.model import MOST_ROWS, Bar, Bars, Facts, Heading, Paragraph, Part, Table
from amends.web.console.words import KINDS_OF_EXCEPTION, STATES
from amends.web.reporting.leak_parts import NOT_YET
from amends.web.reporting.model import Gathered
from amends.web.reporting.telling import Teller


def owed(found: Gathered, tell: Teller) -> Iterator[Part]:
    """The promise, the tariff, what awards come to, and the money behind it."""
    yield Heading(text=tell.say(said("What those concerned receive")))
    promise, rows = found.promise, list[tuple[str, str]]()
    if promise.per_person is not None:
        each = tell.money(promise.per_person.amount_minor)
        rows.append((tell.say(said("Promised to each")), each))
    if promise.people is not None:
        rows.append((tell.say(said("Promised to people")), f"{promise.people:,}"))
    if promise.total is not None:
        rows.append((tell.say(said("Promised in all")), tell.money(promise.total.amount_minor)))
    rows.append((tell.say(said("Promised to arrive by")), tell.time(found.open.last_promised)))
    if found.owed is not None:
        standing, awarded = found.owed
        rows += [
            (tell.say(said("People with an award")), f"{standing.awarded:,}"),
            (tell.say(said("Their awards together")), tell.money(awarded.amount_minor)),
            (tell.say(said("People without an award yet")), f"{standing.new:,}"),
            (tell.say(said("People who wait for a reader's decision")), f"{standing.waiting:,}"),
        ]
    yield Facts(rows=[row for row in rows if row[1]])
    if found.figures is not None:
        yield _classes(found, tell)
    yield from _corrected(found, tell)
    yield Heading(text=tell.say(said("Funds")))
    position = found.position
    yield Paragraph(text=tell.say(funding.told(position.level)))
    yield Table(
        caption=tell.say(said("Funds and obligations")),
        columns=[tell.say(said("What")), tell.column()],
        rows=[
            (tell.say(name), tell.amount(amount))
            for name, amount in funding.position_lines(position)
            if amount is not None
        ],
        figures=frozenset({1}),
    )


def _classes(found: Gathered, tell: Teller) -> Table:
    assert found.figures is not None  # noqa: S101 - asked before
    classes = found.figures.classes
    return Table(
        caption=tell.say(said("People by what the tariff gives them")),
        columns=[
            tell.say(said("Class of the tariff")),
            tell.say(said("Each receives")),
            tell.say(said("People")),
            tell.column(),
        ],
        rows=[
            (
                str(one.award_class),
                tell.amount(one.amount.amount_minor),
                f"{one.people:,}",
                tell.amount(one.amount.amount_minor * one.people),
            )
            for one in classes
        ],
        total=(
            tell.say(said("In all")),
            "",
            f"{found.figures.people:,}",
            tell.amount(found.figures.total.amount_minor),
        ),
        figures=frozenset({1, 2, 3}),
    )


def _corrected(found: Gathered, tell: Teller) -> Iterator[Part]:
    log = found.site.log
    rows = [(tell.say(said("Corrections published")), f"{log.corrections:,}")] if log else []
    rows += [
        (tell.say(said("Claims of loss, {state}", state=said(state))), f"{number:,}")
        for state, number in found.claims.items()
    ]
    if rows:
        yield Facts(rows=rows)


def paid(found: Gathered, tell: Teller) -> Iterator[Part]:
    """Payments by state, to the cent."""
    yield Heading(text=tell.say(said("What was paid")))
    payments = found.payments
    if not payments.states:
        yield Paragraph(text=tell.say(said("Nothing has been paid yet.")))
        return
    by_state = Counter[str]()
    for _, state, number, _ in payments.states:
        by_state[state] += number
    names = [
        (tell.say(words), by_state[state])
        for state, (words, _) in STATES.items()
        if by_state[state]
    ]
    title = tell.say(said("Payments by state"))
    yield Bars(
        caption=title,
        bars=[Bar(name=name, size=number, shown=f"{number:,}") for name, number in names],
        told=f"{title}: " + "; ".join(f"{name} {number:,}" for name, number in names),
    )
    standing = payments.standing
    words = {state: told for state, (told, _) in STATES.items()}
    yield Table(
        caption=tell.say(said("Payments by rail and state")),
        columns=[
            tell.say(said("Rail")),
            tell.say(said("State")),
            tell.say(said("Payments")),
            tell.column(),
        ],
        rows=[
            (rail, tell.word(words, state), f"{number:,}", tell.amount(minor))
            for rail, state, number, minor in payments.states
        ],
        total=(
            tell.say(said("In all, without those that another payment replaced")),
            "",
            f"{sum(one[2] for one in standing):,}",
            tell.amount(sum(one[3] for one in standing)),
        ),
        figures=frozenset({2, 3}),
        widths=(5, 5, 3, 4),
    )


def reconciled(found: Gathered, tell: Teller) -> Iterator[Part]:
    """What bills of the rails say of it."""
    yield Heading(text=tell.say(said("Reconciliation with the bills of the payment firms")))
    payments, counts = found.payments, found.payments.counts
    if not counts:
        yield Paragraph(text=tell.say(NOT_YET))
        return
    yield Facts(
        rows=[
            (tell.say(said("Lines of bills")), f"{counts['statement_lines']:,}"),
            (tell.say(said("Of which prove a payment of ours")), f"{counts['matched']:,}"),
            (tell.say(said("Payments that no bill proves yet")), f"{counts['unproved']:,}"),
            (tell.say(said("Their sum")), tell.money(counts["unproved_minor"])),
            (tell.say(said("Exceptions that wait for a person")), f"{counts['exceptions']:,}"),
            (tell.say(said("The books balance")), tell.yes(counts["books_balanced"])),
        ]
    )
    if payments.exceptions:
        yield Table(
            caption=tell.say(said("Open exceptions by kind")),
            columns=[tell.say(said("Kind")), tell.say(said("How many"))],
            rows=[
                (tell.word(KINDS_OF_EXCEPTION, kind), f"{number:,}")
                for kind, number in payments.exceptions.items()
            ],
            figures=frozenset({1}),
        )
    if payments.bills:
        yield Table(
            caption=tell.say(said("Bills in hand, the newest first")),
            columns=[
                tell.say(said("Rail")),
                tell.say(said("Day")),
                tell.say(said("Opening balance")),
                tell.say(said("Closing balance")),
                tell.say(said("Lines")),
            ],
            rows=[
                (
                    one.rail,
                    one.day,
                    tell.amount(one.opening_minor),
                    tell.amount(one.closing_minor),
                    f"{one.lines:,}",
                )
                for one in payments.bills[:MOST_ROWS]
            ],
            figures=frozenset({2, 3, 4}),
        )
