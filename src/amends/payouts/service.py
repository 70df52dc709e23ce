"""What other rooms do with payouts: pay, reconcile, export.

For the SQL of rooms above (read only):

- ``payouts.award_standing(award_index, state_code, reason, rail, generation)``: a row per award;
  0 promised, 1 sent, 2 settled, 3 returned, 4 needs the person.
- ``payouts.sent(award_index, generation, rail, instruction_id, sent_day, settled_day,
  amount_minor, currency, state_code, part)``: everything that was given to a provider and not
  refused (codes 1, 2, 3); ``sent_day`` never changes. One that was batched and then refused is gone
  here. ``part``: 0 the first payment of an award; above it what the award was raised by later.
- ``payouts.statement(rail, day, raw_sha256, opening_minor, closing_minor, lines)``: bills in hand.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa
import uvloop

from amends.funding import service as funding
from amends.governance.assessment import require_assessment
from amends.governance.model import Purpose
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.linkage.service import facts
from amends.payouts.figures import ended_told, turning_told
from amends.payouts.model import NoAwardsError, RailNotAvailableError
from amends.payouts.opening import open_rails, require_rails
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning import plan_store, replanning
from amends.payouts.planning.feasibility import Feasibility
from amends.payouts.planning.forecasting import NOBODY_LEFT
from amends.payouts.planning.outlook import Kept, newest, outlook, sentences
from amends.payouts.planning.plan import NOT_THE_ACCOUNT, plan_again
from amends.payouts.reconciling import bill_store
from amends.payouts.sending.callbacks import listening
from amends.payouts.sending.switch import halted, require_running
from amends.vault.opened import OpenCase


def pay(opened: OpenCase) -> StageSummary:
    """Pay everybody who is owed and payable: plan, approve, send, ask until it is known.

    Raises:
        NoAwardsError: nothing is owed yet.
        AssessmentError: the case needs an impact assessment of handing payees' data over.
        UnfundedError: evidence is demanded and there is none.
        RailNotAvailableError, RailShortError, RailStoppedError: a rail does not carry it.
        HaltedError: somebody halted payments, before or meanwhile.
        WaitingForApprovalError: two people have to sign the plan.
    """
    return uvloop.run(_pay(opened))


def reconcile_payments(opened: OpenCase) -> StageSummary:
    """Hold our books against the providers' answers and bills.

    Raises:
        RailNotAvailableError, RailStoppedError, RailUnavailableError: a rail does not answer.
    """
    return uvloop.run(_reconcile(opened))


async def _pay(opened: OpenCase) -> StageSummary:
    _require_awards(opened)
    require_rails(opened.case)
    require_running(opened)
    unassessed = require_assessment(opened, Purpose.PAY, lambda: facts(opened))
    opened.progress.start(said("plan payments"))
    async with listening(opened) as listener, open_rails(opened, listener.url_for) as rails:
        await asyncio.to_thread(funding.require_proof, opened)
        for rail in rails:
            listener.listen_for(rail)
        summary = await pay_through(opened, *rails, listener=listener)
    return replace(summary, notes=(*summary.notes, *listener.told, *unassessed))


def work(opened: OpenCase, share: float) -> StageSummary:
    """Send what is approved, beside another command, at a *share* of what each rail allows.

    Raises:
        NoAwardsError: nothing is owed yet.
        RailNotAvailableError, RailStoppedError: a rail does not carry it.
        HaltedError: somebody halted payments, before or meanwhile.
    """
    return uvloop.run(_work(opened, share))


async def _work(opened: OpenCase, share: float) -> StageSummary:
    _require_awards(opened)
    require_running(opened)
    async with (
        listening(opened) as listener,
        open_rails(opened, listener.url_for, share=share) as rails,
    ):
        await asyncio.to_thread(funding.require_proof, opened)
        for rail in rails:
            listener.listen_for(rail)
        summary = await work_through(opened, *rails, listener=listener)
    return replace(summary, notes=(*summary.notes, *listener.told))


async def _reconcile(opened: OpenCase) -> StageSummary:
    _require_awards(opened)
    async with open_rails(opened) as rails:
        return await reconcile_through(opened, *rails)


def _require_awards(opened: OpenCase) -> None:
    """Refuse to go before the awards."""
    with opened.database.reading() as connection:
        if not plan_store.awards_exist(connection):
            raise NoAwardsError(said("nothing is owed yet: run `amends award` first"))


def halted_told(opened: OpenCase) -> tuple[Said, ...]:
    """That payments are halted, since when, by whom and why; nothing while they go out."""
    found = halted(opened)
    return () if found is None else (found.told(),)


def dry_run(opened: OpenCase) -> tuple[Feasibility | None, tuple[Said, ...]]:
    """What `pay` would meet: whether the promise can be kept, in figures and in sentences.

    By the rails that work at present. Where payments are halted it is what becomes of the promise
    if they go on now, and that is said.

    Raises:
        NoAwardsError: nothing is owed yet.
    """
    _require_awards(opened)
    seen, switched = outlook(opened), halted(opened)
    if seen is None:
        return None, (NOBODY_LEFT,)
    found = sentences(seen, opened.case.file)
    if switched is None:
        return seen.found, found
    on = said("as long as they are, nobody is paid; if they went on now:")
    return seen.found, (switched.told(), on, *found)


def last_outlook(opened: OpenCase) -> Kept | None:
    """What was last foreseen of the promise while money went out; None where nothing broke."""
    return newest(opened)


def retry(opened: OpenCase, reasons: Sequence[str], *, dry_run: bool = False) -> StageSummary:
    """Plan second payments for those that ended for one of *reasons*; `pay` has them approved.

    Without reasons, and in a dry run, it is told how many ended for which.

    Raises:
        NoAwardsError: nothing is owed yet.
        RailNotAvailableError: case.toml names no rail that this release has.
    """
    _require_awards(opened)
    if reasons and not dry_run:
        planned = uvloop.run(_plan_again(opened, reasons))
        return StageSummary(
            counts={"planned_again": planned},
            notes=(said("`amends pay` asks for approval and sends them"),) if planned else (),
        )
    with opened.database.reading() as connection:
        ended = plan_store.ended_counts(connection)
        turning = len(plan_store.to_turn(connection, NOT_THE_ACCOUNT))
    chosen = [one for one in ended if not reasons or one[0] in reasons]
    return StageSummary(
        counts={"ended_unpaid": sum(one[1] for one in chosen)},
        notes=(*(ended_told(*one) for one in chosen), *turning_told(turning)),
    )


def replan(opened: OpenCase, down: Sequence[str] = (), *, dry_run: bool = False) -> StageSummary:
    """Move payments that would be late, and have not left, to rails that carry them in time.

    *down*: rails that carry nothing at present, beside those of which that is known.

    Raises:
        NoAwardsError: nothing is owed yet.
        RailNotAvailableError: case.toml names no rail that this release has, or not that of *down*,
            or all of them are down.
        WaitingForApprovalError: two people have to sign.
    """
    _require_awards(opened)
    names = [rail.protocol for rail in require_rails(opened.case)]
    for one in down:
        if one not in names:
            raise RailNotAvailableError(
                said("{rail} is no rail of this case: {rails}", rail=one, rails=", ".join(names))
            )
    return uvloop.run(_replan(opened, down, dry_run=dry_run))


async def _replan(opened: OpenCase, down: Sequence[str], *, dry_run: bool) -> StageSummary:
    async with open_rails(opened) as rails:
        limits = [rail.capabilities for rail in rails]
        return await asyncio.to_thread(
            replanning.replan, opened, limits, frozenset(down), dry_run=dry_run
        )


async def _plan_again(opened: OpenCase, reasons: Sequence[str]) -> int:
    async with open_rails(opened) as rails:
        limits = [rail.capabilities for rail in rails]
        return await asyncio.to_thread(plan_again, opened, limits, reasons)


PAYMENTS_SCHEMA = pa.schema(
    [
        ("instruction_id", pa.string()),
        ("award_index", pa.int32()),
        ("rail", pa.string()),
        ("provider_reference", pa.string()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("attempts", pa.int32()),
        ("settled_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""The columns of ``amends export payments``."""

AWARDS_SCHEMA = pa.schema(
    [
        ("award_index", pa.int32()),
        ("person_id", pa.string()),
        ("class", pa.int16()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("state", pa.string()),
    ]
)
"""The columns of ``amends export awards``."""


def export_payments(opened: OpenCase) -> pa.Table:
    """A row per instruction, in the order of awards (``amends export payments``)."""
    with opened.database.reading() as connection:
        return _table(bill_store.payment_rows(connection), PAYMENTS_SCHEMA)


def export_awards(opened: OpenCase) -> pa.Table:
    """A row per award with where it stands, in order (``amends export awards``)."""
    with opened.database.reading() as connection:
        return _table(bill_store.award_rows(connection), AWARDS_SCHEMA)


def _table(batches: Iterable[list[tuple[object, ...]]], schema: pa.Schema) -> pa.Table:
    """Rows as Arrow columns."""
    made = [
        pa.RecordBatch.from_arrays(
            [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ],
            schema=schema,
        )
        for rows in batches
    ]
    return pa.Table.from_batches(made, schema=schema)
