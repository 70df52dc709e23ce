"""Plan: one instruction for each payable award that has none, in chunks, approved by two people."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby

from amends.funding import service as funding
from amends.governance.exports import register_in
from amends.governance.model import Outgoing
from amends.governance.service import require_approval
from amends.kernel.ids import AwardIndex
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts import plan_store
from amends.payouts.model import Plan, PlanChangedError
from amends.payouts.numbers import CHUNK, number_of
from amends.payouts.plan_store import Draft
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

NUMBER_PURPOSE = "payout-number"
_PAGE = 50 * CHUNK


def plan_payable(opened: OpenCase, rail: str) -> int:
    """Make instructions for payable awards that never had one; how many are new.

    Where funds are released in parts, for as many awards, in their order, as the parts cover.
    """
    secret = opened.vault.derive(NUMBER_PURPOSE)
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        newest_plan, newest_chunk = plan_store.newest_numbers(connection)
        plan_no, chunk_no = newest_plan + 1, newest_chunk + 1
        lines: list[bytes] = []
        total = 0
        usable = funding.usable_minor(connection, rail)
        left = None if usable is None else usable - plan_store.committed_minor(connection, rail)
        for page in within(left, _pages(connection)):
            drafts = list(drafted(secret, rail, page, first_chunk=chunk_no))
            chunk_no = drafts[-1].chunk_no + 1
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
        )
        plan_store.insert_plan(connection, plan, opened.clock.now())
        return plan.instructions


def _pages(connection: Connection) -> Iterator[list[tuple[AwardIndex, Money]]]:
    """Awards to plan, 50 chunks of them at a time."""
    after = -1
    while page := plan_store.unplanned(connection, after, _PAGE):
        yield page
        after = page[-1][0]


def within(
    left_minor: int | None, pages: Iterable[list[tuple[AwardIndex, Money]]]
) -> Iterator[list[tuple[AwardIndex, Money]]]:
    """The pages as far as the money reaches: nobody behind the first who is not covered."""
    for page in pages:
        if left_minor is None:
            yield page
            continue
        covered = []
        for award in page:
            left_minor -= award[1].amount_minor
            if left_minor < 0:
                break
            covered.append(award)
        if covered:
            yield covered
        if left_minor < 0:
            return


def drafted(
    secret: bytes, rail: str, awards: Iterable[tuple[AwardIndex, Money]], *, first_chunk: int
) -> Iterator[Draft]:
    """Instructions of awards (in order): those whose numbers share a chunk go out together."""
    by_chunk = groupby(awards, key=lambda award: award[0] // CHUNK)
    for chunk_no, (_, members) in enumerate(by_chunk, start=first_chunk):
        for award_index, amount in members:
            yield Draft(
                number=number_of(secret, award_index, rail=rail, generation=0),
                award_index=award_index,
                generation=0,
                chunk_no=chunk_no,
                amount=amount,
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
    return {
        "plan": plan.plan_no,
        "rail": plan.rail,
        "count": plan.instructions,
        "total_minor": plan.total.amount_minor,
        "currency": plan.total.currency,
        "numbers_sha256": plan.numbers_sha256,
    }
