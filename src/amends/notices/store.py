"""The SQL of the outbox."""

import io
from collections.abc import Iterable

import polars as pl

from amends.awards.correcting import Reason
from amends.kernel.money import Money
from amends.kernel.saying import Language
from amends.notices.model import Untold
from amends.store.columns import moment, whole
from amends.store.connection import Connection

_SLICE = 100_000
_WAITING = (
    "SELECT owed.award_index, coalesce(affected.categories, ''), "
    "coalesce(standing.reason, standing.kind, 'no_account'), owed.amount_minor, owed.currency, "
    "owed.award_index < coded.awards "
    "FROM awards.owed AS owed CROSS JOIN roster.coded AS coded "
    "LEFT JOIN linkage.affected AS affected ON affected.person_id = owed.person_id "
    "LEFT JOIN payees.standing AS standing ON standing.person_id = owed.person_id "
    "WHERE NOT EXISTS (SELECT 1 FROM notices.notice AS notice "
    "WHERE notice.award_index = owed.award_index) ORDER BY owed.award_index"
)
_SCHEMA = {
    "award_index": pl.Int64,
    "categories": pl.String,
    "payment": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "coded": pl.String,
}


def awards_exist(connection: Connection) -> bool:
    """Whether anybody has an award."""
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM awards.owed)").fetchone()
    return row is not None and bool(row[0])


def waiting(connection: Connection) -> pl.DataFrame:
    """Awards without a notice: index, categories (codes with ; between), payment, amount, coded."""
    buffer = io.BytesIO()
    statement = f"COPY ({_WAITING}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=_SCHEMA)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=_SCHEMA).fill_null("")


def insert_texts(connection: Connection, texts: Iterable[tuple[bytes, Language, str]]) -> None:
    """Keep texts by their digest; one that is known stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO notices.text (digest, language, body) "
            "VALUES (%(digest)s, %(language)s, %(body)s) "
            "ON CONFLICT ON CONSTRAINT text_pkey DO NOTHING",
            [
                {"digest": digest, "language": language, "body": body}
                for digest, language, body in texts
            ],
        )


def insert_notices(connection: Connection, notices: pl.DataFrame) -> None:
    r"""Queue notices: award_index, text_zh, text_en (``\x`` and hex), queued_at."""
    statement = (
        "COPY notices.notice (award_index, text_zh, text_en, queued_at) FROM STDIN (FORMAT csv)"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in notices.iter_slices(_SLICE):
            copy.write(part.write_csv(include_header=False))


def counts(connection: Connection) -> tuple[int, int]:
    """How many notices are queued, and how many texts they share."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM notices.notice), (SELECT count(*) FROM notices.text)"
    ).fetchone()
    notices, texts = (whole(value) for value in row or (0, 0))
    return notices, texts


def untold(
    connection: Connection,
    award_index: int | None = None,
    *,
    after: int | None = None,
    most: int | None = None,
) -> list[Untold]:
    """Awards whose notice is older than their newest correction, of which nobody was told.

    One of the same moment is taken for older: a simulated clock stands still between commands.
    *after*: only those behind an award; *most*: only so many.
    """
    rows = connection.execute(
        "SELECT corrected.award_index, corrected.correction_no, corrected.amount_minor, "
        "correction.currency, corrected.reason, correction.corrected_at "
        "FROM awards.corrected AS corrected "
        "JOIN awards.correction AS correction USING (correction_no) "
        "JOIN notices.notice AS notice ON notice.award_index = corrected.award_index "
        "AND notice.queued_at <= correction.corrected_at "
        "WHERE NOT EXISTS (SELECT FROM awards.correction_told AS told "
        "WHERE told.correction_no = corrected.correction_no) "
        "AND (%(award)s::integer IS NULL OR corrected.award_index = %(award)s) "
        "AND (%(after)s::bigint IS NULL OR corrected.award_index > %(after)s) "
        "ORDER BY corrected.award_index LIMIT %(most)s",
        {"award": award_index, "after": after, "most": most},
    )
    return [
        Untold(
            award_index=whole(index),
            correction_no=whole(number),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            reason=Reason(str(reason)),
            corrected_at=moment(at),
        )
        for index, number, amount, currency, reason, at in rows
    ]


def bodies(connection: Connection, award_index: int) -> tuple[str, str] | None:
    """The Chinese and the English text of one award."""
    row = connection.execute(
        "SELECT zh.body, en.body FROM notices.notice AS notice "
        "JOIN notices.text AS zh ON zh.digest = notice.text_zh "
        "JOIN notices.text AS en ON en.digest = notice.text_en "
        "WHERE notice.award_index = %(award_index)s",
        {"award_index": award_index},
    ).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))
