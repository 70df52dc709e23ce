"""The inbox's statements. The public process may do the first three; the rest is for who opens."""

from collections.abc import Iterator
from datetime import datetime

from amends.inbox.model import Kind, Message
from amends.store.connection import Connection


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


def mark_of(connection: Connection, submission_key: bytes) -> bytes | None:
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


def messages(connection: Connection, *, before: int | None, most: int) -> Iterator[Message]:
    """Messages from the newest down, at most so many, those below a number."""
    rows = connection.execute(
        """
        SELECT message_no, kind, reference, received_at, octet_length(sealed)
        FROM inbox.message
        WHERE %(before)s::bigint IS NULL OR message_no < %(before)s
        ORDER BY message_no DESC
        LIMIT %(most)s
        """,
        {"before": before, "most": most},
    )
    for number, kind, reference, received_at, size in rows:
        assert isinstance(received_at, datetime)  # noqa: S101 - timestamptz
        yield Message(
            message_no=int(str(number)),
            kind=Kind(str(kind)),
            reference=str(reference),
            received_at=received_at,
            size_bytes=int(str(size)),
        )


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
