"""Plan anew while money goes out: who has not left yet goes by another rail, if two people sign.

The payments that are moved end unsent and others follow them, in one transaction: an award has one
live payment before and after. From then on they wait for their approval; as they were at the end
of their rail's queue, they miss nothing by it. Each goes to the same account where the other rail
takes that, else to a further account of the person, which comes in force as after a payment that
failed; the account before is not paid to again.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit_in
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.kernel.summary import StageSummary
from amends.payees.further import Failed, turn
from amends.payouts.model import RailNotAvailableError
from amends.payouts.planning import plan_store, replan_store
from amends.payouts.planning.allowance import require_quotas, within_quota
from amends.payouts.planning.carriers import carriers
from amends.payouts.planning.drafting import Dues, drafted
from amends.payouts.planning.feasibility import feasibility
from amends.payouts.planning.forecasting import (
    NOBODY_LEFT,
    ended_unpaid,
    forecast_told,
    kinds_of,
    still_to_pay,
    terms_of,
    told,
    weighed,
)
from amends.payouts.planning.guarded import foreseen
from amends.payouts.planning.plan import NUMBER_PURPOSE, Sort, approve_planned, new_drafts, write
from amends.payouts.planning.programme import Payable, Terms
from amends.payouts.planning.replan_rules import Replan, Waiting, replanned, without
from amends.payouts.planning.stopped import stopped_in
from amends.payouts.rails.model import Capabilities
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def replan(
    opened: OpenCase,
    rails: Sequence[Capabilities],
    down: Collection[str] = (),
    *,
    dry_run: bool = False,
) -> StageSummary:
    """Move payments that would be late to rails that carry them in time, and have that signed.

    *down*: rails that carry nothing at present, beside those of which that is known. Called again,
    it has what was moved before approved first, and moves no more.

    Raises:
        WaitingForApprovalError: two people have to sign.
        RailNotAvailableError: no rail is left.
        QuotaError: a rail lets nothing through by its contract.
    """
    require_quotas(opened.case.file)
    limits = [within_quota(opened.case.file, rail) for rail in rails]
    with opened.database.reading() as connection:
        proposed = [one for one in plan_store.plans(connection) if one.moved and one.waiting]
        stopped = [one for one in stopped_in(connection) if one.rail not in down]
    if proposed and not dry_run:
        return StageSummary(counts={"approved": _signed(opened)}, notes=(_SENDS,))
    terms = _working(opened, {*down, *(one.rail for one in stopped)})
    known = tuple(one.told() for one in stopped)
    others = still_to_pay(opened)
    if dry_run:
        with opened.database.reading() as connection:
            found = _found(opened, connection, limits, terms, others)
        return StageSummary(
            counts={"to_move": found.people if found else 0},
            notes=(*known, *_notes(opened, found)),
        )
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        found = _found(opened, connection, limits, terms, others)
        moved = _move(opened, connection, limits, found.moves) if found else 0
    notes = (*known, *_notes(opened, found))
    if not moved:
        return StageSummary(counts={"moved": 0}, notes=notes)
    try:
        approved = _signed(opened)
    except WaitingForApprovalError as waiting:
        raise WaitingForApprovalError(joined((*notes, waiting.message))) from None
    return StageSummary(counts={"moved": moved, "approved": approved}, notes=(*notes, _SENDS))


_PAGE: Final = 50_000
_AT_ONCE: Final = 200_000
"""So many of a rail are looked at, at the end of its queue: they are kept in memory."""

_SENDS: Final = said("`amends pay CASE` sends them, or `amends work CASE` beside it")


def what_moves(
    opened: OpenCase, rails: Sequence[Capabilities], down: Collection[str] = ()
) -> Replan | None:
    """What :func:`replan` would move; None where there is no promise, or nobody is left."""
    limits = [within_quota(opened.case.file, rail) for rail in rails]
    terms = [one for one in terms_of(opened) if one.rail not in down]
    others = still_to_pay(opened)
    with opened.database.reading() as connection:
        return _found(opened, connection, limits, terms, others)


def _working(opened: OpenCase, down: Collection[str]) -> list[Terms]:
    """What the rails carry that are not *down*.

    Raises:
        RailNotAvailableError: all are.
    """
    every = terms_of(opened)
    working = [one for one in every if one.rail not in down]
    if not working:
        raise RailNotAvailableError(
            said(
                "every rail of this case is down ({rails}): payments stay where they are until "
                "one works again, which `amends pay` finds out by itself",
                rails=", ".join(one.rail for one in every),
            )
        )
    return working


def _signed(opened: OpenCase) -> int:
    """Have what was moved approved; who is asked to sign reads whether the promise can be kept."""
    try:
        return approve_planned(opened)
    except WaitingForApprovalError as waiting:
        told_of = foreseen(partial(forecast_told, opened))
        raise WaitingForApprovalError(joined((waiting.message, *told_of))) from None


def _found(
    opened: OpenCase,
    connection: Connection,
    limits: Sequence[Capabilities],
    terms: Sequence[Terms],
    others: Sequence[Payable],
) -> Replan | None:
    """Who is moved where; None where there is no promise, or nobody is left to be paid."""
    file, now = opened.case.file, opened.clock.now()
    if file.announced_at is None or not others:
        return None
    promised = file.announced_at + file.promise.pay_within
    planned = feasibility(others, terms, start=now, promised=promised)
    if planned.kept:
        return Replan(planned=planned, moved=planned, moves={})
    works = {one.rail for one in terms}
    able: dict[frozenset[str], list[Waiting]] = {}
    for one in _waiting(opened, connection, limits, planned.late):
        rails = _other_rails(limits, one) & works
        if rails:
            able.setdefault(rails, []).append(one)
    movable = [one for found in able.values() for one in found]
    return replanned(
        able,
        without(others, movable),
        terms,
        start=now,
        promised=promised,
        weigh=partial(weighed, connection),
        fitting=partial(_fitting, opened, connection, {one.rail: one for one in limits}),
    )


def _fitting(
    opened: OpenCase,
    connection: Connection,
    limits: Mapping[str, Capabilities],
    rail: str,
    found: Sequence[Waiting],
) -> list[Waiting]:
    """Whom of these a rail's plan takes: not more than a first batch, nor than its money covers."""
    (draft,) = new_drafts(opened, connection, [limits[rail]], 0).values()
    found = sorted(found, key=lambda one: one.award_index)
    return found[: len(draft.covered(_dues(found)))]


def _waiting(
    opened: OpenCase,
    connection: Connection,
    limits: Sequence[Capabilities],
    late: int,
) -> list[Waiting]:
    """Who may be moved: people with further accounts, and with one that several rails take.

    Of the latter those at the end of the queue, as many as are late; some at a time of very many.
    """
    further = {one.number: one for one in replan_store.waiting(connection, _AT_ONCE)}
    taken = Counter(kind for rail in limits for kind in rail.account_kinds)
    sharing = [rail.rail for rail in limits if any(taken[kind] > 1 for kind in rail.account_kinds)]
    most = min(late, _AT_ONCE)
    in_person = list(replan_store.waiting_in_person(connection, sharing, most)) if sharing else []
    for at in range(0, len(in_person), _PAGE):
        page = in_person[at : at + _PAGE]
        kinds = kinds_of(opened, connection, [one.person_id for one in page])
        for one, kind in zip(page, kinds, strict=True):
            found = further.get(one.number, one)
            if kind is not None and taken[kind] > 1:
                further[one.number] = found._replace(own=kind.value)
    return list(further.values())


def _other_rails(limits: Sequence[Capabilities], one: Waiting) -> frozenset[str]:
    """The rails beside its own that take an account of somebody, and the amount."""
    kinds = {AccountKind(kind) for kind in (*one.kinds, *filter(None, (one.own,)))}
    able = (carriers(limits, kind, one.amount_minor) for kind in kinds)
    return frozenset().union(*able) - {one.rail}


def _move(
    opened: OpenCase,
    connection: Connection,
    limits: Sequence[Capabilities],
    moves: Mapping[str, Sequence[Waiting]],
) -> int:
    """Let others follow the payments of *moves*, as far as their rails' money reaches; how many."""
    every = [one for found in moves.values() for one in found]
    held = replan_store.hold_chunks(connection, {one.chunk_no for one in every})
    newest_plan, newest_chunk = plan_store.newest_numbers(connection)
    now, currency = opened.clock.now(), opened.case.file.currency
    moved, chunk_no = 0, newest_chunk + 1
    for rail in limits:
        left = sorted(
            (one for one in moves.get(rail.rail, ()) if one.chunk_no in held),
            key=lambda one: one.award_index,
        )
        (draft,) = new_drafts(opened, connection, [rail], newest_plan + 1).values()
        dues = draft.covered(_dues(left))
        if not len(dues):
            continue
        kinds = {kind.value for kind in rail.account_kinds}
        failed = [
            Failed(person_id=one.person_id, number=one.number)
            for one in left[: len(dues)]
            if one.own not in kinds
        ]
        turned = turn(opened, connection, failed, rail.account_kinds)
        assert turned == len(failed)  # noqa: S101 - each has such an account, and is paid in person
        replan_store.end_unsent(connection, dues.after)
        made = drafted(
            opened.vault.derive(NUMBER_PURPOSE),
            rail.rail,
            dues,
            first_chunk=chunk_no,
            most_minor=draft.chunk_most_minor,
        )
        draft.add(made)
        write(opened, connection, draft, made)
        plan_store.insert_plan(connection, draft.plan(currency, Sort.MOVED), now)
        about: dict[str, JSON] = {"plan": draft.plan_no, "rail": rail.rail, "count": len(dues)}
        audit_in(connection, opened, SYSTEM, "payments moved to another rail", about)
        newest_plan, chunk_no = newest_plan + 1, int(made.chunk_nos[-1]) + 1
        moved += len(dues)
    return moved


def _dues(waiting: Sequence[Waiting]) -> Dues:
    """What follows payments that have not left: the next number of each award."""
    return Dues(
        awards=np.array([one.award_index for one in waiting], np.int64),
        amounts_minor=np.array([one.amount_minor for one in waiting], np.int64),
        generations=np.array([one.generation + 1 for one in waiting], np.int64),
        persons=[one.person_id for one in waiting],
        after=[one.number for one in waiting],
        came_back_minor=[0] * len(waiting),
        parts=[one.part for one in waiting],
    )


def _notes(opened: OpenCase, found: Replan | None) -> tuple[Said, ...]:
    """What is moved, and what becomes of the promise then."""
    if found is None:
        return forecast_told(opened) or (NOBODY_LEFT,)
    with_ended = replace(found.planned, ended_unpaid=ended_unpaid(opened))
    planned = told(with_ended, opened.case.file)
    if not found.moves:
        return (*planned, said("nothing is moved: no other rail carries more people in time"))
    currency = opened.case.file.currency
    return (
        said("as planned: {told}", told=planned[0]),
        *(
            said(
                "{people:,} payments that have not left go by {rail} instead, {money}",
                people=len(moves),
                rail=rail,
                money=Money(
                    amount_minor=sum(one.amount_minor for one in moves), currency=currency
                ).display(),
            )
            for rail, moves in sorted(found.moves.items())
        ),
        said("moved: {told}", told=told(found.moved, opened.case.file)[0]),
    )
