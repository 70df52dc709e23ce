"""Results into the database: state, raw answer and books of each in one transaction.

This is the second transaction of the protocol. A result that was never recorded is not lost: its
instruction is still ``sending``, the next run finds it unknown, and asks.

Nearly every result is the first about its instruction. Those are moved together, by one statement
that leaves out whatever has a result already; what it leaves out is looked at one by one. The books
move the money of all that went the same way in one transfer, and say beside it which these were.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from amends.kernel.ids import AwardIndex, InstructionId
from amends.ledger import service as ledger
from amends.ledger.model import OWED, RETURNED, SETTLED, Transfer, in_flight
from amends.payouts.model import Change, Contradiction, Move, Standing, State, Unsent
from amends.payouts.rails.model import (
    QueryAnswer,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.sending import answer_store, packs, rules, store
from amends.payouts.sending.answer_store import AnswerPack, AnswerRow
from amends.payouts.sending.gather_store import remove_packs
from amends.payouts.sending.store import First, Movement
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

ANSWER_PURPOSE = "payout-answer"
PACK_PURPOSE = "payout-answers"
_UNTOLD: Final = "0"


class Result(NamedTuple):
    """What a submission, or a question (``asked``), brought.

    ``chunk_no`` and ``sent``: of a first submission.
    """

    number: InstructionId
    answer: QueryAnswer
    chunk_no: int | None = None
    sent: Unsent | None = None
    asked: bool = False


def first_result(answer: QueryAnswer, chunk_no: int, sent: Unsent) -> Result:
    """What the first submission of an instruction of a chunk brought."""
    return tuple.__new__(Result, (sent.number, answer, chunk_no, sent, False))  # as `rows_of`


class Moved(NamedTuple):
    """A payment whose money is moved in the books."""

    number: str
    award_index: AwardIndex
    generation: int
    amount_minor: int


Moves = Mapping[str, Sequence[Moved | Unsent]]
"""By reason: the payments that are moved."""
_Moving = dict[str, list[Moved | Unsent]]


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
            remove_packs(connection, finished_chunks)


def apply_results(
    opened: OpenCase, connection: Connection, rail: str, results: Sequence[Result]
) -> None:
    """The same inside a transaction of the caller's. Books are written last: others wait there."""
    now = opened.clock.now()
    moves: _Moving = {}
    first, later = _parted(results)
    told = store.lock_chunks(connection, first, {one.number for one in later})
    if first:
        if kept := list(_packs(opened, first)):
            answer_store.insert_packs(connection, kept, now)
        unlisted = [one for some in first.values() for one in some if _unlisted(one.answer)]
        if rows := list(_answer_rows(opened, unlisted)):
            answer_store.insert_answers(connection, rows, now)
        later += _first(connection, first, told, moves, now)
    if later:
        _one_by_one(opened, connection, rail, later, moves, now)
    post_moves(opened, connection, moves, rail, now)


def _parted(results: Iterable[Result]) -> tuple[dict[int, list[Result]], list[Result]]:
    """First results by the chunk that they are of, and all others, in order.

    Of two first ones about a number the last is the first.
    """
    first: dict[int, list[Result]] = {}
    later: list[Result] = []
    for chunk_no, some in groupby(results, attrgetter("chunk_no")):
        (later if chunk_no is None else first.setdefault(chunk_no, [])).extend(some)
    twice: list[Result] = []
    for chunk_no, of_chunk in first.items():
        newest = {one.number: one for one in of_chunk}
        if len(newest) < len(of_chunk):
            twice += [one for one in of_chunk if newest[one.number] is not one]
            first[chunk_no] = list(newest.values())
    return first, twice + later


def _first(
    connection: Connection,
    by_chunk: Mapping[int, Sequence[Result]],
    told: Mapping[int, str],
    moves: _Moving,
    now: datetime,
) -> list[Result]:
    """Move on what has no result yet; the results of the others.

    *told*: of each chunk, for each place, whether anything was told before (``1``).
    """
    paid = {chunk_no: _paid(results, told[chunk_no]) for chunk_no, results in by_chunk.items()}
    places = {
        chunk_no: [
            (sent.place, answer.provider_reference, answer.settled_at or now)
            for sent, answer in some
        ]
        for chunk_no, some in paid.items()
        if some
    }
    if places:
        store.insert_settlements(connection, places)
        settled = [sent for some in paid.values() for sent, _ in some]
        moves.setdefault(Move.SETTLE, []).extend(settled)
    left: dict[InstructionId, Result] = {}
    for chunk_no, results in by_chunk.items():
        if len(paid[chunk_no]) == len(results):
            continue
        ended = {sent.number for sent, _ in paid[chunk_no]}
        others = {one.number: one for one in results if one.number not in ended}
        left |= others
        for alike, rows in _alike(others.values(), now).items():
            answered = store.answer_first(connection, chunk_no, alike, rows)
            if answered is None:
                continue
            payments = list(map(Moved._make, answered.rows()))
            for move in alike.moves:
                moves.setdefault(move, []).extend(payments)
            for number in answered.numbers:
                del left[InstructionId(number)]
    return list(left.values())


def _paid(results: Iterable[Result], told: str) -> list[tuple[Unsent, Settled]]:
    """Those that were paid at once, of which nothing was told before: nearly all."""
    return [
        (sent, answer)
        for _, answer, _, sent, _ in results
        if sent is not None and isinstance(answer, Settled) and told[sent.place] == _UNTOLD
    ]


def _alike(results: Iterable[Result], now: datetime) -> dict[Change, list[First]]:
    """What first answers make of their instructions: those together that differ in detail only."""
    found: dict[Change, list[First]] = {}
    for number, answer, *_ in results:
        change = rules.after(State.SENDING, answer, now)
        if isinstance(change, Change):
            alike = replace(change, provider_reference=None, settled_at=None)
            rows = found.setdefault(alike, [])
            rows.append((number, change.provider_reference, change.settled_at))
    return found


def _one_by_one(
    opened: OpenCase,
    connection: Connection,
    rail: str,
    results: Sequence[Result],
    moves: _Moving,
    now: datetime,
) -> None:
    """Move on what has a result already, or is asked about, by what each of them was."""
    standings = store.standings(connection, (result.number for result in results))
    known = [result for result in results if result.number in standings]
    answers = list(_answer_rows(opened, [one for one in known if one.chunk_no is None]))
    if answers:
        answer_store.insert_answers(connection, answers, now)
    asked = [result.number for result in known if result.asked]
    if asked:
        store.count_questions(connection, asked)
    for wave in _waves(known):
        changes: list[tuple[InstructionId, Change]] = []
        for result in wave:
            standing = standings[result.number]
            match rules.after(standing.state, result.answer, now):
                case Change() as change:
                    changes.append((result.number, change))
                    _note(moves, standing, change)
                    standings[result.number] = replace(standing, state=change.state)
                case Contradiction(told=told):
                    store.insert_contradiction(
                        connection, rail=rail, standing=standing, told=told, now=now
                    )
                case None:
                    pass
        if changes:
            store.apply_changes(connection, changes)


def _note(moves: _Moving, standing: Standing, change: Change) -> None:
    """Add what a change moves."""
    payment = Moved(
        standing.number, standing.award_index, standing.generation, standing.amount.amount_minor
    )
    for move in change.moves:
        moves.setdefault(move, []).append(payment)


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


def _packs(opened: OpenCase, by_chunk: Mapping[int, Sequence[Result]]) -> Iterator[AnswerPack]:
    """What first submissions brought, by the chunk; a timeout brought nothing and is not kept.

    A refusal for a reason that is not listed is kept by itself, with the provider's word.
    """
    for chunk_no, of_chunk in by_chunk.items():
        answers = [
            (one.number, rules.told(one.answer), one.answer.raw)
            for one in of_chunk
            if one.answer.raw and not _unlisted(one.answer)
        ]
        if not answers:
            continue
        plain = packs.packed(answers)
        digest = hashlib.sha256(plain).digest()
        yield AnswerPack(
            sha256=digest,
            chunk_no=chunk_no,
            answers=len(answers),
            sealed=opened.vault.seal(plain, PACK_PURPOSE, digest.hex()),
        )


def _unlisted(answer: QueryAnswer) -> bool:
    """Whether a payment was refused for a reason that a person has to look at."""
    return isinstance(answer, Refused) and answer.reason is RefusalReason.UNLISTED


def _answer_rows(opened: OpenCase, results: Iterable[Result]) -> Iterator[AnswerRow]:
    """What was received later, sealed; a timeout brought nothing and is not kept."""
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


def keep_answer(
    opened: OpenCase, connection: Connection, number: InstructionId, answer: QueryAnswer
) -> None:
    """Keep what a question brought that moves nothing by itself: people decide on it."""
    found = list(_answer_rows(opened, [Result(number=number, answer=answer, asked=True)]))
    if found:
        answer_store.insert_answers(connection, found, opened.clock.now())


def answers_to(opened: OpenCase, number: InstructionId) -> list[bytes]:
    """Every answer about a number as it was received, first ones first.

    Raises:
        SealError: an answer was changed by someone who has no key.
    """
    with opened.database.reading() as connection:
        packed, single = answer_store.kept_answers(connection, number)
    found = [
        raw
        for digest, sealed in packed
        for of, _, raw in packs.unpacked(opened.vault.unseal(sealed, PACK_PURPOSE, digest.hex()))
        if of == number
    ]
    return found + [opened.vault.unseal(one, ANSWER_PURPOSE, sha.hex()) for sha, one in single]


SEND: Final = "send"


def post_moves(
    opened: OpenCase, connection: Connection, moves: Moves, rail: str, now: datetime
) -> None:
    """Move money in the books: a transfer for all of one reason, and which payments it is of."""
    accounts = {
        SEND: (OWED, in_flight(rail)),
        Move.SETTLE: (in_flight(rail), SETTLED),
        Move.REFUSE: (in_flight(rail), OWED),
        Move.RETURN: (SETTLED, RETURNED),
        Move.NOT_PAID: (SETTLED, OWED),
        Move.NOT_RETURNED: (RETURNED, SETTLED),
        Move.PAID_AFTER_ALL: (OWED, SETTLED),
    }
    transfers, movements = [], []
    for move, payments in sorted(moves.items()):
        debit, credit = accounts[move]
        digest = digest_of(payments)
        if move == Move.RETURN and (again := store.found_kept(connection, payments)):
            digest = hashlib.sha256(f"{digest} {again}".encode()).hexdigest()
        transfer = Transfer(
            transfer_id=f"{move}:{digest}",
            debit=debit,
            credit=credit,
            amount_minor=sum([one.amount_minor for one in payments]),
            currency=opened.case.file.currency,
            reason=move,
            subject=digest,
            occurred_at=now,
        )
        transfers.append(transfer)
        awards = [one.award_index for one in payments]
        generations = [one.generation for one in payments]
        movements.append(Movement(transfer.transfer_id, move, awards, generations))
    if movements:
        store.insert_movements(connection, movements)
    ledger.post(connection, transfers)


def digest_of(payments: Iterable[Moved | Unsent]) -> str:
    """SHA-256 of the sorted lines ``number amount`` of payments, as for a plan."""
    lines = sorted([f"{one.number} {one.amount_minor}\n" for one in payments])
    return hashlib.sha256("".join(lines).encode()).hexdigest()
