"""Plan: one instruction for each payable award that has none, in chunks, approved by two people."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import groupby
from typing import Final

from amends.funding import service as funding
from amends.governance.exports import register_in
from amends.governance.model import Outgoing
from amends.governance.service import require_approval
from amends.kernel.accounts import AccountKind
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import OWED, RETURNED, Transfer
from amends.payees.further import Failed, turn
from amends.payees.service import payment_details
from amends.payouts import plan_store
from amends.payouts.excluded import entered_accounts
from amends.payouts.model import REISSUE, Due, Plan, PlanChangedError
from amends.payouts.numbers import CHUNK, number_of
from amends.payouts.plan_store import Draft
from amends.payouts.rails.model import Capabilities, RefusalReason
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

NUMBER_PURPOSE = "payout-number"
_PAGE = 50 * CHUNK


def plan_payable(opened: OpenCase, rails: Sequence[Capabilities]) -> int:
    """Make instructions for payable awards that never had one; how many are new.

    Each goes by the first of *rails* that takes the account of who receives, and the amount. Where
    funds are released in parts, for as many awards, in their order, as a rail's parts cover. Where
    a first batch is wanted, only so many, and no more before each of it has a final answer.
    """
    first = opened.case.file.first_payments
    with opened.database.reading() as connection:
        batch = first and plan_store.first_batch(connection)
    if batch and not batch.final:
        return 0
    due = plan_store.unplanned if first is None or batch else partial(_first_of, first)
    return _plan(opened, rails, due, _Sort.FIRST)


def _first_of(most: int, connection: Connection, after: int, limit: int) -> list[Due]:
    """The first page only, of at most so many."""
    return plan_store.unplanned(connection, after, min(most, limit)) if after < 0 else []


def plan_again(
    opened: OpenCase, rails: Sequence[Capabilities], reasons: Sequence[str] | None = None
) -> int:
    """Make second instructions where the one before was refused or came back; how many are new.

    They are for payable awards whose receiver changed since, or, with *reasons*, whose payment
    ended for one of these. The one before is superseded, and what came back is owed again.
    """
    return _plan(opened, rails, partial(plan_store.ended, reasons=reasons), _Sort.AGAIN)


NOT_THE_ACCOUNT: Final = (
    *(RefusalReason.PAYER.value, RefusalReason.CANCELLED.value),
    *(RefusalReason.PAYEE_DECEASED.value, "payee_not_payable"),
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
    return _plan(opened, rails, plan_store.raises, _Sort.ON_TOP)


class _Sort(Enum):
    """What a plan pays: awards for the first time, again, or what they were raised by."""

    FIRST = 1
    AGAIN = 2
    ON_TOP = 3


@dataclass(slots=True)
class _Draft:
    """A plan of one rail, as it grows. ``left_minor``: what the money still covers."""

    rail: str
    plan_no: int
    left_minor: int | None
    lines: list[bytes] = field(default_factory=list)
    total_minor: int = 0

    def plan(self, currency: str, sort: _Sort) -> Plan:
        """What is approved."""
        return Plan(
            plan_no=self.plan_no,
            rail=self.rail,
            instructions=len(self.lines),
            total=Money(amount_minor=self.total_minor, currency=currency),
            numbers_sha256=digest_of(sorted(self.lines)),
            approved=False,
            again=sort is _Sort.AGAIN,
            on_top=sort is _Sort.ON_TOP,
        )


def _plan(
    opened: OpenCase,
    rails: Sequence[Capabilities],
    due: Callable[[Connection, int, int], list[Due]],
    sort: _Sort,
) -> int:
    """Make a plan for each rail of what is *due*, as far as its money reaches."""
    secret = opened.vault.derive(NUMBER_PURPOSE)
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        newest_plan, newest_chunk = plan_store.newest_numbers(connection)
        drafts = {
            rail.rail: _Draft(rail.rail, plan_no, _left(connection, rail.rail))
            for plan_no, rail in enumerate(rails, start=newest_plan + 1)
        }
        chunk_no = newest_chunk + 1
        for page in _pages(partial(due, connection)):
            for name, dues in _by_rail(opened, connection, rails, page).items():
                chunk_no = _draft(connection, opened, secret, drafts[name], dues, chunk_no)
            if all(one.left_minor is not None and one.left_minor < 0 for one in drafts.values()):
                break
        now, currency = opened.clock.now(), opened.case.file.currency
        for draft in drafts.values():
            if draft.lines:
                plan_store.insert_plan(connection, draft.plan(currency, sort), now)
        return sum(len(draft.lines) for draft in drafts.values())


def _left(connection: Connection, rail: str) -> int | None:
    """What of the funds released to a rail is not spoken for; None where there are no parts."""
    usable = funding.usable_minor(connection, rail)
    return None if usable is None else usable - plan_store.committed_minor(connection, rail)


def _by_rail(
    opened: OpenCase, connection: Connection, rails: Sequence[Capabilities], page: list[Due]
) -> dict[str, list[Due]]:
    """Who of a page goes by which rail. Whom none takes stays due."""
    if len(rails) == 1:
        return {rails[0].rail: page}
    details = payment_details(opened, connection, [due.person_id for due in page])
    found: dict[str, list[Due]] = {}
    for due in page:
        payee = details.get(due.person_id)
        name = None if payee is None else carrier(rails, payee.account_kind, due.amount)
        if name is not None:
            found.setdefault(name, []).append(due)
    return found


def carrier(rails: Iterable[Capabilities], account_kind: AccountKind, amount: Money) -> str | None:
    """The first rail that takes such an account and such an amount."""
    for rail in rails:
        if account_kind in rail.account_kinds and rail.transfer_min <= amount <= rail.transfer_max:
            return rail.rail
    return None


def _draft(
    connection: Connection,
    opened: OpenCase,
    secret: bytes,
    draft: _Draft,
    dues: list[Due],
    chunk_no: int,
) -> int:
    """Add to a plan who is covered; the number of the next chunk."""
    covered, draft.left_minor = within(draft.left_minor, dues)
    made = list(drafted(secret, draft.rail, covered, first_chunk=chunk_no))
    if not made:
        return chunk_no
    _follow(opened, connection, covered)
    plan_store.insert_chunks(connection, draft.plan_no, _sizes(made))
    plan_store.insert_instructions(connection, draft.rail, made)
    draft.lines += [b"%s %d\n" % (d.number.encode(), d.amount.amount_minor) for d in made]
    draft.total_minor += sum(d.amount.amount_minor for d in made)
    return made[-1].chunk_no + 1


def _follow(opened: OpenCase, connection: Connection, page: Iterable[Due]) -> None:
    """End what the due ones follow, and owe again what came back of it."""
    before = [due for due in page if due.after is not None]
    if not before:
        return
    plan_store.supersede(connection, [due.after for due in before if due.after is not None])
    now = opened.clock.now()
    ledger.post(
        connection,
        (
            Transfer(
                transfer_id=f"{REISSUE}:{due.after}",
                debit=RETURNED,
                credit=OWED,
                amount_minor=due.came_back_minor,
                currency=due.amount.currency,
                reason=REISSUE,
                subject=str(due.after),
                occurred_at=now,
            )
            for due in before
            if due.came_back_minor
        ),
    )


def _pages(due: Callable[[int, int], list[Due]]) -> Iterator[list[Due]]:
    """Awards to plan, 50 chunks of them at a time."""
    after = -1
    while page := due(after, _PAGE):
        yield page
        after = page[-1].award_index


def within(left_minor: int | None, dues: list[Due]) -> tuple[list[Due], int | None]:
    """Those whom the money covers, and what is left of it: nobody behind the first who is not.

    None: the money is not in parts, and covers all. Less than nothing: it is at its end.
    """
    if left_minor is None:
        return dues, None
    for count, due in enumerate(dues):
        if left_minor < 0:
            return dues[:count], left_minor
        left_minor -= due.amount.amount_minor
        if left_minor < 0:
            return dues[:count], left_minor
    return dues, left_minor


def drafted(secret: bytes, rail: str, dues: Iterable[Due], *, first_chunk: int) -> Iterator[Draft]:
    """Instructions of awards (in order): those whose numbers share a chunk go out together."""
    by_chunk = groupby(dues, key=lambda due: due.award_index // CHUNK)
    for chunk_no, (_, members) in enumerate(by_chunk, start=first_chunk):
        for due in members:
            yield Draft(
                number=number_of(secret, due.award_index, rail=rail, generation=due.generation),
                award_index=due.award_index,
                generation=due.generation,
                chunk_no=chunk_no,
                amount=due.amount,
                part=due.part,
                follows=due.after,
            )


def _sizes(drafts: Iterable[Draft]) -> list[tuple[int, int]]:
    """Chunk numbers with how many instructions each has."""
    by_chunk = groupby(drafts, key=lambda draft: draft.chunk_no)
    return [(chunk_no, sum(1 for _ in members)) for chunk_no, members in by_chunk]


def digest_of(lines: Iterable[bytes]) -> str:
    """SHA-256 of the sorted lines ``number amount``: what two people put their names to."""
    hashed = hashlib.sha256()
    for line in lines:
        hashed.update(line)
    return hashed.hexdigest()


def approve_planned(opened: OpenCase) -> int:
    """Ask for approval of every plan that has none; how many instructions may go out now.

    Raises:
        WaitingForApprovalError: two people have to sign.
        PlanChangedError: the instructions are not those that were planned.
    """
    with opened.database.reading() as connection:
        waiting = [plan for plan in plan_store.plans(connection) if not plan.approved]
        for plan in waiting:
            if digest_of(plan_store.planned_lines(connection, plan.plan_no)) != plan.numbers_sha256:
                raise PlanChangedError(
                    said(
                        "the instructions of plan {plan_no} are not those that were planned; "
                        "restore the database from a backup",
                        plan_no=plan.plan_no,
                    )
                )
        entered = [entered_accounts(connection, plan.plan_no) for plan in waiting]
    signed = [
        require_approval(opened, "pay", approval_body(plan), barred)
        for plan, barred in zip(waiting, entered, strict=True)
    ]
    approved = 0
    for plan, proposal in zip(waiting, signed, strict=True):
        with opened.database.unit_of_work() as connection:
            approved += plan_store.approve_plan(connection, plan.plan_no, opened.clock.now())
            handed = handed_over(plan)
            register_in(connection, opened, handed, plan.numbers_sha256, proposal=proposal)
    return approved


def handed_over(plan: Plan) -> Outgoing:
    """What the provider is given of the payees of a plan."""
    return Outgoing(
        what="payout",
        rows=plan.instructions,
        categories=("NAME", "ACCOUNT", "AMOUNT"),
        recipient=plan.rail,
        purpose=f"支付赔偿款 / payment of awards (plan {plan.plan_no})",
    )


def approval_body(plan: Plan) -> dict[str, str | int]:
    """The proposal: how much to how many by which rail, and the digest of numbers and amounts."""
    body: dict[str, str | int] = {
        "plan": plan.plan_no,
        "rail": plan.rail,
        "count": plan.instructions,
        "total_minor": plan.total.amount_minor,
        "currency": plan.total.currency,
        "numbers_sha256": plan.numbers_sha256,
    }
    more = {"again": plan.again, "on_top": plan.on_top}
    return body | {name: 1 for name, true in more.items() if true}
