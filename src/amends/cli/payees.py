"""Who receives for a person, at the terminal. Nobody's name or number is printed or typed."""

import json
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from amends.awards.service import owed_to
from amends.cli.output import AMOUNT, print_json, say
from amends.cli.payees_told import doubts_told, payee_told
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.payees import further, moves, papers, paying, shown, words
from amends.payees import heirs as heirs_rules
from amends.payees.by_hand import Share
from amends.payees.estates import Entry
from amends.payees.heirs import Heir
from amends.payees.model import PayeeError, PayeeState, PaymentDetails, Situation
from amends.payees.states import Event, EvidenceKind, StatementKind
from amends.payouts.showing.held import on_rail
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_PERSON = click.argument("person")
_BY = click.option("--by", required=True, metavar="NAME", help="The operator who enters it.")
_KEY = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The operator's private key (default: in the case's key folder).",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
_MOST = click.option("--most", default=20, show_default=True, type=click.IntRange(min=1))


_GIVEN = (Situation.DEPOSITED, Situation.COLLECTED, Situation.ESCHEATED)
_BY_HAND = (Situation.HEIRS, Situation.DONATED)


@click.group()
def payee() -> None:
    """Say who receives the money for a person: states, moves, papers, statements, doubts."""


@payee.command("list")
@_CASE
@click.option("--state", type=click.Choice([one.value for one in Situation]), help="Who is in it.")
@click.option("--overdue", is_flag=True, help="Only those whose clock has run out.")
@_MOST
@_JSON
def payee_list(case: Path, state: str | None, most: int, *, overdue: bool, as_json: bool) -> None:
    """Count people by state; with --state, list their ids: adults by id, others longest first.

    With --overdue, list those whose clock has run out, of all states or of one.
    """
    situations = tuple(Situation) if state is None else (Situation(state),)
    with open_case(case) as opened:
        if state is None and not overdue:
            found = shown.counted(opened)
            if as_json:
                print_json({"states": found})
                return
            for situation, number in found.items():
                told = words.SITUATIONS[Situation(situation)]
                say(joined((f"{number:>11,}  {situation:<22}", told), ""))
            return
        people = (
            shown.overdue(opened, situations, most)
            if overdue
            else shown.listed(opened, situations[0], most)
        )
    if as_json:
        print_json({"people": [_plain(one) for one in people]})
        return
    for one in people:
        say(
            said(
                "{person}  {state} since {since}, due {due}",
                person=one["person_id"],
                state=words.SITUATIONS[Situation(str(one["situation"]))],
                since=one["since"],
                due=one["due_on"] or "-",
            )
        )


@payee.command("show")
@_CASE
@_PERSON
@_JSON
def payee_show(case: Path, person: str, *, as_json: bool) -> None:
    """Show a person's state, clock, history, papers, doubts, and which events can come next."""
    with open_case(case) as opened:
        found = shown.show(opened, person)
    if as_json:
        print_json(_plain(found))
        return
    for line in payee_told(found):
        say(line)


@payee.command("move")
@_CASE
@_PERSON
@click.argument("event", type=click.Choice([one.value for one in Event]))
@_BY
@click.option("--reason", required=True, help="Why, in a few words; kept encrypted.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="When it happened (today).")
@click.option(
    "--payee",
    "receiver",
    type=click.File("rb"),
    help='Who receives, as TOML lines account = "…" and name = "…"; - reads standard input.',
)
@click.option("--heirs", type=click.File("rb"), help="Heirs, as TOML tables [[heir]].")
@click.option("--heirs-checked", is_flag=True, help="Heirs who are affected too were looked at.")
@_KEY
def payee_move(  # noqa: PLR0913, PLR0917 - one option each
    case: Path,
    person: str,
    event: str,
    by: str,
    reason: str,
    day: datetime | None,
    receiver: BinaryIO | None,
    heirs: BinaryIO | None,
    key_file: Path | None,
    *,
    heirs_checked: bool,
) -> None:
    """Record EVENT for PERSON, and who receives from then on. It is signed and never changed."""
    with open_case(case) as opened:
        entry = Entry(
            event=Event(event),
            by=by,
            reason=reason,
            payee=_receiver(opened, receiver) if receiver else None,
            heirs=_heirs(heirs) if heirs else (),
            on=day.date() if day else None,
            heirs_checked=heirs_checked,
        )
        entry = _with_award(opened, person, entry)
        done = moves.move(opened, person, entry, key_file=key_file)
    target = done.move.target
    say(
        said(
            "recorded: {event}; now: {state}; rests on {basis}",
            event=words.EVENTS[done.move.event],
            state=words.named(words.SITUATIONS[target], target.value),
            basis=done.move.basis,
        )
    )
    if done.state is PayeeState.PAYABLE:
        say(said("can be paid: `amends pay CASE` does it"))
    elif target in _BY_HAND:
        say(
            said("paid by hand: `amends payee paid` records each payment; it stays owed until then")
        )
    elif target in _GIVEN:
        say(said("deposited counts as given: nothing is sent by a rail any more"))
    else:
        say(said("not paid by a rail in this state; the award stays owed"))
    for number, part in enumerate(done.parts, 1):
        say(said("heir {number}: {amount}", number=number, amount=part.display()))
    if done.due_on:
        say(said("the clock runs until {due}", due=done.due_on))


@payee.command("paid")
@_CASE
@_PERSON
@click.option(
    "--to",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Which heir, by the order in their file; 1 where it was given away.",
)
@click.option(
    "--amount", type=AMOUNT, required=True, help='What the receipt says, like "CNY 5000.00".'
)
@click.option(
    "--paper",
    required=True,
    type=click.IntRange(min=1),
    help="The number of the payment_receipt among the person's papers.",
)
@_BY
@click.option("--reason", required=True, help="Why, in a few words; kept encrypted.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="When it was paid (today).")
@_KEY
def payee_paid(  # noqa: PLR0913, PLR0917 - one option each
    case: Path,
    person: str,
    to: int,
    amount: Money,
    paper: int,
    by: str,
    reason: str,
    day: datetime | None,
    key_file: Path | None,
) -> None:
    """Record that a share of PERSON's award was paid by hand, to an heir or to whom it was given.

    Another operator has seen the bank's receipt before (`amends payee evidence … payment_receipt
    --image FILE`). It is booked and signed; with the last share the award is settled.
    """
    share = Share(to=to, amount=amount, paper=paper)
    with open_case(case) as opened:
        entry = Entry(
            event=Event.PAID_BY_HAND, by=by, reason=reason, on=day.date() if day else None
        )
        done = paying.pay(
            opened, person, _with_award(opened, person, entry), share, key_file=key_file
        )
    say(said("recorded: share {number}, {amount}", number=to, amount=share.amount.display()))
    if done.moved is None:
        say(said("still due of the other shares: {rest}", rest=done.rest.display()))
        return
    target = done.moved.move.target
    state = words.named(words.SITUATIONS[target], target.value)
    say(said("all that was due is paid; now: {state}", state=state))


@payee.command("account")
@_CASE
@_PERSON
@click.option(
    "--payee",
    "receiver",
    type=click.File("rb"),
    required=True,
    help='The account, as TOML lines account = "…" and name = "…"; - reads standard input.',
)
@click.option(
    "--place",
    default=2,
    show_default=True,
    type=click.IntRange(min=2, max=further.MOST),
    help="Its place in the person's order; 1 is the account in force.",
)
@_BY
@_KEY
def payee_account(
    case: Path, person: str, receiver: BinaryIO, place: int, by: str, key_file: Path | None
) -> None:
    """Name a further account of PERSON, for the payment after one that failed for good.

    It is signed. Whoever names it approves no plan that pays into it.
    """
    with open_case(case) as opened:
        account = _receiver(opened, receiver)
        new = further.name(opened, person, account, place, by, key_file=key_file)
    say(said("recorded") if new else said("recorded before"))


@payee.command("refusals")
@_CASE
@_BY
@click.option("--dry-run", is_flag=True, help="Count by reason; move nobody.")
@_KEY
def payee_refusals(case: Path, by: str, key_file: Path | None, *, dry_run: bool) -> None:
    """Move everybody whose payment a provider refused for good, by what the refusal says of them.

    Who has a further account is not moved: the next payment goes there. Everybody stays owed.
    """
    from amends.payouts.after_payment import refusals  # noqa: PLC0415 -- half a second the help does not need

    with open_case(case) as opened:
        done = refusals.enter(opened, by, key_file=key_file, dry_run=dry_run)
    for reason, people in done.by_reason.items():
        event = words.EVENTS[refusals.EVENTS[reason]]
        say(said("{reason}: {people:,} people, {event}", reason=reason, people=people, event=event))
    if done.left:
        say(said("{people:,} people are left: `amends payee move` each", people=done.left))
    say(
        said("nobody was moved")
        if dry_run
        else said("moved: {n:,}", n=sum(done.by_reason.values()))
    )


@payee.command("evidence")
@_CASE
@_PERSON
@click.argument("kind", type=click.Choice([one.value for one in EvidenceKind]))
@_BY
@click.option("--rejected", is_flag=True, help="It does not show what it should.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Its last day.")
@click.option(
    "--image",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A copy of it: its digest is kept, the file is DESTROYED.",
)
@_KEY
def payee_evidence(  # noqa: PLR0913, PLR0917 - one option each
    case: Path,
    person: str,
    kind: str,
    by: str,
    expires: datetime | None,
    image: Path | None,
    key_file: Path | None,
    *,
    rejected: bool,
) -> None:
    """Record that a paper was seen: its kind, who saw it, the result. Its image is not kept."""
    paper = papers.Paper(
        kind=EvidenceKind(kind),
        accepted=not rejected,
        expires_on=expires.date() if expires else None,
        image=image,
    )
    with open_case(case) as opened:
        number = papers.see(opened, person, paper, by, key_file=key_file)
    say(said("paper {number} of this person", number=number))


@payee.command("statement")
@_CASE
@_PERSON
@click.argument("kind", type=click.Choice([one.value for one in StatementKind]))
@_BY
@click.option("--words", type=click.File("r", encoding="utf-8"), required=True)
@_KEY
def payee_statement(
    case: Path, person: str, kind: str, by: str, words: TextIO, key_file: Path | None
) -> None:
    """Keep what somebody states (--words FILE, - reads standard input), encrypted and signed."""
    text = words.read()
    with open_case(case) as opened:
        number = papers.state(opened, person, StatementKind(kind), text, by, key_file=key_file)
    say(said("statement {number} of this person", number=number))


@payee.command("doubts")
@_CASE
@_MOST
@_JSON
def payee_doubts(case: Path, most: int, *, as_json: bool) -> None:
    """List rows of people files that a person has to look at: what is wrong, file and row."""
    with open_case(case) as opened:
        found = shown.doubts(opened, most)
    if as_json:
        print_json({"doubts": found})
        return
    for line in doubts_told(found):
        say(line)


def _with_award(opened: OpenCase, person: str, entry: Entry) -> Entry:
    """*entry* with what the person is owed now, and what became of a payment of it."""
    found = owed_to(opened, person)
    if found is None:
        return entry
    index, owed = found
    payment = on_rail(opened, index)
    back = payment is not None and payment.state == "returned"
    return replace(
        entry,
        owed=owed,
        award_index=index,
        came_back=Money(amount_minor=payment.amount_minor, currency=owed.currency)
        if payment and back
        else None,
        under_way=payment.state if payment and not back else None,
    )


def _receiver(opened: OpenCase, file: BinaryIO) -> PaymentDetails:
    """Account and holder as a file gives them."""
    content = _toml(file)
    account, name = content.get("account"), content.get("name")
    if not isinstance(account, str) or not isinstance(name, str):
        raise PayeeError(said('the payee is two lines: account = "…" and name = "…"'))
    mainland = "CN" in opened.case.file.jurisdictions
    return moves.details_of(account, name, mainland=mainland)


def _heirs(file: BinaryIO) -> list[Heir]:
    """Heirs as a file gives them."""
    rows = _toml(file).get("heir", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PayeeError(said("no heir is named: a file with a table [[heir]] for each"))
    found = heirs_rules.read(rows)
    if isinstance(found, Said):
        raise PayeeError(found)
    return found


def _toml(file: BinaryIO) -> dict[str, object]:
    """The content of a small TOML file."""
    try:
        return tomllib.loads(file.read().decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise PayeeError(said("the file is no TOML in UTF-8")) from None


def _plain(content: object) -> object:
    """Days as texts."""
    return json.loads(json.dumps(content, default=_day))


def _day(value: object) -> str:
    assert isinstance(value, date)  # noqa: S101 - nothing else is shown
    return value.isoformat()
