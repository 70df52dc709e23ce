"""Results into the database: state, raw answer and books of each in one transaction.

This is the second transaction of the protocol. A result that was never recorded is not lost: its
instruction is still ``sending``, the next run finds it unknown, and asks.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import InstructionId
from amends.ledger import service as ledger
from amends.ledger.model import OWED, RETURNED, SETTLED, Transfer, in_flight
from amends.payouts import rules, store
from amends.payouts.model import Change, Contradiction, Move, Standing
from amends.payouts.rails.model import QueryAnswer, Refused, Returned, Unknown
from amends.payouts.store import AnswerRow
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

ANSWER_PURPOSE = "payout-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a submission or a question brought. ``chunk_no``: of a first submission."""

    number: InstructionId
    answer: QueryAnswer
    asked: bool
    chunk_no: int | None = None


def record_results(
    opened: OpenCase, rail: str, results: Sequence[Result], finished_chunks: Sequence[int] = ()
) -> None:
    """Write down what came back, and which chunks are through with it."""
    if not results and not finished_chunks:
        return
    with opened.database.unit_of_work() as connection:
        apply_results(opened, connection, rail, results)
        if finished_chunks:
            store.chunk_sent(connection, finished_chunks)


def apply_results(
    opened: OpenCase, connection: Connection, rail: str, results: Sequence[Result]
) -> None:
    """The same inside a transaction of the caller's. Books are written last: others wait there."""
    now = opened.clock.now()
    standings = store.standings(connection, (result.number for result in results))
    known = [result for result in results if result.number in standings]
    answers = list(_answer_rows(opened, known))
    if answers:
        store.insert_answers(connection, answers, now)
    asked = [result.number for result in known if result.asked]
    if asked:
        store.count_questions(connection, asked)
    transfers: list[Transfer] = []
    for wave in _waves(known):
        changes: list[tuple[InstructionId, Change]] = []
        for result in wave:
            standing = standings[result.number]
            match rules.after(standing.state, result.answer, now):
                case Change() as change:
                    changes.append((result.number, change))
                    transfers += moved(standing, change, rail, now)
                    standings[result.number] = Standing(
                        number=standing.number,
                        state=change.state,
                        amount=standing.amount,
                        chunk_no=standing.chunk_no,
                    )
                case Contradiction(told=told):
                    store.insert_contradiction(
                        connection, rail=rail, standing=standing, told=told, now=now
                    )
                case None:
                    pass
        if changes:
            store.apply_changes(connection, changes)
    if transfers:
        ledger.post(connection, transfers)


def _waves(results: Iterable[Result]) -> Iterator[list[Result]]:
    """Results in order, so that no wave has two about one number (nearly always one wave)."""
    waiting = list(results)
    while waiting:
        wave: dict[str, Result] = {}
        later: list[Result] = []
        for result in waiting:
            if result.number in wave:
                later.append(result)
            else:
                wave[result.number] = result
        yield list(wave.values())
        waiting = later


def _answer_rows(opened: OpenCase, results: Iterable[Result]) -> Iterator[AnswerRow]:
    """What was received, sealed; a timeout brought nothing and is not kept."""
    for result in results:
        answer = result.answer
        if not answer.raw:
            continue
        kind = "question" if result.asked else "submission"
        digest = hashlib.sha256(f"{result.number} {kind}\n".encode() + answer.raw).digest()
        yield AnswerRow(
            sha256=digest,
            number=result.number,
            kind=kind,
            outcome=rules.told(answer),
            code=answer.code if isinstance(answer, Refused | Unknown | Returned) else None,
            sealed=opened.vault.seal(answer.raw, ANSWER_PURPOSE, digest.hex()),
        )


def moved(standing: Standing, change: Change, rail: str, now: datetime) -> Iterator[Transfer]:
    """The transfers of a change."""
    accounts = {
        Move.SETTLE: (in_flight(rail), SETTLED),
        Move.REFUSE: (in_flight(rail), OWED),
        Move.RETURN: (SETTLED, RETURNED),
    }
    for move in change.moves:
        debit, credit = accounts[move]
        yield Transfer(
            transfer_id=f"{move}:{standing.number}",
            debit=debit,
            credit=credit,
            amount_minor=standing.amount.amount_minor,
            currency=standing.amount.currency,
            reason=str(move),
            subject=standing.number,
            occurred_at=now,
        )
