"""Paying and reconciling through rails that are open: what the commands do, in order."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import cast

from amends.funding import service as funding
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.memory import many_small_objects
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.kernel.summary import StageSummary
from amends.ledger import service as ledger
from amends.ledger.model import BANK, IN_TRANSIT, Transfer, at_rail
from amends.payouts.after_payment.stopping import take_back_through
from amends.payouts.figures import figures, first_batch_told, notes_of, unlisted_told
from amends.payouts.model import RailShortError
from amends.payouts.planning import plan_store
from amends.payouts.planning.allowance import (
    pause_told,
    quota_told,
    wait_until,
)
from amends.payouts.planning.guarded import foreseen
from amends.payouts.planning.outlook import outlook_told
from amends.payouts.planning.plan import (
    approve_signed,
    plan_again,
    plan_payable,
    plan_raises,
    turn_to_next,
)
from amends.payouts.planning.stopped import note_answers, note_stopped
from amends.payouts.planning.watching import Watch, watched
from amends.payouts.rails.file_marks import DropDiffersError
from amends.payouts.rails.model import Capabilities, FileRail, Rail, RailUnavailableError
from amends.payouts.reconciling.provider_balance import doubts
from amends.payouts.reconciling.reconcile import reconcile
from amends.payouts.sending import store
from amends.payouts.sending.callbacks import CallbackListener
from amends.payouts.sending.dispatch import recover, send_approved
from amends.payouts.sending.gathering import gather
from amends.payouts.sending.questions import ask_until_known
from amends.payouts.sending.recording import recording
from amends.payouts.sending.switch import halted, halted_in, require_running
from amends.vault.opened import OpenCase

LOOK_EVERY_S = 1.0


async def pay_through(
    opened: OpenCase, *rails: Rail, listener: CallbackListener | None = None
) -> StageSummary:
    """Pay through rails that are open: what is signed goes out, also where something else waits.

    Rails work side by side; what one of them refuses is said when the others have ended.

    Raises:
        WaitingForApprovalError: people have to sign one plan at least; what was signed went out.
        RailShortError, RailUnavailableError: a rail lacks money or is silent; others have paid.
    """
    limits = [rail.capabilities for rail in rails]
    await asyncio.to_thread(turn_to_next, opened, limits)
    new = await asyncio.to_thread(plan_payable, opened, limits)
    new += await asyncio.to_thread(plan_again, opened, limits)
    new += await asyncio.to_thread(plan_raises, opened, limits)
    there, silent = await _that_answer(opened, rails)
    approved, waiting = await asyncio.to_thread(_approved, opened)
    if waiting is not None and not await asyncio.to_thread(_any_due, opened, there):
        raise await asyncio.to_thread(_waits, opened, waiting, silent)
    recovered = await asyncio.to_thread(_recovered, opened)
    summary = await _send_all(opened, there, listener, limits)
    if waiting is not None:
        raise await asyncio.to_thread(_waits, opened, waiting, silent)
    _raise_any(silent)
    if new or approved or recovered:
        return summary
    nothing = said("everything that can be paid was sent before")
    return replace(summary, notes=(nothing, *summary.notes))


async def work_through(
    opened: OpenCase, *rails: Rail, listener: CallbackListener | None = None
) -> StageSummary:
    """Send what is approved, beside whoever else does: no plan, no approval."""
    there, silent = await _that_answer(opened, rails)
    await asyncio.to_thread(_recovered, opened)
    limits = [rail.capabilities for rail in rails]
    summary = await _send_all(opened, there, listener, limits)
    _raise_any(silent)
    return summary


async def _that_answer(
    opened: OpenCase, rails: Sequence[Rail]
) -> tuple[list[Rail], list[AmendsError]]:
    """The rails that answer and hold enough money, and what is wrong with the others.

    These hold up nobody else's payments.

    Raises:
        RailShortError, RailUnavailableError: there is no other.
    """
    there: list[Rail] = []
    silent: list[AmendsError] = []
    for rail in rails:
        try:
            await _require_funds(opened, rail)
        except (RailShortError, RailUnavailableError) as problem:
            silent.append(problem)
        else:
            there.append(rail)
    if not there:
        _raise_any(silent)
    return there, silent


def _recovered(opened: OpenCase) -> int:
    """How many a killed command was sending: they are unknown now."""
    with opened.database.session() as session:
        return recover(opened, session)


async def _send_all(
    opened: OpenCase,
    rails: Sequence[Rail],
    listener: CallbackListener | None,
    limits: Sequence[Capabilities],
) -> StageSummary:
    """Send by every rail at once, and say where everything stands. *limits*: of the silent, too."""
    await asyncio.to_thread(_say_what_is_left, opened)
    async with watched(opened, limits) as watch:
        waited = await send_through(opened, rails, listener, watch)
        await watch.last_look()
    taken_back = await take_back_through(opened, rails)
    require_running(opened, *taken_back)
    names = [rail.capabilities.rail for rail in rails]
    counts = await asyncio.to_thread(figures, opened, names)
    notes = await asyncio.to_thread(notes_of, opened, counts)
    return StageSummary(counts=counts, notes=(*waited, *watch.told(), *notes))


async def send_through(
    opened: OpenCase,
    rails: Sequence[Rail],
    listener: CallbackListener | None = None,
    watch: Watch | None = None,
) -> tuple[Said, ...]:
    """Send what is approved by every rail at once: chunks are taken once, on any machine.

    What is to be said of the rails' quotas. A rail that has nothing left looks, while others are at
    work, whether something was approved for it meanwhile: payments may be moved to it.
    """
    at_work = _AtWork()

    async def send(rail: Rail) -> tuple[Said, ...]:
        with at_work.one():
            told = await _send(opened, rail, listener, watch)
        while await _approved_meanwhile(opened, rail.capabilities.rail, at_work):
            with at_work.one():
                await _require_funds(opened, rail)
                await asyncio.to_thread(_say_what_is_left, opened)
                told = await _send(opened, rail, listener, watch) or told
        return told

    with many_small_objects():
        ended = await asyncio.gather(*map(send, rails), return_exceptions=True)
    _raise_any([problem for problem in ended if isinstance(problem, BaseException)])
    return tuple(one for told in ended if isinstance(told, tuple) for one in told)


class _AtWork:
    """How many rails send or ask."""

    def __init__(self) -> None:
        self._rails = 0
        self.nobody = asyncio.Event()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more, while the block runs."""
        self._rails += 1
        self.nobody.clear()
        try:
            yield
        finally:
            self._rails -= 1
            if not self._rails:
                self.nobody.set()


async def _approved_meanwhile(opened: OpenCase, rail: str, at_work: _AtWork) -> bool:
    """Wait until something is approved for a rail, or nobody is at work; whether something is."""
    while not (due := await asyncio.to_thread(_is_due, opened, rail)):
        if at_work.nobody.is_set():
            break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(at_work.nobody.wait(), LOOK_EVERY_S)
    return due


def _is_due(opened: OpenCase, rail: str) -> bool:
    """Whether something approved may go out by a rail now."""
    with opened.database.reading() as connection:
        return store.has_approved(connection, rail) and not halted_in(connection)


def _raise_any(problems: Sequence[BaseException], *told: Said) -> None:
    """Raise what went wrong; where several rails did, one error says so of each.

    The error is the first rail's. *told*: what else has to be known.
    """
    refusals = [problem for problem in problems if isinstance(problem, AmendsError)]
    for problem in problems:
        if problem not in refusals:
            raise problem
    if refusals and len(refusals) + len(told) > 1:
        messages = [problem.message for problem in refusals]
        refusals[0].args = (joined(dict.fromkeys((*messages, *told))),)
    for problem in refusals:
        raise problem


async def _send(
    opened: OpenCase, rail: Rail, listener: CallbackListener | None, watch: Watch | None
) -> tuple[Said, ...]:
    """Send what goes by one rail, and ask until it is known; what is to be said of its quota.

    Where the quota is used up it asks first (what was refused does not count), says so, and waits
    for the rail's next day. What another command was sending when it died is taken over at last.
    """
    waited = 0
    with opened.database.session() as session:
        async with recording(opened, rail, session, listener) as recorder:
            while True:
                begun = recorder.begun
                await send_approved(opened, rail, session, recorder)
                await recorder.flush()
                recorder.require_rail()
                await ask_until_known(opened, rail, session, recorder)
                used_up, recorder.used_up = recorder.used_up, None
                if not recorder.sends:
                    break
                if used_up is None:
                    if not await asyncio.to_thread(recover, opened, session, patience_s=0.0):
                        break
                    continue
                if recorder.begun > begun:
                    continue
                waited += 1
                opened.progress.tell(pause_told(rail.capabilities, used_up))
                for sentence in await watch.look(again=True) if watch is not None else ():
                    opened.progress.tell(sentence)
                await wait_until(opened, used_up.until, lambda: recorder.sends)
                await asyncio.to_thread(_say_what_is_left, opened)
    return quota_told(rail.capabilities, waited)


def _say_what_is_left(opened: OpenCase) -> None:
    """How many are to be sent from here on."""
    with opened.database.reading() as connection:
        opened.progress.start(said("pay"), plan_store.to_send(connection)[0])


def _approved(opened: OpenCase) -> tuple[int, WaitingForApprovalError | None]:
    """Have plans approved that are signed; how many payments that is, and what waits.

    Raises:
        PlanChangedError: the instructions are not those that were planned.
    """
    approved, waiting = approve_signed(opened)
    gather(opened)
    return approved, waiting


def _any_due(opened: OpenCase, rails: Sequence[Rail]) -> bool:
    """Whether something approved may go out by one of these."""
    return any(_is_due(opened, rail.capabilities.rail) for rail in rails)


def _waits(
    opened: OpenCase, waiting: WaitingForApprovalError, silent: Sequence[AmendsError]
) -> WaitingForApprovalError:
    """What people have to sign, what rails refused, and whether the promise can be kept."""
    refused = [problem.message for problem in silent]
    told = foreseen(partial(outlook_told, opened))
    return WaitingForApprovalError(
        joined((waiting.message, *refused, *first_batch_told(opened), *told))
    )


async def reconcile_through(opened: OpenCase, *rails: Rail) -> StageSummary:
    """Reconcile with rails that are open.

    What is wrong at one of them is said when the others have been asked and read.
    """
    opened.progress.start(said("reconcile"))
    notes: list[str] = []
    problems: list[BaseException] = []
    for rail in rails:
        (found,) = await asyncio.gather(_reconciled(opened, rail), return_exceptions=True)
        if isinstance(found, BaseException):
            problems.append(found)
        else:
            notes += found
    stopped = await asyncio.to_thread(halted, opened)
    taken_back = () if stopped is None else await take_back_through(opened, rails)
    _raise_any(problems, *taken_back)
    if stopped is not None:
        notes += [stopped.told(), *taken_back]
    asked = await doubts(opened, rails, at_rest=False)
    names = [rail.capabilities.rail for rail in rails]
    counts = await asyncio.to_thread(figures, opened, names)
    counts["rail_balance_agrees"] = int(not any(asked.values()))
    notes += [doubt for doubt in asked.values() if doubt is not None]
    notes += await asyncio.to_thread(unlisted_told, opened)
    watch = Watch(opened, [rail.capabilities for rail in rails])
    await watch.last_look()
    notes += watch.told()
    if counts["exceptions"]:
        notes.append(
            said(
                "{exceptions} exceptions wait for a person: `amends suspense CASE`",
                exceptions=counts["exceptions"],
            )
        )
    return StageSummary(counts=counts, notes=tuple(notes))


async def _reconciled(opened: OpenCase, rail: Rail) -> list[str]:
    """Ask and read one rail; notes for people."""
    if rail.capabilities.orders_per_file > 1:
        cast("FileRail", rail).require_own()
    with opened.database.session() as session:
        await asyncio.to_thread(recover, opened, session)
        async with recording(opened, rail, session) as recorder:
            return await reconcile(opened, rail, session, recorder)


async def _require_funds(opened: OpenCase, rail: Rail) -> None:
    """Refuse when the money at the provider is not enough; book it when the rail is new.

    Raises:
        RailShortError: how much is missing.
        RailUnavailableError: nobody answers; forecasts count nothing on such a rail.
    """
    held = await _balance(opened, rail)
    with opened.database.reading() as connection:
        _, needed_minor = plan_store.to_send(connection, rail.capabilities.rail)
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


async def _balance(opened: OpenCase, rail: Rail) -> Money:
    """What lies at the provider; whether it answers at all is written down where that is news.

    Raises:
        RailUnavailableError: it does not. Where its folder is another machine's that is news of
            this machine, and none of the rail.
    """
    name = rail.capabilities.rail
    try:
        held = await rail.balance()
    except DropDiffersError:
        raise
    except RailUnavailableError:
        await asyncio.to_thread(note_stopped, opened, name, silent=True, code="no_balance")
        raise
    await asyncio.to_thread(note_answers, opened, name)
    return held


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
