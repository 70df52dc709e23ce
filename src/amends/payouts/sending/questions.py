"""Asking: what became of payments without a final answer; and sending the same again when due.

Rounds with growing pauses on the clock of the case. Whoever is still unknown after the last one
stays unknown and is counted; the next run, or reconciliation, asks again.
"""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.model import OpenInstruction
from amends.payouts.rails.model import FileRail, NotFound, PreparedRequest, Rail
from amends.payouts.sending import store
from amends.payouts.sending.dispatch import Recorder, begin_again, in_lanes
from amends.payouts.sending.record import Result
from amends.payouts.sending.rules import Step, after_not_found
from amends.payouts.sending.switch import halted
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0, 30, 120, 600, 1_800, 7_200, 21_600))
"""Before each round, on a simulated clock: money may take hours, and waiting costs nothing."""

REAL_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 30, 120, 120))
"""Before each round, on the machine's clock: later questions are for reconciliation."""


def _asking(rail: str) -> int:
    """The lock of whoever asks a rail and sends again: in the place of a chunk's number."""
    return -1 - zlib.crc32(rail.encode()) % 1_000_000


async def ask_until_known(
    opened: OpenCase,
    rail: Rail,
    session: Connection,
    recorder: Recorder,
    pauses: Sequence[timedelta] | None = None,
) -> int:
    """Ask about everything open, in rounds; how many stay open.

    Another command that already asks is left to it.
    """
    name = rail.capabilities.rail
    chosen = pauses or pauses_of(opened, rail)
    if not await asyncio.to_thread(store.try_lock_chunks, session, [_asking(name)]):
        return len(await asyncio.to_thread(_open, opened, name))
    try:
        await asyncio.to_thread(_forget_sending_again, opened, name)
        for pause in chosen:
            waiting = await asyncio.to_thread(_open, opened, name)
            if not waiting:
                break
            if pause:
                await asyncio.to_thread(opened.clock.sleep, pause)
            await ask_once(opened, rail, recorder, waiting)
            recorder.require_rail()
        return len(await asyncio.to_thread(_open, opened, name))
    finally:
        await asyncio.to_thread(store.unlock_chunks, session, [_asking(name)])


def pauses_of(opened: OpenCase, rail: Rail) -> Sequence[timedelta]:
    """Before each round; the other side of files answers in its own time, so there is one."""
    if rail.capabilities.orders_per_file > 1:
        return (timedelta(0),)
    return PAUSES if opened.clock.simulated else REAL_PAUSES


def _open(opened: OpenCase, rail: str) -> list[OpenInstruction]:
    """What has no final answer."""
    with opened.database.reading() as connection:
        return store.open_instructions(connection, rail)


def _amounts(opened: OpenCase, numbers: Sequence[InstructionId]) -> dict[str, Money]:
    """What was ordered under these numbers."""
    with opened.database.reading() as connection:
        return store.amounts(connection, numbers)


def _forget_sending_again(opened: OpenCase, rail: str) -> None:
    """What a killed command was sending again is unknown again."""
    with opened.database.unit_of_work() as connection:
        store.abandon_sent_again(connection, rail)


async def ask_once(
    opened: OpenCase, rail: Rail, recorder: Recorder, waiting: Sequence[OpenInstruction]
) -> None:
    """One round: ask about each; send again what the provider has not seen for long enough."""
    unseen: list[OpenInstruction] = []

    async def ask(instruction: OpenInstruction) -> None:
        if recorder.stopped_by is None:
            answer = await rail.query(instruction.number, instruction.amount)
            recorder.add(Result(number=instruction.number, answer=answer, asked=True))
            if isinstance(answer, NotFound):
                unseen.append(instruction)

    lanes = rail.capabilities.calls_in_flight
    await in_lanes(lanes, waiting, ask)
    await recorder.flush()
    now = opened.clock.now()
    reach_back = rail.capabilities.queries_reach_back
    due = [one.number for one in unseen if after_not_found(one, now, reach_back) is Step.SEND_AGAIN]
    if not due or recorder.stopped_by is not None:
        return
    requests = await asyncio.to_thread(begin_again, opened, rail, due)

    if rail.capabilities.orders_per_file > 1:
        by_files = cast("FileRail", rail)
        answers = await by_files.submit_together(requests, lambda: not halted(opened))
        for request, answer in zip(requests, answers, strict=True):
            recorder.add(Result(number=request.number, answer=answer))
        await recorder.flush()
        return

    async def send(request: PreparedRequest) -> None:
        if not recorder.sends:
            return  # it is written down as sending: the next round finds it unknown and asks
        answer = await rail.submit(request)
        recorder.add(Result(number=request.number, answer=answer))

    await in_lanes(lanes, requests, send)
    await recorder.flush()


async def ask_about(
    opened: OpenCase, rail: Rail, recorder: Recorder, numbers: Sequence[InstructionId]
) -> None:
    """Ask about some numbers, whatever their state (a callback hinted at them)."""
    amounts = await asyncio.to_thread(_amounts, opened, numbers) if numbers else {}

    async def ask(number: InstructionId) -> None:
        answer = await rail.query(number, amounts.get(number))
        recorder.add(Result(number=number, answer=answer, asked=True))

    await in_lanes(rail.capabilities.calls_in_flight, numbers, ask)
