"""Plan: one instruction for each payable award that has none, in chunks, approved by two people."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from amends.funding import service as funding
from amends.governance.exports import register_in
from amends.governance.model import Outgoing
from amends.governance.service import require_approval
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import OWED, RETURNED, Transfer
from amends.payouts import plan_store
from amends.payouts.model import REISSUE, Due, Plan, PlanChangedError
from amends.payouts.numbers import CHUNK, number_of
from amends.payouts.plan_store import Draft
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

NUMBER_PURPOSE = "payout-number"
_PAGE = 50 * CHUNK


def plan_payable(opened: OpenCase, rail: str) -> int:
    """Make instructions for payable awards that never had one; how many are new.

    Where funds are released in parts, for as many awards, in their order, as the parts cover. Where
    a first batch is wanted, only so many, and no more before each of it has a final answer.
    """
    first = opened.case.file.first_payments
    with opened.database.reading() as connection:
        batch = first and plan_store.first_batch(connection)
    if batch and not batch.final:
        return 0
    due = plan_store.unplanned if first is None or batch else partial(_first_of, first)
    return _plan(opened, rail, due, again=False)


def _first_of(most: int, connection: Connection, after: int, limit: int) -> list[Due]:
    """The first page only, of at most so many."""
    return plan_store.unplanned(connection, after, min(most, limit)) if after < 0 else []


def plan_again(opened: OpenCase, rail: str, reasons: Sequence[str] | None = None) -> int:
    """Make second instructions where the one before was refused or came back; how many are new.

    They are for payable awards whose receiver changed since, or, with *reasons*, whose payment
    ended for one of these. The one before is superseded, and what came back is owed again.
    """
    return _plan(opened, rail, partial(plan_store.ended, reasons=reasons), again=True)


def _plan(
    opened: OpenCase, rail: str, due: Callable[[Connection, int, int], list[Due]], *, again: bool
) -> int:
    """Make a plan of what is *due*, as far as the money reaches."""
    secret = opened.vault.derive(NUMBER_PURPOSE)
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        newest_plan, newest_chunk = plan_store.newest_numbers(connection)
        plan_no, chunk_no = newest_plan + 1, newest_chunk + 1
        lines: list[bytes] = []
        total = 0
        usable = funding.usable_minor(connection, rail)
        left = None if usable is None else usable - plan_store.committed_minor(connection, rail)
        for page in within(left, _pages(partial(due, connection))):
            drafts = list(drafted(secret, rail, page, first_chunk=chunk_no))
            chunk_no = drafts[-1].chunk_no + 1
            _follow(opened, connection, page)
            plan_store.insert_chunks(connection, plan_no, _sizes(drafts))
            plan_store.insert_instructions(connection, rail, drafts)
            lines += [b"%s %d\n" % (d.number.encode(), d.amount.amount_minor) for d in drafts]
            total += sum(d.amount.amount_minor for d in drafts)
        if not lines:
            return 0
        plan = Plan(
            plan_no=plan_no,
            rail=rail,
            instructions=len(lines),
            total=Money(amount_minor=total, currency=opened.case.file.currency),
            numbers_sha256=digest_of(sorted(lines)),
            approved=False,
            again=again,
        )
        plan_store.insert_plan(connection, plan, opened.clock.now())
        return plan.instructions


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


def within(left_minor: int | None, pages: Iterable[list[Due]]) -> Iterator[list[Due]]:
    """The pages as far as the money reaches: nobody behind the first who is not covered."""
    for page in pages:
        if left_minor is None:
            yield page
            continue
        covered = []
        for due in page:
            left_minor -= due.amount.amount_minor
            if left_minor < 0:
                break
            covered.append(due)
        if covered:
            yield covered
        if left_minor < 0:
            return


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
    signed = [require_approval(opened, "pay", approval_body(plan)) for plan in waiting]
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
    return body | {"again": 1} if plan.again else body
