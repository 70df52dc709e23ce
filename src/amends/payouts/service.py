"""What other rooms do with payouts: pay, reconcile, export.

For the SQL of rooms above (read only):

- ``payouts.award_standing(award_index, state_code, reason, rail, generation)``: a row per award;
  0 promised, 1 sent, 2 settled, 3 returned, 4 needs the person.
- ``payouts.sent(award_index, generation, rail, instruction_id, sent_day, settled_day,
  amount_minor, currency, state_code)``: everything that was given to a provider and not refused
  (codes 1, 2, 3); ``sent_day`` never changes. One that was batched and then refused is gone here.
- ``payouts.statement(rail, day, raw_sha256, opening_minor, closing_minor, lines)``: bills in hand.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pyarrow as pa

from amends.awards import promised
from amends.funding import service as funding
from amends.governance.assessment import require_assessment
from amends.governance.model import Purpose
from amends.kernel.case import RailSettings
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.kernel.summary import StageSummary
from amends.ledger import service as ledger
from amends.ledger.model import BANK, DEPOSITED, IN_TRANSIT, PAID_BY_HAND, Transfer, at_rail
from amends.linkage.service import facts
from amends.payouts import bill_store, bills, plan_store
from amends.payouts.callbacks import CallbackListener, listening
from amends.payouts.dispatch import Recorder, recover, send_approved
from amends.payouts.feasibility import Feasibility
from amends.payouts.forecasting import forecast, told
from amends.payouts.model import (
    REISSUE,
    NoAwardsError,
    RailNotAvailableError,
    RailShortError,
)
from amends.payouts.plan import approve_planned, plan_again, plan_payable
from amends.payouts.questions import ask_about, ask_until_known
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.alipay_gateway import settings_from_keys
from amends.payouts.rails.model import Rail
from amends.payouts.reconcile import rail_balance_agrees, reconcile
from amends.payouts.simulated import simulated_alipay
from amends.payouts.switch import halted, require_running
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

HINTS_EVERY_S = 0.2

_GIVEN_OF_RETURNED = {
    DEPOSITED: ledger.DEPOSIT_OF_RETURNED,
    PAID_BY_HAND: ledger.BY_HAND_OF_RETURNED,
}
"""For what reason money that came back is in an account from which no rail sends it."""


def pay(opened: OpenCase) -> StageSummary:
    """Pay everybody who is owed and payable: plan, approve, send, ask until it is known.

    Raises:
        NoAwardsError: nothing is owed yet.
        AssessmentError: the case needs an impact assessment of handing payees' data over.
        UnfundedError: evidence is demanded and there is none.
        RailNotAvailableError, RailShortError, RailStoppedError: the rail does not carry it.
        HaltedError: somebody halted payments, before or meanwhile.
        WaitingForApprovalError: two people have to sign the plan.
    """
    return asyncio.run(_pay(opened))


def reconcile_payments(opened: OpenCase) -> StageSummary:
    """Hold our books against the provider's answers and bills.

    Raises:
        RailNotAvailableError, RailStoppedError, RailUnavailableError: the rail does not answer.
    """
    return asyncio.run(_reconcile(opened))


async def _pay(opened: OpenCase) -> StageSummary:
    _require_awards(opened)
    _rail_settings(opened)
    require_running(opened)
    unassessed = require_assessment(opened, Purpose.PAY, lambda: facts(opened))
    opened.progress.start(said("plan payments"))
    async with listening(opened) as listener, the_rail(opened, notify_url=listener.url) as rail:
        await asyncio.to_thread(funding.require_proof, opened)
        listener.listen_for(rail)
        summary = await pay_through(opened, rail, listener)
    return replace(summary, notes=(*summary.notes, *unassessed))


async def _reconcile(opened: OpenCase) -> StageSummary:
    _require_awards(opened)
    async with the_rail(opened) as rail:
        return await reconcile_through(opened, rail)


def _require_awards(opened: OpenCase) -> None:
    """Refuse to go before the awards."""
    with opened.database.reading() as connection:
        if not plan_store.awards_exist(connection):
            raise NoAwardsError(said("nothing is owed yet: run `amends award` first"))


@asynccontextmanager
async def the_rail(opened: OpenCase, notify_url: str | None = None) -> AsyncIterator[Rail]:
    """The rail of the case: in this release a simulated Alipay, as a process of its own.

    Raises:
        RailNotAvailableError: case.toml names another, or none, or several.
    """
    with simulated_alipay(opened.case, _rail_settings(opened)) as (gateway, keys):
        settings = settings_from_keys(keys, gateway=gateway, currency=opened.case.file.currency)
        rail = AlipayRail(replace(settings, notify_url=notify_url), opened.clock)
        try:
            yield rail
        finally:
            await rail.close()


def _rail_settings(opened: OpenCase) -> RailSettings:
    """The one rail that case.toml names.

    Raises:
        RailNotAvailableError: it names another, or none, or several.
    """
    rails = opened.case.file.rails
    if len(rails) != 1 or rails[0].kind != "simulator":
        kinds = ", ".join(rail.kind for rail in rails) or "none"
        raise RailNotAvailableError(
            said(
                'this release pays through one [[rail]] of kind "simulator"; real rails come '
                "with a later release (case.toml names: {kinds})",
                kinds=kinds,
            )
        )
    return rails[0]


async def pay_through(
    opened: OpenCase, rail: Rail, listener: CallbackListener | None = None
) -> StageSummary:
    """Pay through a rail that is open. Refusals come before approval, approval before sending."""
    name = rail.capabilities.rail
    new = await asyncio.to_thread(plan_payable, opened, name)
    new += await asyncio.to_thread(plan_again, opened, name)
    await _require_funds(opened, rail)
    approved = await asyncio.to_thread(_approved, opened)
    with opened.database.session() as session:
        recovered = await asyncio.to_thread(recover, opened, session)
        async with _recording(opened, rail, session, listener) as recorder:
            with opened.database.reading() as connection:
                opened.progress.start(said("pay"), plan_store.to_send(connection)[0])
            await send_approved(opened, rail, session, recorder)
            await recorder.flush()
            recorder.require_rail()
            await ask_until_known(opened, rail, session, recorder)
    require_running(opened)
    counts = _figures(opened, name)
    waiting = await asyncio.to_thread(_waiting_for_release, opened)
    if waiting is not None:
        counts["wait_for_release"] = waiting
    notes = (
        []
        if new or approved or recovered
        else [said("everything that can be paid was sent before")]
    )
    if counts["unknown"] + counts["accepted"]:
        notes.append(
            said(
                "{unknown} payments have no final answer yet; `amends reconcile` asks again",
                unknown=counts["unknown"] + counts["accepted"],
            )
        )
    if waiting:
        notes.append(
            said(
                "{people:,} people wait for the next part of the funds: `amends funding release "
                "CASE AMOUNT`",
                people=waiting,
            )
        )
    notes += await asyncio.to_thread(_first_batch, opened)
    notes += await asyncio.to_thread(_unpaid, opened)
    notes += await asyncio.to_thread(_late, opened)
    notes += await asyncio.to_thread(promised.alarm, opened)
    return StageSummary(counts=counts, notes=tuple(notes))


def _approved(opened: OpenCase) -> int:
    """Have plans approved; who is asked to sign reads whether the promise can be kept.

    Raises:
        WaitingForApprovalError: two people have to sign.
        PlanChangedError: the instructions are not those that were planned.
    """
    try:
        return approve_planned(opened)
    except WaitingForApprovalError as waiting:
        found = forecast(opened)
        sentences = _first_batch(opened)
        sentences += () if found is None else told(found, opened.case.file)
        raise WaitingForApprovalError(joined((waiting.message, *sentences))) from None


def dry_run(opened: OpenCase) -> tuple[Feasibility | None, tuple[Said, ...]]:
    """What `pay` would meet: whether the promise can be kept, in figures and in sentences.

    Raises:
        NoAwardsError: nothing is owed yet.
    """
    _require_awards(opened)
    found = forecast(opened)
    if found is None:
        return None, (said("nobody is left to be paid by a rail, or nothing is promised yet"),)
    return found, told(found, opened.case.file)


def retry(opened: OpenCase, reasons: Sequence[str], *, dry_run: bool = False) -> StageSummary:
    """Plan second payments for those that ended for one of *reasons*; `pay` has them approved.

    Without reasons, and in a dry run, it is told how many ended for which.

    Raises:
        NoAwardsError: nothing is owed yet.
        RailNotAvailableError: case.toml names no rail that this release has.
    """
    _require_awards(opened)
    rail = _rail_settings(opened).protocol
    if reasons and not dry_run:
        planned = plan_again(opened, rail, reasons)
        return StageSummary(
            counts={"planned_again": planned},
            notes=(said("`amends pay` asks for approval and sends them"),) if planned else (),
        )
    with opened.database.reading() as connection:
        ended = plan_store.ended_counts(connection)
    chosen = [one for one in ended if not reasons or one[0] in reasons]
    return StageSummary(
        counts={"ended_unpaid": sum(one[1] for one in chosen)},
        notes=tuple(_ended(*one) for one in chosen),
    )


def _first_batch(opened: OpenCase) -> tuple[Said, ...]:
    """What became of the first batch, while the rest waits for it."""
    if opened.case.file.first_payments is None:
        return ()
    with opened.database.reading() as connection:
        batch = plan_store.first_batch(connection)
        waiting = plan_store.unplanned_count(connection) + plan_store.to_send(connection)[0]
    if batch is None or not waiting:
        return ()
    return (
        said(
            "the first batch: {states}; {waiting:,} people wait for it. Look at these payments "
            "before `amends pay` goes on",
            states=joined(
                (
                    said("{state} {count:,}", state=said(state), count=count)
                    for state, count in batch.states.items()
                ),
                ", ",
            ),
            waiting=waiting,
        ),
    )


def _ended(why: str, people: int, payable: int, changed: int) -> Said:
    """How many payments ended for one reason, and what becomes of them."""
    return said(
        "{why}: {people:,} payments; of their people {payable:,} are payable, {changed:,} of them "
        "with a receiver that changed since",
        why=why,
        people=people,
        payable=payable,
        changed=changed,
    )


def _unpaid(opened: OpenCase) -> tuple[Said, ...]:
    """That payments were refused or came back, and what can be done."""
    with opened.database.reading() as connection:
        people = sum(one[1] for one in plan_store.ended_counts(connection))
    if not people:
        return ()
    return (
        said(
            "{people:,} payments were refused or came back; `amends retry CASE` says why, and pays "
            "again what you choose",
            people=people,
        ),
    )


def _late(opened: OpenCase) -> tuple[Said, ...]:
    """Sentences about a promise that cannot be kept; nothing while it can."""
    found = forecast(opened)
    return () if found is None or found.in_time == found.people else told(found, opened.case.file)


def _waiting_for_release(opened: OpenCase) -> int | None:
    """How many payable people no part of the funds has reached; None where there are no parts."""
    with opened.database.reading() as connection:
        parts = funding.evidenced(connection)
        return plan_store.unplanned_count(connection) if parts else None


async def reconcile_through(opened: OpenCase, rail: Rail) -> StageSummary:
    """Reconcile with a rail that is open."""
    name = rail.capabilities.rail
    with opened.database.session() as session:
        await asyncio.to_thread(recover, opened, session)
        async with _recording(opened, rail, session, None) as recorder:
            opened.progress.start(said("reconcile"))
            notes = await reconcile(opened, rail, session, recorder)
    stopped = await asyncio.to_thread(halted, opened)
    if stopped is not None:
        notes.append(stopped.told())
    agrees = await rail_balance_agrees(opened, rail)
    counts = await asyncio.to_thread(_figures, opened, name)
    counts["rail_balance_agrees"] = int(agrees)
    if counts["exceptions"]:
        notes.append(
            said(
                "{exceptions} exceptions wait for a person: payouts.exception",
                exceptions=counts["exceptions"],
            )
        )
    return StageSummary(counts=counts, notes=tuple(notes))


@asynccontextmanager
async def _recording(
    opened: OpenCase, rail: Rail, session: Connection, listener: CallbackListener | None
) -> AsyncIterator[Recorder]:
    """A recorder that writes, and asks about what callbacks hint at, while the block runs."""
    recorder = Recorder(opened, rail, session)
    hints = asyncio.Event()

    async def follow_hints() -> None:
        while listener is not None and not hints.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hints.wait(), HINTS_EVERY_S)
            await ask_about(rail, recorder, listener.take())

    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(recorder.run())
            asking = group.create_task(follow_hints())
            yield recorder
            hints.set()
            await asking
            recorder.close()
            await writing
    except BaseExceptionGroup as several:
        raise _first(several) from None


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of a group of groups: a refusal has to arrive as itself."""
    one: BaseException = several
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one


async def _require_funds(opened: OpenCase, rail: Rail) -> None:
    """Refuse when the money at the provider is not enough; book it when the rail is new.

    Raises:
        RailShortError: how much is missing.
    """
    held = await rail.balance()
    with opened.database.reading() as connection:
        _, needed_minor = plan_store.to_send(connection)
    needed = Money(amount_minor=needed_minor, currency=opened.case.file.currency)
    name = rail.capabilities.rail
    if held.amount_minor < needed_minor:
        raise RailShortError(
            said(
                "{needed} are to be paid and {held} lie at {name}: put {more} more there "
                "and run `amends pay` again",
                needed=needed.display(),
                held=held.display(),
                name=name,
                more=(needed - held).display(),
            )
        )
    if held.amount_minor:
        await asyncio.to_thread(_open_rail, opened, rail, held)


def _open_rail(opened: OpenCase, rail: Rail, held: Money) -> None:
    """The first time: open the rail's accounts, and book what lies there.

    Of two commands that come at once the one that notes the rail does; the other waits for it.
    """
    name, now = rail.capabilities.rail, opened.clock.now()
    zone = rail.capabilities.bill_zone
    with opened.database.unit_of_work() as connection:
        if not plan_store.insert_rail(connection, name, prefunded=held, bill_zone=zone, now=now):
            return
        source, balances = funding.money_on_its_way(connection), ledger.balances(connection)
        in_bank = balances[BANK] + balances[IN_TRANSIT]
        if held.amount_minor > in_bank:
            bank = Money(amount_minor=in_bank, currency=held.currency)
            raise RailShortError(
                said(
                    "{held} lie at {name}, and the case has only {bank}: funding.amount in "
                    "case.toml must cover what was put there",
                    held=held.display(),
                    name=name,
                    bank=bank.display(),
                )
            )
        ledger.open_rail(connection, name)
        prefund = Transfer(
            transfer_id=f"prefund:{name}",
            debit=at_rail(name),
            credit=source,
            amount_minor=held.amount_minor,
            currency=held.currency,
            reason="prefund",
            subject=name,
            occurred_at=now,
        )
        ledger.post(connection, [prefund])


def _figures(opened: OpenCase, rail: str) -> dict[str, int]:
    """Everything that the summaries of `pay` and `reconcile` count."""
    with opened.database.reading() as connection:
        states = bill_store.by_state(connection)
        balances = ledger.balances(connection)
        trial = ledger.check_trial(connection)
        given_minor = sum(
            ledger.moved(connection, reason)
            for account, reason in _GIVEN_OF_RETURNED.items()
            if balances[account]
        )
        given_minor += ledger.moved(connection, REISSUE)
        promised, promised_minor, needs_person = bill_store.promised(connection)
        unproved, unproved_minor = bill_store.unproved(connection, rail)
        classes = bill_store.line_classes(connection)
        exceptions = bill_store.open_exceptions(connection)

    def total(*names: str) -> tuple[int, int]:
        found = [states.get(name, (0, 0)) for name in names]
        return sum(count for count, _ in found), sum(amount for _, amount in found)

    flying, flying_minor = total("sending", "unknown", "accepted")
    settled, settled_minor = total("settled")
    returned, returned_minor = total("returned", "superseded_returned")
    balanced = trial and bills.books_balance(
        balances,
        in_flight=flying_minor,
        settled=settled_minor,
        returned=returned_minor - given_minor,
        rail=rail,
    )
    return {
        "promised": promised,
        "promised_minor": promised_minor,
        "needs_person": needs_person,
        "instructions": sum(count for count, _ in states.values()),
        "settled": settled,
        "settled_minor": settled_minor,
        "returned": returned,
        "returned_minor": returned_minor,
        "refused": total("refused")[0],
        "accepted": total("accepted")[0],
        "unknown": total("sending", "unknown")[0],
        "open": flying,
        "open_minor": flying_minor,
        "unproved": unproved,
        "unproved_minor": unproved_minor,
        "statement_lines": sum(classes.values()),
        "matched": classes.get("matched", 0) + classes.get("returned", 0),
        "exceptions": sum(exceptions.values()),
        "books_balanced": int(balanced),
    }


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
