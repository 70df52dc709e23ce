"""The SQL of clerical review: questions, answers, samples. Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.linkage.review.answers import Answer, Given
from amends.store.columns import moment, octets
from amends.store.connection import Connection

# Any number that no other lock of the case takes: "answer" in ASCII.
_ANSWER_LOCK = 0x616E73776572
_ANSWER = "SELECT question_id, reader, answer, reason, run_no, signature, occurred_at FROM "


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestion:
    """A question as the table keeps it: the accounts are sealed."""

    question_id: str
    kind: str
    evidence_sha256: str | None
    row_no: int | None
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A question of a sample, and of which stratum it was drawn."""

    question_id: str
    side: str
    stratum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample that was drawn."""

    sample_no: int
    run_no: int
    seed: int
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedItem:
    """Somebody who says that they were missed: what they showed (sealed), and what is asked."""

    item_id: str
    run_no: int
    taken_by: str
    sealed: bytes
    questions: tuple[str, ...]


def insert_questions(connection: Connection, questions: Sequence[StoredQuestion]) -> None:
    """Keep questions; those that are kept already stay as they are."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO linkage.question (question_id, kind, evidence_sha256, row_no, sealed) "
            "VALUES (%(question_id)s, %(kind)s, %(sha256)s, %(row_no)s, %(sealed)s) "
            "ON CONFLICT ON CONSTRAINT question_pkey DO NOTHING",
            [
                {
                    "question_id": one.question_id,
                    "kind": one.kind,
                    "sha256": one.evidence_sha256,
                    "row_no": one.row_no,
                    "sealed": one.sealed,
                }
                for one in questions
            ],
        )


def questions(connection: Connection) -> list[StoredQuestion]:
    """All questions that anybody was asked, by id."""
    rows = connection.execute(
        "SELECT question_id, kind, evidence_sha256, row_no, sealed FROM linkage.question "
        "ORDER BY question_id"
    )
    return [
        StoredQuestion(
            question_id=str(question_id),
            kind=str(kind),
            evidence_sha256=None if sha256 is None else str(sha256),
            row_no=None if row_no is None else int(str(row_no)),
            sealed=octets(sealed),
        )
        for question_id, kind, sha256, row_no, sealed in rows
    ]


def insert_answer(connection: Connection, given: Given, sealed_reason: bytes) -> bool:
    """Keep an answer; False where the reader has answered the question before."""
    cursor = connection.execute(
        "INSERT INTO linkage.answer "
        "(question_id, reader, answer, reason, run_no, signature, occurred_at) "
        "VALUES (%(question_id)s, %(reader)s, %(answer)s, %(reason)s, %(run_no)s, %(signature)s, "
        "%(occurred_at)s) ON CONFLICT ON CONSTRAINT answer_once_per_reader DO NOTHING",
        {
            "question_id": given.question_id,
            "reader": given.reader,
            "answer": given.answer.value,
            "reason": sealed_reason,
            "run_no": given.run_no,
            "signature": given.signature,
            "occurred_at": given.occurred_at,
        },
    )
    return cursor.rowcount == 1


def lock_answers(connection: Connection) -> None:
    """Let one reader at a time answer: the third answer to a question is the last."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _ANSWER_LOCK})


def answers(connection: Connection) -> list[tuple[Given, bytes]]:
    """All answers in the order they came, each with its sealed reason."""
    return [
        (
            Given(
                question_id=str(question_id),
                reader=str(reader),
                answer=Answer(str(answer)),
                reason="",
                run_no=int(str(run_no)),
                occurred_at=moment(occurred_at),
                signature=octets(signature),
            ),
            octets(reason),
        )
        for question_id, reader, answer, reason, run_no, signature, occurred_at in (
            connection.execute(_ANSWER + "linkage.answer ORDER BY answer_no")
        )
    ]


def insert_sample(connection: Connection, sample: Sample, drawn_at: datetime) -> None:
    """Keep a sample."""
    connection.execute(
        "INSERT INTO linkage.sample (sample_no, run_no, seed, size, drawn_at) "
        "VALUES (%(sample_no)s, %(run_no)s, %(seed)s, %(size)s, %(drawn_at)s)",
        {
            "sample_no": sample.sample_no,
            "run_no": sample.run_no,
            "seed": sample.seed,
            "size": len(sample.drawn),
            "drawn_at": drawn_at,
        },
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO linkage.sample_question (sample_no, place, question_id, side, stratum) "
            "VALUES (%(sample_no)s, %(place)s, %(question_id)s, %(side)s, %(stratum)s)",
            [
                {
                    "sample_no": sample.sample_no,
                    "place": place,
                    "question_id": one.question_id,
                    "side": one.side,
                    "stratum": one.stratum,
                }
                for place, one in enumerate(sample.drawn)
            ],
        )


def newest_sample(connection: Connection) -> Sample | None:
    """The sample that was drawn last."""
    row = connection.execute(
        "SELECT sample_no, run_no, seed FROM linkage.sample ORDER BY sample_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    sample_no, run_no, seed = (int(str(value)) for value in row)
    rows = connection.execute(
        "SELECT question_id, side, stratum FROM linkage.sample_question "
        "WHERE sample_no = %(sample_no)s ORDER BY place",
        {"sample_no": sample_no},
    )
    drawn = tuple(
        Drawn(question_id=str(question_id), side=str(side), stratum=str(stratum))
        for question_id, side, stratum in rows
    )
    return Sample(sample_no=sample_no, run_no=run_no, seed=seed, drawn=drawn)


def insert_missed(connection: Connection, item: MissedItem, occurred_at: datetime) -> None:
    """Keep what somebody who was missed showed; the same rows again change nothing."""
    cursor = connection.execute(
        "INSERT INTO linkage.missed (item_id, run_no, taken_by, sealed, occurred_at) "
        "VALUES (%(item_id)s, %(run_no)s, %(taken_by)s, %(sealed)s, %(occurred_at)s) "
        "ON CONFLICT ON CONSTRAINT missed_pkey DO NOTHING",
        {
            "item_id": item.item_id,
            "run_no": item.run_no,
            "taken_by": item.taken_by,
            "sealed": item.sealed,
            "occurred_at": occurred_at,
        },
    )
    if cursor.rowcount == 0:
        return
    with connection.cursor() as many:
        many.executemany(
            "INSERT INTO linkage.missed_question (item_id, place, question_id) "
            "VALUES (%(item_id)s, %(place)s, %(question_id)s)",
            [
                {"item_id": item.item_id, "place": place, "question_id": question_id}
                for place, question_id in enumerate(item.questions)
            ],
        )


def missed(connection: Connection) -> list[MissedItem]:
    """Everybody who said that they were missed, in the order they came."""
    rows = connection.execute(
        "SELECT missed.item_id, missed.run_no, missed.taken_by, missed.sealed, "
        "array_agg(asked.question_id ORDER BY asked.place) "
        "FROM linkage.missed AS missed "
        "JOIN linkage.missed_question AS asked ON asked.item_id = missed.item_id "
        "GROUP BY missed.item_id ORDER BY missed.recorded_at, missed.item_id"
    )
    return [
        MissedItem(
            item_id=str(item_id),
            run_no=int(str(run_no)),
            taken_by=str(taken_by),
            sealed=octets(sealed),
            questions=_texts(questions),
        )
        for item_id, run_no, taken_by, sealed, questions in rows
    ]


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list)  # noqa: S101 -- an array column
    return tuple(str(one) for one in value)
