"""What is shown of payees and of doubts about them, in sentences. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.payees import words
from amends.payees.machine import Move, possible
from amends.payees.model import Doubt, Situation
from amends.payees.states import Actor, Event, EvidenceKind, Recipient, StatementKind
from amends.reasons.words import REASONS
from amends.store.columns import whole

Row = Mapping[str, object]


def doubts_told(rows: Sequence[Row]) -> Iterator[Said]:
    """Each doubt once: what is wrong, what to do, and the rows and people that it concerns.

    *rows*: as :func:`amends.payees.shown.doubts` gives them, by doubt.
    """
    if not rows:
        yield said("there are no doubts: nobody has to look")
        return
    for doubt, theirs in groupby(rows, key=lambda row: Doubt(str(row["doubt"]))):
        wrong, to_do = words.DOUBTS[doubt]
        yield said("{doubt}: {wrong}", doubt=doubt.value, wrong=wrong)
        yield said("  to do: {to_do}", to_do=to_do)
        for row in theirs:
            yield joined((f"  {row['person_id']}  ", _where(row)), "")
    yield words.AFTERWARDS


def payee_told(shown: Row) -> Iterator[Said]:
    """A person's state, clock, history, papers, doubts, and which events can come next.

    *shown*: as :func:`amends.payees.shown.show` gives it.
    """
    situation = Situation(str(shown["situation"]))
    state = words.named(words.SITUATIONS[situation], situation.value)
    yield said("{state}, since {since}", state=state, since=shown["since"])
    recipient = shown["recipient"]
    who = words.RECIPIENTS[Recipient(str(recipient))] if recipient else said("nobody so far")
    yield said("receives: {who}", who=who)
    if shown["reason"]:
        yield said("nothing is sent now: {why}", why=REASONS[str(shown["reason"])])
    if shown["due_on"]:
        then = words.EVENTS[Event(str(shown["then"]))] if shown["then"] else said("a person acts")
        yield said("until {due}, then: {then}", due=shown["due_on"], then=then)
    yield from _part(said("What happened"), map(_moved, _rows(shown, "history")))
    yield from _part(said("Papers that were seen"), map(_paper, _rows(shown, "papers")))
    yield from _part(said("What was stated"), map(_statement, _rows(shown, "statements")))
    yield from _part(said("Paid by hand"), map(_paid, _rows(shown, "paid_by_hand")))
    yield from _part(said("Further accounts"), map(_further, _rows(shown, "further_accounts")))
    yield from _part(said("Doubts"), map(_doubt, _rows(shown, "doubts")))
    yield from _part(said("What can happen next"), map(_possible, possible(situation)))


def _paid(row: Row) -> Said:
    """A payment by hand."""
    amount = Money(amount_minor=whole(row["amount_minor"]), currency=str(row["currency"]))
    return said(
        "share {number}: {amount} on {day}, entered by {by}; receipt {digest}",
        number=row["share_no"],
        amount=amount.display(),
        day=row["paid_on"],
        by=row["entered_by"],
        digest=str(row["receipt_sha256"])[:16],
    )


def _further(row: Row) -> Said:
    """An account after the one in force."""
    return said(
        "place {place}: {kind}, {tried}",
        place=row["place"],
        kind=row["kind"],
        tried=said("tried") if row["tried"] else said("not tried yet"),
    )


def _rows(shown: Row, name: str) -> list[Row]:
    """One of the tables of what is shown."""
    found = shown[name]
    assert isinstance(found, list)  # noqa: S101 - as shown.show gives it
    return found


def _part(title: Said, lines: Iterable[Said]) -> Iterator[Said]:
    """A title and what stands under it; nothing, where nothing does."""
    found = list(lines)
    if found:
        yield said("{title}:", title=title)
        for line in found:
            yield joined(("  ", line), "")


def _moved(row: Row) -> Said:
    event = Event(str(row["event"]))
    return said(
        "{day}: {event}; said by {who}, entered by {operator}; rests on {basis}",
        day=row["happened_on"],
        event=words.named(words.EVENTS[event], event.value),
        who=words.ACTORS[Actor(str(row["actor"]))],
        operator=row["entered_by"],
        basis=row["basis"],
    )


def _paper(row: Row) -> Said:
    kind = EvidenceKind(str(row["kind"]))
    held = said("it holds") if row["result"] == "accepted" else said("it does not hold")
    told = said(
        "{paper}: {result}, seen by {operator} on {day}",
        paper=words.named(words.PAPERS[kind], kind.value),
        result=held,
        operator=row["seen_by"],
        day=row["seen_on"],
    )
    more = []
    if row["expires_on"]:
        more.append(said("valid until {day}", day=row["expires_on"]))
    if row["image_sha256"]:
        more.append(
            said(
                "image destroyed on {day}, its SHA-256 was {digest}",
                day=row["image_destroyed_on"],
                digest=str(row["image_sha256"])[:12],
            )
        )
    return joined([told, *more], "; ")


def _statement(row: Row) -> Said:
    kind = StatementKind(str(row["kind"]))
    return said(
        "{statement}, taken by {operator} on {day}",
        statement=words.named(words.STATEMENTS[kind], kind.value),
        operator=row["taken_by"],
        day=row["stated_on"],
    )


def _doubt(row: Row) -> Said:
    doubt = Doubt(str(row["doubt"]))
    wrong, _ = words.DOUBTS[doubt]
    return said("{where}: {wrong} ({doubt})", where=_where(row), wrong=wrong, doubt=doubt.value)


def _where(row: Row) -> Said:
    """The row that tells it; of heirs, whose heir it is."""
    path, number = str(row["path"]), int(str(row["row_no"]))
    if row["file"] == "heirs":
        return said("heir {number} of {person}", number=number, person=path)
    return words.row_named(path or str(row["file"]), number)


def _possible(move: Move) -> Said:
    """An event, who may say it, and what is needed for it."""
    told = said(
        "{event}; said by {who}; rests on {basis}",
        event=words.named(words.EVENTS[move.event], move.event.value),
        who=words.ACTORS[move.actor],
        basis=move.basis,
    )
    return joined([told, *words.needed(move.papers, move.statements)], "; ")
