"""Taking payments back that wait for their payees: two people sign, then the provider is asked.

Written down first, then asked, as with every payment. Only the provider's own signed word ends one:
`cancelled` (or `not_confirmed`, where its time was over) is a final refusal, after which the next
account of the person comes in force, or the person is needed. Whoever confirmed just before has the
money, and it is settled. What nobody can say stays as it was, and is asked about again.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final, cast

import uvloop

from amends.governance.model import SYSTEM
from amends.governance.service import audit_in, require_approval, with_signers
from amends.kernel.errors import AmendsError
from amends.kernel.ids import InstructionId
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.payouts.after_payment import revoking_store
from amends.payouts.opening import open_rails
from amends.payouts.rails.model import Delivery, Rail, RevocableRail
from amends.payouts.sending.dispatch import Recorder, in_lanes
from amends.payouts.sending.questions import ask_about, pauses_of
from amends.payouts.sending.record import Result
from amends.payouts.sending.recording import recording
from amends.payouts.sending.switch import Halt
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

KIND: Final = "revoke"
"""The kind of the proposal."""


class RevokeError(AmendsError):
    """Nothing can be taken back."""

    code: ClassVar[str] = "revoke"


def revoke(
    opened: OpenCase,
    reason: str,
    *,
    held_for: timedelta = timedelta(0),
    awards: Sequence[int] = (),
    dry_run: bool = False,
) -> StageSummary:
    """Take back what waits for its payee, longer than *held_for*, of *awards* (none: of all).

    What was signed before and still waits is asked for again first. In a dry run nothing happens.

    Raises:
        RevokeError: nothing of it waits, or no rail of the case lets its payments be taken back.
        WaitingForApprovalError: two people have to sign.
    """
    return uvloop.run(_revoke(opened, reason, held_for, awards, dry_run=dry_run))


async def _revoke(
    opened: OpenCase, reason: str, held_for: timedelta, awards: Sequence[int], *, dry_run: bool
) -> StageSummary:
    async with open_rails(opened) as rails:
        return await revoke_through(
            opened, rails, reason, held_for=held_for, awards=awards, dry_run=dry_run
        )


async def revoke_through(
    opened: OpenCase,
    rails: Sequence[Rail],
    reason: str,
    *,
    held_for: timedelta = timedelta(0),
    awards: Sequence[int] = (),
    dry_run: bool = False,
) -> StageSummary:
    """The same, through rails that are open."""
    able = [one for one in rails if one.capabilities.delivery is Delivery.CONFIRM]
    if not able:
        raise RevokeError(said("no rail of this case lets its payments be taken back"))
    counts: Counter[str] = Counter()
    notes: list[Said] = []
    for rail in able:
        if dry_run:
            with opened.database.reading() as connection:
                counts["to_revoke"] += len(_held(opened, connection, rail, held_for, awards))
            continue
        numbers = await asyncio.to_thread(_signed, opened, rail, reason, held_for, awards)
        counts.update(await _ask_back(opened, cast("RevocableRail", rail), numbers))
    if not counts.total():
        raise RevokeError(said("nothing waits for its payee that could be taken back"))
    if counts.get("accepted"):
        notes.append(
            said(
                "{count:,} have no answer yet: `amends reconcile CASE` asks",
                count=counts["accepted"],
            )
        )
    if counts.get("refused"):
        notes.append(
            said(
                "{count:,} never left: `amends pay CASE` proposes the next account where there is "
                "one; the others need the person (`amends retry CASE`)",
                count=counts["refused"],
            )
        )
    return StageSummary(counts=counts, notes=tuple(notes))


def _held(
    opened: OpenCase,
    connection: Connection,
    rail: Rail,
    held_for: timedelta = timedelta(0),
    awards: Sequence[int] = (),
) -> list[revoking_store.Held]:
    """What is to be taken back of a rail: nothing twice."""
    name, until = rail.capabilities.rail, opened.clock.now() - held_for
    before = set(revoking_store.waiting(connection, name))
    found = revoking_store.held(connection, name, until=until, awards=awards)
    return [one for one in found if one.number not in before]


def _signed(
    opened: OpenCase, rail: Rail, reason: str, held_for: timedelta, awards: Sequence[int]
) -> list[InstructionId]:
    """Have it signed and write it down; what is to be taken back now, with what still waits.

    What is signed is what waits: where a payee confirms meanwhile, or a stop takes the payment
    back, it is looked at again.
    """
    while True:
        with opened.database.reading() as connection:
            found = _held(opened, connection, rail, held_for, awards)
            if not found:
                return revoking_store.waiting(connection, rail.capabilities.rail)
        body = _ordered(opened, rail, reason, found)
        proposal = require_approval(opened, KIND, with_signers(opened, body))
        with opened.database.unit_of_work() as connection:
            revoking_store.lock(connection, [one.number for one in found])
            still = set(_held(opened, connection, rail, held_for, awards))
            if still.issuperset(found):
                _write_down(opened, connection, body, found, proposal=proposal)
                return revoking_store.waiting(connection, rail.capabilities.rail)


def _ordered(
    opened: OpenCase, rail: Rail, reason: str, found: Sequence[revoking_store.Held]
) -> dict[str, str | int]:
    """What is decided: how many, how much, and a digest of the numbers."""
    lines = "".join(f"{one.number} {one.amount_minor}\n" for one in found)
    return {
        "rail": rail.capabilities.rail,
        "count": len(found),
        "total_minor": sum(one.amount_minor for one in found),
        "currency": opened.case.file.currency,
        "numbers_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "reason": reason,
    }


def _write_down(
    opened: OpenCase,
    connection: Connection,
    body: Mapping[str, str | int],
    found: Sequence[revoking_store.Held],
    *,
    proposal: str | None = None,
    switch: int | None = None,
) -> None:
    """Write down that these are taken back: by two people's signatures, or by a stop."""
    values = {**body, "proposal": proposal, "switch": switch, "now": opened.clock.now()}
    revoking_store.insert(connection, values, [one.number for one in found])
    audit_in(connection, opened, SYSTEM, "payments taken back", {**body})


async def revoke_stopped(opened: OpenCase, rail: Rail, halt: Halt) -> dict[str, int]:
    """Take back everything that waits for its payee, by a stop; how many by state."""
    numbers = await asyncio.to_thread(_stopped, opened, rail, halt)
    return await _ask_back(opened, cast("RevocableRail", rail), numbers)


def _stopped(opened: OpenCase, rail: Rail, halt: Halt) -> list[InstructionId]:
    """Write down what a stop takes back, nothing twice; what is to be taken back now."""
    with opened.database.unit_of_work() as connection:
        held = _held(opened, connection, rail)
        revoking_store.lock(connection, [one.number for one in held])
        still = set(_held(opened, connection, rail))
        if found := [one for one in held if one in still]:
            body = _ordered(opened, rail, halt.reason, found)
            _write_down(opened, connection, body, found, switch=halt.switch_no)
        return revoking_store.waiting(connection, rail.capabilities.rail)


async def _ask_back(
    opened: OpenCase, rail: RevocableRail, numbers: Sequence[InstructionId]
) -> dict[str, int]:
    """Ask the provider to take payments back, and then how each ended; how many by state."""
    if not numbers:
        return {}
    name = rail.capabilities.rail
    with opened.database.session() as session:
        async with recording(opened, rail, session) as recorder:
            await _cancel(rail, recorder, numbers)
            for pause in pauses_of(opened, rail):
                with opened.database.reading() as connection:
                    left = set(revoking_store.waiting(connection, name)) & set(numbers)
                if not left:
                    break
                if pause:
                    await asyncio.to_thread(opened.clock.sleep, pause)
                await ask_about(opened, rail, recorder, sorted(left))
                await recorder.flush()
    with opened.database.reading() as connection:
        return revoking_store.ended(connection, numbers)


async def _cancel(
    rail: RevocableRail, recorder: Recorder, numbers: Sequence[InstructionId]
) -> None:
    """One request each; what it answers is kept, and ends nothing but by a final state."""

    async def take_back(number: InstructionId) -> None:
        answer = await rail.cancel(number)
        recorder.add(Result(number=number, answer=answer, asked=True))

    await in_lanes(rail.capabilities.calls_in_flight, numbers, take_back)
    await recorder.flush()
