"""Plan: one instruction for each payable award that has none, in chunks, approved by two people."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Final

import numpy as np

from amends.funding import service as funding
from amends.governance.exports import register_in
from amends.governance.model import JSON, Outgoing
from amends.governance.service import require_approval, with_signers
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import joined, said
from amends.ledger import service as ledger
from amends.ledger.model import OWED, RETURNED, Transfer
from amends.payees.further import Failed, turn
from amends.payouts.model import REISSUE, Plan, PlanChangedError
from amends.payouts.numbers import CHUNK
from amends.payouts.planning import plan_store
from amends.payouts.planning.allowance import chunk_most_minor, require_quotas, within_quota
from amends.payouts.planning.carriers import Routes, carries
from amends.payouts.planning.drafting import (
    Digest,
    Drafts,
    Dues,
    Ints,
    digest_of,
    drafted,
    within,
)
from amends.payouts.planning.excluded import entered_accounts
from amends.payouts.planning.first_batch import room
from amends.payouts.planning.forecasting import kinds_of, note_unplanned, split_of
from amends.payouts.rails.model import Capabilities, RefusalReason
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

NUMBER_PURPOSE = "payout-number"
_PAGE = 50 * CHUNK


def plan_payable(opened: OpenCase, rails: Sequence[Capabilities]) -> int:
    """Make instructions for payable awards that never had one; how many are new.

    As many go by each of the *rails* that take an account and amount as the forecast says. Where
    funds are released in parts, for as many awards, in their order, as a rail's parts cover.
    """
    due = partial(plan_store.unplanned_pages, persons=len(rails) > 1)
    if len(rails) == 1 and (room := _rooms(opened, rails)[rails[0].rail]) is not None:
        due = partial(_first_of, room)
    return _plan(opened, rails, due, Sort.FIRST)


def _first_of(most: int, connection: Connection) -> Iterator[Dues]:
    """Everybody who is due, in order, at first so many: more are asked for if a rail refuses them.

    Whom it does not carry must not stand for ever before those whom it does.
    """
    after, size = -1, min(most, _PAGE)
    while size and len(page := plan_store.unplanned(connection, after, size)):
        yield page
        after, size = int(page.awards[-1]), min(size * 4, _PAGE)


def _rooms(opened: OpenCase, rails: Sequence[Capabilities]) -> dict[str, int | None]:
    """How many more payments each rail may be planned for; None: as many as there are."""
    first = opened.case.file.first_payments
    if first is None:
        return dict.fromkeys((rail.rail for rail in rails), None)
    with opened.database.reading() as connection:
        batches = plan_store.first_batches(connection)
    return {rail.rail: room(first, batches.get(rail.rail), rail) for rail in rails}


def plan_again(
    opened: OpenCase, rails: Sequence[Capabilities], reasons: Sequence[str] | None = None
) -> int:
    """Make second instructions where the one before was refused or came back; how many are new.

    They are for payable awards whose receiver changed since, or, with *reasons*, whose payment
    ended for one of these. The one before is superseded, and what came back is owed again.
    """
    return _plan(opened, rails, partial(_ended_pages, reasons), Sort.AGAIN)


def _ended_pages(reasons: Sequence[str] | None, connection: Connection) -> Iterator[Dues]:
    """Those that ended, some at a time."""
    after = -1
    while len(page := plan_store.ended(connection, after, _PAGE, reasons)):
        yield page
        after = int(page.awards[-1])


NOT_THE_ACCOUNT: Final = (
    *(RefusalReason.PAYER.value, RefusalReason.PAYEE_DECEASED.value, "payee_not_payable"),
    "plan_rejected",
    "not_paid",  # found by two people: the provider never paid, whatever it had answered
)
"""Reasons for which a payment ended that another account of the person does not mend."""


def turn_to_next(opened: OpenCase, rails: Sequence[Capabilities]) -> int:
    """Let the next account of people come in force whose payment ended for good; how many.

    Their follow-up is proposed by :func:`plan_again`, as for everybody whose receiver changed.
    """
    kinds = frozenset().union(*(rail.account_kinds for rail in rails))
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        failed = [
            Failed(person_id=person, number=number)
            for person, number in plan_store.to_turn(connection, NOT_THE_ACCOUNT)
        ]
        return turn(opened, connection, failed, kinds) if failed else 0


def plan_raises(opened: OpenCase, rails: Sequence[Capabilities]) -> int:
    """Make instructions for what awards were raised by after they were paid; how many are new."""
    return _plan(opened, rails, _raise_pages, Sort.ON_TOP)


def _raise_pages(connection: Connection) -> Iterator[Dues]:
    """Raises, some at a time."""
    after = -1
    while len(page := plan_store.raises(connection, after, _PAGE)):
        yield page
        after = int(page.awards[-1])


class Sort(Enum):
    """What a plan pays: awards for the first time, again, on top, or by another rail."""

    FIRST = 1
    AGAIN = 2
    ON_TOP = 3
    MOVED = 4


@dataclass(slots=True)
class Draft:
    """A plan of one rail, as it grows.

    ``left_minor``: what the money still covers. ``chunk_most_minor``: what a chunk carries at most.
    ``room``: how many more it may take (None: whoever is due).
    """

    rail: str
    plan_no: int
    left_minor: int | None
    chunk_most_minor: int | None
    room: int | None = None
    instructions: int = 0
    total_minor: int = 0
    digest: Digest = field(default_factory=Digest)
    sources: "hashlib._Hash | None" = None

    @property
    def full(self) -> bool:
        """Whether nobody else has a place in it."""
        return self.room == 0 or (self.left_minor is not None and self.left_minor < 0)

    def covered(self, dues: Dues) -> Dues:
        """Those who have a place in it: nobody behind the first who has none."""
        if self.room is not None:
            dues = dues.at(np.arange(min(self.room, len(dues))))
            self.room -= len(dues)
        covered, self.left_minor = within(self.left_minor, dues)
        return covered

    def add(self, made: Drafts) -> None:
        """Take instructions."""
        self.digest.add(made)
        self.instructions += len(made.dues)
        self.total_minor += int(made.dues.amounts_minor.sum())
        if made.dues.after:
            self.sources = self.sources or hashlib.sha256()
            pairs = zip(made.dues.after, made.numbers(), strict=True)
            self.sources.update("".join(f"{old} {new}\n" for old, new in pairs).encode())

    def plan(self, currency: str, sort: Sort) -> Plan:
        """What is approved."""
        return Plan(
            plan_no=self.plan_no,
            rail=self.rail,
            instructions=self.instructions,
            total=Money(amount_minor=self.total_minor, currency=currency),
            numbers_sha256=self.digest.hex(),
            approved=False,
            again=sort is Sort.AGAIN,
            on_top=sort is Sort.ON_TOP,
            moved=sort is Sort.MOVED,
            sources_sha256=None if self.sources is None else self.sources.hexdigest(),
        )


def _plan(
    opened: OpenCase,
    rails: Sequence[Capabilities],
    due: Callable[[Connection], Iterator[Dues]],
    sort: Sort,
) -> int:
    """Make a plan for each rail of what is *due*, as far as its money reaches.

    Who is due is read beside the writing, as it was when nobody else could plan any more.

    Raises:
        QuotaError: a rail lets nothing through by its contract.
    """
    require_quotas(opened.case.file)
    rails = [within_quota(opened.case.file, rail) for rail in rails]
    secret = opened.vault.derive(NUMBER_PURPOSE)
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        newest_plan, newest_chunk = plan_store.newest_numbers(connection)
        drafts = new_drafts(opened, connection, rails, newest_plan + 1)
        chunk_no = newest_chunk + 1
        with opened.database.reading() as beside, ThreadPoolExecutor(1) as writer:
            full = all(one.full for one in drafts.values())
            routes = None if full else _routes(opened, beside, rails, due, sort)
            if routes is None:
                return 0
            written: Future[None] | None = None
            for page in due(beside):
                for name, places in routes(page).items():
                    draft = drafts[name]
                    covered = draft.covered(page.at(places))
                    made = drafted(
                        secret,
                        name,
                        covered,
                        first_chunk=chunk_no,
                        most_minor=draft.chunk_most_minor,
                    )
                    draft.add(made)
                    if written is not None:
                        written.result()
                    if len(covered):
                        written = writer.submit(write, opened, connection, draft, made)
                        chunk_no = int(made.chunk_nos[-1]) + 1
                if all(one.full for one in drafts.values()):
                    break
            if written is not None:
                written.result()
        now, currency = opened.clock.now(), opened.case.file.currency
        for draft in drafts.values():
            if draft.instructions:
                plan_store.insert_plan(connection, draft.plan(currency, sort), now)
        return sum(draft.instructions for draft in drafts.values())


def new_drafts(
    opened: OpenCase, connection: Connection, rails: Sequence[Capabilities], plan_no: int
) -> dict[str, Draft]:
    """An empty plan of each rail, numbered from *plan_no* on."""
    rooms = _rooms(opened, rails)
    return {
        rail.rail: Draft(
            rail.rail, at, _left(connection, rail.rail), chunk_most_minor(rail), rooms[rail.rail]
        )
        for at, rail in enumerate(rails, start=plan_no)
    }


def write(opened: OpenCase, connection: Connection, draft: Draft, made: Drafts) -> None:
    """Write down instructions of a plan that has taken them."""
    _follow(opened, connection, made.dues)
    plan_store.insert_chunks(connection, draft.plan_no, made.chunks())
    plan_store.insert_instructions(connection, draft.rail, made, opened.case.file.currency)


def _left(connection: Connection, rail: str) -> int | None:
    """What of the funds released to a rail is not spoken for; None where there are no parts."""
    usable = funding.usable_minor(connection, rail)
    return None if usable is None else usable - plan_store.committed_minor(connection, rail)


def _routes(
    opened: OpenCase,
    connection: Connection,
    rails: Sequence[Capabilities],
    due: Callable[[Connection], Iterator[Dues]],
    sort: Sort,
) -> Callable[[Dues], Mapping[str, Ints]] | None:
    """What says who of a page goes by which rail. Whom none takes stays due.

    Where there is one, nobody's account is opened for it. Else all are, once, before the first is
    planned, so that as many go by each rail as the forecast says; where nobody is due, which is
    None, there is none to make.
    """
    if len(rails) == 1:
        return partial(_of_one, rails[0])
    routes = Routes(rails)
    if sort is Sort.FIRST:
        note_unplanned(opened, connection, routes)
    else:
        for page in due(connection):
            routes.note(page, kinds_of(opened, connection, page.persons))
    if not routes.groups:
        return None
    routes.decide(split_of(opened, routes.groups))
    return routes.of


def _of_one(rail: Capabilities, page: Dues) -> Mapping[str, Ints]:
    """Whom a rail carries by the amount; what accounts it takes was asked where people are paid."""
    fits = {minor: carries(rail, minor) for minor in np.unique(page.amounts_minor).tolist()}
    every = np.arange(len(page))
    if all(fits.values()):
        return {rail.rail: every}
    return {rail.rail: every[[fits[minor] for minor in page.amounts_minor.tolist()]]}


def _follow(opened: OpenCase, connection: Connection, dues: Dues) -> None:
    """End what the due ones follow, and owe again what came back of it."""
    if not dues.after:
        return
    plan_store.supersede(connection, dues.after)
    now, currency = opened.clock.now(), opened.case.file.currency
    ledger.post(
        connection,
        (
            Transfer(
                transfer_id=f"{REISSUE}:{number}",
                debit=RETURNED,
                credit=OWED,
                amount_minor=minor,
                currency=currency,
                reason=REISSUE,
                subject=number,
                occurred_at=now,
            )
            for number, minor in zip(dues.after, dues.came_back_minor, strict=True)
            if minor
        ),
    )


def approve_planned(opened: OpenCase) -> int:
    """Ask for approval of every plan that has none; how many instructions may go out now.

    Raises:
        WaitingForApprovalError: people have to sign one of them at least; the others are approved.
        PlanChangedError: the instructions are not those that were planned.
    """
    approved, waiting = approve_signed(opened)
    if waiting is not None:
        raise waiting
    return approved


def approve_signed(opened: OpenCase) -> tuple[int, WaitingForApprovalError | None]:
    """Propose every plan that has no approval, each by itself, and approve those that are signed.

    How many instructions may go out now, and what is to be said of the plans that wait.

    Raises:
        PlanChangedError: the instructions are not those that were planned.
    """
    with opened.database.reading() as connection:
        waiting = [plan for plan in plan_store.plans(connection) if plan.waiting]
        for plan in waiting:
            if not _is_as_planned(connection, plan):
                raise PlanChangedError(
                    said(
                        "the instructions of plan {plan_no} are not those that were planned; "
                        "restore the database from a backup",
                        plan_no=plan.plan_no,
                    )
                )
        entered = [entered_accounts(connection, plan.plan_no) for plan in waiting]
    signed: list[tuple[Plan, str]] = []
    unsigned: list[str] = []
    for plan, barred in zip(waiting, entered, strict=True):
        try:
            proposal = require_approval(opened, "pay", approval_body(opened, plan), barred)
        except WaitingForApprovalError as one:
            unsigned.append(one.message)
        else:
            signed.append((plan, proposal))
    approved = sum(_approve(opened, plan, proposal) for plan, proposal in signed)
    return approved, WaitingForApprovalError(joined(unsigned)) if unsigned else None


def _approve(opened: OpenCase, plan: Plan, proposal: str) -> int:
    """Let a plan's instructions go out under what was signed; how many."""
    with opened.database.unit_of_work() as connection:
        now = opened.clock.now()
        approved = plan_store.approve_plan(connection, plan.plan_no, proposal, now)
        if approved:
            handed = handed_over(plan)
            register_in(connection, opened, handed, plan.numbers_sha256, proposal=proposal)
    return approved


def _is_as_planned(connection: Connection, plan: Plan) -> bool:
    """Whether a plan's instructions, and what they follow, are those that were planned."""
    if digest_of(plan_store.planned_lines(connection, plan.plan_no)) != plan.numbers_sha256:
        return False
    return plan.sources_sha256 is None or plan.sources_sha256 == digest_of(
        plan_store.source_lines(connection, plan.plan_no)
    )


def handed_over(plan: Plan) -> Outgoing:
    """What the provider is given of the payees of a plan."""
    return Outgoing(
        what="payout",
        rows=plan.instructions,
        categories=("NAME", "ACCOUNT", "AMOUNT"),
        recipient=plan.rail,
        purpose=f"支付赔偿款 / payment of awards (plan {plan.plan_no})",
    )


def approval_body(opened: OpenCase, plan: Plan) -> dict[str, JSON]:
    """The proposal: how much to how many by which rail, and the digest of numbers and amounts.

    Of what follows other payments also the digest of old and new numbers. Who has to sign goes by
    what all payments of the case come to. The database compares each of these (0093).
    """
    body: dict[str, JSON] = {
        "plan": plan.plan_no,
        "rail": plan.rail,
        "count": plan.instructions,
        "total_minor": plan.total.amount_minor,
        "currency": plan.total.currency,
        "numbers_sha256": plan.numbers_sha256,
    }
    if plan.sources_sha256 is not None:
        body["sources_sha256"] = plan.sources_sha256
    more = {"again": plan.again, "on_top": plan.on_top, "moved": plan.moved}
    body |= {name: 1 for name, true in more.items() if true}
    if plan.case_total is None:
        return body
    return with_signers(opened, body | {"case_total_minor": plan.case_total.amount_minor})
