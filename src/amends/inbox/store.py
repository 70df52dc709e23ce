"""The inbox's statements. The public process may do the first seven; the rest is for who opens."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from amends.inbox.model import KEPT_DAYS, Answer, AnswerState, Kind, Message
from amends.store.connection import Connection

_ANSWER_LOCK: Final = 0x696E6278  # docs/locking.md


def add_message(  # noqa: PLR0913 - the columns
    connection: Connection,
    *,
    submission_key: bytes,
    mark: bytes,
    secret_mark: bytes,
    kind: Kind,
    reference: str,
    sealed: bytes,
) -> bool:
    """Add a message; False where one was sent from the same form before."""
    done = connection.execute(
        """
        INSERT INTO inbox.message
            (submission_key, content_mark, secret_mark, kind, reference, sealed)
        VALUES (
            %(submission_key)s, %(mark)s, %(secret_mark)s, %(kind)s, %(reference)s, %(sealed)s
        )
        ON CONFLICT DO NOTHING
        """,
        {
            "submission_key": submission_key,
            "mark": mark,
            "secret_mark": secret_mark,
            "kind": kind.value,
            "reference": reference,
            "sealed": sealed,
        },
    )
    return done.rowcount == 1


def content_mark_of(connection: Connection, submission_key: bytes) -> bytes | None:
    """The mark of the message that was sent from this form, if one was."""
    row = connection.execute(
        "SELECT content_mark FROM inbox.message WHERE submission_key = %(submission_key)s",
        {"submission_key": submission_key},
    ).fetchone()
    if row is None:
        return None
    assert isinstance(row[0], bytes)  # noqa: S101 - bytea
    return row[0]


def add_attachment(connection: Connection, attachment_id: bytes, sealed: bytes) -> None:
    """Add a file that was sent along; which message it is of stands in that message, sealed."""
    connection.execute(
        """
        INSERT INTO inbox.attachment (attachment_id, sealed)
        VALUES (%(attachment_id)s, %(sealed)s)
        """,
        {"attachment_id": attachment_id, "sealed": sealed},
    )


def mark_sent(connection: Connection, attachment_ids: Sequence[bytes]) -> None:
    """Their message came: they stay.

    Raises:
        psycopg.errors.ForeignKeyViolation: one of them is not there.
    """
    connection.execute(
        """
        INSERT INTO inbox.sent (attachment_id)
        SELECT unnest(%(attachment_ids)s::bytea[])
        ON CONFLICT DO NOTHING
        """,
        {"attachment_ids": list(attachment_ids)},
    )


def add_report(connection: Connection, mark: bytes) -> None:
    """One more report of the number of this mark."""
    connection.execute("INSERT INTO inbox.reported (mark) VALUES (%(mark)s)", {"mark": mark})


def reports(connection: Connection, mark: bytes, most: int) -> int:
    """How many reports of a number there are, at most *most*."""
    row = connection.execute(
        """
        SELECT count(*)
        FROM (SELECT 1 FROM inbox.reported WHERE mark = %(mark)s LIMIT %(most)s) AS one
        """,
        {"mark": mark, "most": most},
    ).fetchone()
    assert row is not None  # noqa: S101 - a count
    return int(str(row[0]))


def shown(connection: Connection, way_back: bytes) -> tuple[bool, bytes | None]:
    """Whether a message of this way back came, and what its sender is told, sealed."""
    row = connection.execute(
        """
        SELECT shown.sealed
        FROM inbox.message LEFT JOIN inbox.shown USING (way_back)
        WHERE way_back = %(way_back)s
        """,
        {"way_back": way_back},
    ).fetchone()
    if row is None:
        return False, None
    assert row[0] is None or isinstance(row[0], bytes)  # noqa: S101 - bytea
    return True, row[0]


def lock_answers(connection: Connection) -> None:
    """One transaction at a time answers."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _ANSWER_LOCK})


def secret_mark_of(connection: Connection, message_no: int) -> bytes | None:
    """The mark of a message's secret."""
    row = connection.execute(
        "SELECT secret_mark FROM inbox.message WHERE message_no = %(message_no)s",
        {"message_no": message_no},
    ).fetchone()
    if row is None:
        return None
    assert isinstance(row[0], bytes)  # noqa: S101 - bytea
    return row[0]


def answers(connection: Connection, message_no: int) -> list[Answer]:
    """What the sender of a message was told, the oldest first."""
    rows = connection.execute(
        """
        SELECT state, words, (recorded_at AT TIME ZONE 'Asia/Shanghai')::date
        FROM inbox.answer
        WHERE message_no = %(message_no)s
        ORDER BY answer_no
        """,
        {"message_no": message_no},
    )
    found = []
    for state, words, day in rows:
        assert isinstance(day, date)  # noqa: S101 - a date
        found.append(Answer(state=AnswerState(str(state)), words=str(words), day=day))
    return found


def add_answer(
    connection: Connection, message_no: int, answer_no: int, state: AnswerState, words: str
) -> None:
    """Add what a sender is told."""
    connection.execute(
        """
        INSERT INTO inbox.answer (message_no, answer_no, state, words)
        VALUES (%(message_no)s, %(answer_no)s, %(state)s, %(words)s)
        """,
        {"message_no": message_no, "answer_no": answer_no, "state": state.value, "words": words},
    )


def show(connection: Connection, way_back: bytes, sealed: bytes) -> None:
    """Put what a sender is told where the public process finds it."""
    connection.execute(
        """
        INSERT INTO inbox.shown (way_back, sealed) VALUES (%(way_back)s, %(sealed)s)
        ON CONFLICT ON CONSTRAINT shown_pkey DO UPDATE SET sealed = excluded.sealed
        """,
        {"way_back": way_back, "sealed": sealed},
    )


def clear_unsent(connection: Connection) -> int:
    """Delete files whose message has not come for days; how many."""
    done = connection.execute(
        """
        DELETE FROM inbox.attachment
        WHERE received_at < now() - make_interval(days => %(days)s)
        AND NOT EXISTS (
            SELECT 1 FROM inbox.sent WHERE sent.attachment_id = attachment.attachment_id
        )
        """,
        {"days": KEPT_DAYS},
    )
    return done.rowcount


def messages(
    connection: Connection, *, before: int | None, most: int, kind: Kind | None = None
) -> Iterator[Message]:
    """Messages from the newest down, at most so many, those below a number, of one kind."""
    rows = connection.execute(
        """
        SELECT message_no, kind, reference, received_at, octet_length(sealed)
        FROM inbox.message
        WHERE (%(before)s::bigint IS NULL OR message_no < %(before)s)
        AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        ORDER BY message_no DESC
        LIMIT %(most)s
        """,
        {"before": before, "most": most, "kind": kind.value if kind else None},
    )
    for row in rows:
        yield _message(*row)


def _message(
    number: object, kind: object, reference: object, received_at: object, size: object
) -> Message:
    assert isinstance(received_at, datetime)  # noqa: S101 - timestamptz
    return Message(
        message_no=int(str(number)),
        kind=Kind(str(kind)),
        reference=str(reference),
        received_at=received_at,
        size_bytes=int(str(size)),
    )


def sealed_reports(
    connection: Connection, most: int, *, first: int, last: int
) -> list[tuple[Message, bytes]]:
    """Reports of numbers *first* to *last* and what is sealed of each, the newest first."""
    rows = connection.execute(
        """
        SELECT message_no, kind, reference, received_at, octet_length(sealed), sealed
        FROM inbox.message
        WHERE kind = 'scam' AND message_no BETWEEN %(first)s AND %(last)s
        ORDER BY message_no DESC
        LIMIT %(most)s
        """,
        {"most": most, "first": first, "last": last},
    )
    found = []
    for *head, sealed in rows:
        assert isinstance(sealed, bytes)  # noqa: S101 - bytea
        found.append((_message(*head), sealed))
    return found


def reports_between(connection: Connection, *, first: int, last: int) -> int:
    """How many reports there are of numbers *first* to *last*."""
    row = connection.execute(
        """
        SELECT count(*) FROM inbox.message
        WHERE kind = 'scam' AND message_no BETWEEN %(first)s AND %(last)s
        """,
        {"first": first, "last": last},
    ).fetchone()
    assert row is not None  # noqa: S101 - a count
    return int(str(row[0]))


def last_answers(connection: Connection, message_nos: Sequence[int]) -> dict[int, AnswerState]:
    """What the senders of these messages were told last; who was told nothing is not in it."""
    rows = connection.execute(
        """
        SELECT DISTINCT ON (message_no) message_no, state
        FROM inbox.answer
        WHERE message_no = ANY(%(message_nos)s)
        ORDER BY message_no, answer_no DESC
        """,
        {"message_nos": list(message_nos)},
    )
    return {int(str(number)): AnswerState(str(state)) for number, state in rows}


def not_handed_over(connection: Connection, most: int, *, first: int, last: int) -> list[Message]:
    """Reports *first* to *last* whose senders were not told of handing over, in order."""
    rows = connection.execute(
        """
        SELECT message_no, kind, reference, received_at, octet_length(sealed)
        FROM inbox.message
        WHERE kind = 'scam' AND message_no BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (
            SELECT FROM inbox.answer
            WHERE answer.message_no = message.message_no AND answer.state = 'handed_over'
        )
        ORDER BY message_no
        LIMIT %(most)s
        """,
        {"most": most, "first": first, "last": last},
    )
    return [_message(*row) for row in rows]


def numbers(
    connection: Connection, most: int, after: tuple[int, bytes] | None = None
) -> list[tuple[bytes, int]]:
    """The marks of the numbers that were reported most, and how often each was.

    *after*: only those behind one that was reported so often, whose mark begins so.
    """
    rows = connection.execute(
        """
        SELECT mark, count(*) AS times
        FROM inbox.reported
        GROUP BY mark
        HAVING
            %(times)s::bigint IS NULL
            OR count(*) < %(times)s
            OR (
                count(*) = %(times)s
                AND substring(mark FOR octet_length(%(mark)s::bytea)) > %(mark)s
            )
        ORDER BY times DESC, mark
        LIMIT %(most)s
        """,
        {
            "most": most,
            "times": after[0] if after else None,
            "mark": after[1] if after else None,
        },
    )
    found = []
    for mark, times in rows:
        assert isinstance(mark, bytes)  # noqa: S101 - bytea
        found.append((mark, int(str(times))))
    return found


def numbers_in_all(connection: Connection) -> tuple[int, int]:
    """How many reports named a number, and how many numbers those are."""
    row = connection.execute("SELECT count(*), count(DISTINCT mark) FROM inbox.reported").fetchone()
    assert row is not None  # noqa: S101 - counts
    return int(str(row[0])), int(str(row[1]))


def message(connection: Connection, message_no: int) -> tuple[Message, bytes] | None:
    """A message and what is sealed of it."""
    found = list(messages(connection, before=message_no + 1, most=1))
    if not found or found[0].message_no != message_no:
        return None
    row = connection.execute(
        "SELECT sealed FROM inbox.message WHERE message_no = %(message_no)s",
        {"message_no": message_no},
    ).fetchone()
    assert row is not None  # noqa: S101 - nothing is deleted
    assert isinstance(row[0], bytes)  # noqa: S101 - bytea
    return found[0], row[0]


def attachment(connection: Connection, attachment_id: bytes) -> bytes | None:
    """What is sealed of a file."""
    row = connection.execute(
        "SELECT sealed FROM inbox.attachment WHERE attachment_id = %(attachment_id)s",
        {"attachment_id": attachment_id},
    ).fetchone()
    if row is None:
        return None
    assert isinstance(row[0], bytes)  # noqa: S101 - bytea
    return row[0]


def counts(connection: Connection) -> dict[Kind, int]:
    """How many messages of each kind there are."""
    rows = connection.execute("SELECT kind, count(*) FROM inbox.message GROUP BY kind")
    found = {Kind(str(kind)): int(str(number)) for kind, number in rows}
    return {kind: found.get(kind, 0) for kind in Kind}
