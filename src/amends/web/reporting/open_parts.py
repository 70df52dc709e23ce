"""Of a report: the roster and how to check it, notices, what is open, who decided. Pure."""

from collections.abc import Iterator
from typing import Final

from amends.governance.telling import kind_told
from amends.kernel.saying import said
from amends.payees.model import Situation
from amends.payees.words import SITUATIONS
from amends.printing.model import MOST_ROWS, Facts, Heading, Items, Paragraph, Part, Table
from amends.web.reporting.model import Gathered
from amends.web.reporting.telling import SHORT, Teller

_HEAD: Final = said("Root of the roster")


def published(found: Gathered, tell: Teller) -> Iterator[Part]:
    """The roster: name, size, root, signatures; and how anybody checks it."""
    yield Heading(text=tell.say(said("The public roster, and how to check it")))
    log = found.site.log
    if log is None:
        yield Paragraph(text=tell.say(said("This is not published yet.")))
        return
    checker = dict(log.files).get("verify.py", "")
    names = [
        (said("Name of the log"), log.origin, True),
        (said("Entries"), f"{log.entries:,}", False),
        (_HEAD, log.root, True),
        (said("Key of the roster"), log.key, True),
        (said("Signed by"), tell.list(list(log.signatures)), False),
        (said("People in it"), f"{log.people:,}", False),
        (said("In all"), tell.money(log.total.amount_minor), False),
        (said("Publications of states"), f"{len(log.epochs):,}", False),
        (said("Batches of payments"), f"{len(log.batches):,}", False),
        (said("SHA-256 of verify.py"), checker, True),
    ]
    yield Facts(
        rows=[(tell.say(name), value) for name, value, _ in names if value],
        code=frozenset(tell.say(name) for name, _, code in names if code),
    )
    yield Paragraph(text=tell.say(said("Whoever wants to check it needs nothing of ours:")))
    yield Items(
        items=[
            tell.say(one)
            for one in (
                said("Copy the published directory, or let a mirror give it."),
                said("Get the policy (keys and quorum) another way than from that directory."),
                said(
                    "python -m amends_verify all DIRECTORY --policy POLICY holds every entry, sum "
                    "and signature against the root above."
                ),
                said("Whoever has a receipt checks it with verify.py, offline."),
            )
        ]
    )


def told(found: Gathered, tell: Teller) -> Iterator[Part]:
    """Notices to those concerned."""
    yield Heading(text=tell.say(said("Notices to those concerned")))
    written, texts = found.notices
    yield Facts(
        rows=[
            (tell.say(said("Notices written")), f"{written:,}"),
            (tell.say(said("Different texts")), f"{texts:,}"),
            (tell.say(said("Corrections to be told still")), f"{found.open.untold:,}"),
        ]
    )


def still_open(found: Gathered, tell: Teller) -> Iterator[Part]:
    """What waits, and for whom people are paid."""
    yield Heading(text=tell.say(said("What is open")))
    waits, counts = found.open, found.payments.counts
    rows = [
        (said("Payments whose outcome is not known"), counts.get("unknown", 0)),
        (said("Payments that came back"), counts.get("returned", 0)),
        (said("Payments that were refused"), counts.get("refused", 0)),
        (said("Exceptions of reconciliation"), sum(found.payments.exceptions.values())),
        (said("Claims of loss that wait"), waits.claims),
        (said("Messages in the inbox"), waits.messages),
        (said("Proposals that wait for signatures"), waits.proposals),
    ]
    if waits.review_items is not None:
        rows.append((said("Questions for readers"), waits.review_items))
    yield Table(
        caption=tell.say(said("What waits for somebody")),
        columns=[tell.say(said("What")), tell.say(said("How many"))],
        rows=[(tell.say(words), f"{number:,}") for words, number in rows],
        figures=frozenset({1}),
    )
    if waits.last_promised is not None and waits.last_promised < found.made_at:
        yield Paragraph(text=tell.say(said("The promised day is over.")))
    if found.payees:
        yield _payees(found, tell)


def _payees(found: Gathered, tell: Teller) -> Table:
    words = {state.value: SITUATIONS[state] for state in Situation if state in SITUATIONS}
    ordered = sorted(found.payees.items(), key=lambda pair: (-pair[1], pair[0]))
    return Table(
        caption=tell.say(said("Who is paid, by situation")),
        columns=[tell.say(said("Situation")), tell.say(said("People"))],
        rows=[(tell.word(words, state), f"{number:,}") for state, number in ordered],
        total=(tell.say(said("In all")), f"{sum(found.payees.values()):,}"),
        figures=frozenset({1}),
    )


def signed(found: Gathered, tell: Teller) -> Iterator[Part]:
    """Who signed what: the announcement, and every decision with its digest."""
    yield Heading(text=tell.say(said("Who decided and signed")))
    source, draft = found.file.announcement, found.announcement
    if source is not None and source.signatories:
        companies = {one.id: one.name for one in found.file.companies}
        by = draft.signed if draft else ()
        yield Table(
            caption=tell.say(said("Who signs the announcement")),
            columns=[
                tell.say(said("Name")),
                tell.say(said("Role")),
                tell.say(said("Company")),
                tell.say(said("Signed")),
            ],
            rows=[
                (
                    tell.text(one.name),
                    tell.text(one.role),
                    tell.text(companies[one.company]) if one.company in companies else one.company,
                    tell.yes(one.operator in by),
                )
                for one in source.signatories
            ],
        )
    if found.site.announced is not None:
        name = tell.say(said("Announcement, SHA-256"))
        yield Facts(rows=[(name, found.site.announced.sha256)], code=frozenset({name}))
    yield from _decisions(found, tell)


def _decisions(found: Gathered, tell: Teller) -> Iterator[Part]:
    if not found.decisions:
        yield Paragraph(text=tell.say(said("Nothing was decided yet.")))
        return
    shown = found.decisions[-MOST_ROWS:]
    yield Table(
        caption=tell.say(said("Decisions, the oldest first")),
        columns=[
            tell.say(said("Day")),
            tell.say(said("What")),
            tell.say(said("Reason")),
            tell.say(said("Decided by")),
            tell.say(said("Digest")),
        ],
        rows=[
            (
                one.decided_on.isoformat(),
                tell.say(kind_told(one.what)),
                one.reason,
                one.decided_by,
                (one.proposal or "")[:SHORT],
            )
            for one in shown
        ],
        code=frozenset({4}),
        widths=(3, 5, 5, 4, 4),
    )
    if len(shown) < len(found.decisions):
        yield Paragraph(
            text=tell.say(
                said(
                    "{number:,} older ones stand in the attached file.",
                    number=len(found.decisions) - len(shown),
                )
            ),
            quiet=True,
        )
