"""The SQL of funding. Statements, lines, releases and alarms are added and never changed."""

from collections.abc import Iterable
from datetime import date

from amends.funding.model import Alarm, Held, Level, Unexplained
from amends.kernel.money import Money
from amends.statements.model import Form, Statement
from amends.store.columns import calendar_day, moment, octets, whole
from amends.store.connection import Connection

_LOCK = 0x66756E64  # "fund": see docs/locking.md


def lock(connection: Connection) -> None:
    """Wait until no other transaction imports or releases; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def held(connection: Connection) -> list[Held]:
    """Every statement without its lines, in the order of import."""
    cursor = connection.execute(
        "SELECT statement_no, name, sha256, form, account, currency, identifier, number, "
        "first_day, last_day, opening_minor, closing_minor "
        "FROM funding.statement JOIN funding.original USING (sha256) ORDER BY statement_no"
    )
    return [
        Held(
            statement_no=whole(row[0]),
            name=str(row[1]),
            sha256=str(row[2]),
            statement=Statement(
                form=Form(str(row[3])),
                account=str(row[4]),
                currency=str(row[5]),
                identifier=str(row[6]),
                number=None if row[7] is None else whole(row[7]),
                first_day=calendar_day(row[8]),
                last_day=calendar_day(row[9]),
                opening_minor=whole(row[10]),
                closing_minor=whole(row[11]),
                lines=(),
            ),
        )
        for row in cursor
    ]


def chain_end(connection: Connection) -> tuple[int, date | None]:
    """How many statements there are, and the last day that they cover."""
    row = connection.execute("SELECT count(*), max(last_day) FROM funding.statement").fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), None if row[1] is None else calendar_day(row[1])


def insert_original(connection: Connection, values: dict[str, object]) -> None:
    """Add a file: the columns of the table by name."""
    connection.execute(
        "INSERT INTO funding.original (sha256, name, size_bytes, sealed, taken_by, taken_at) "
        "VALUES (%(sha256)s, %(name)s, %(size)s, %(sealed)s, %(by)s, %(at)s)",
        values,
    )


def sealed(connection: Connection, sha256: str) -> bytes | None:
    """The sealed bytes of a file in custody."""
    row = connection.execute(
        "SELECT sealed FROM funding.original WHERE sha256 = %(sha256)s", {"sha256": sha256}
    ).fetchone()
    return None if row is None else octets(row[0])


def insert_statement(connection: Connection, held: Held, place: int, lines: int) -> None:
    """Add a statement; its file came before."""
    found = held.statement
    connection.execute(
        "INSERT INTO funding.statement (statement_no, sha256, place, form, identifier, number, "
        "account, currency, first_day, last_day, opening_minor, closing_minor, moved_minor, lines) "
        "VALUES (%(no)s, %(sha256)s, %(place)s, %(form)s, %(identifier)s, %(number)s, "
        "%(account)s, %(currency)s, %(first)s, %(last)s, %(opening)s, %(closing)s, %(moved)s, "
        "%(lines)s)",
        {
            "no": held.statement_no,
            "sha256": held.sha256,
            "place": place,
            "form": str(found.form),
            "identifier": found.identifier,
            "number": found.number,
            "account": found.account,
            "currency": found.currency,
            "first": found.first_day,
            "last": found.last_day,
            "opening": found.opening_minor,
            "closing": found.closing_minor,
            "moved": sum(line.signed_minor for line in found.lines),
            "lines": lines,
        },
    )


def known_lines(connection: Connection, keys: Iterable[str]) -> list[tuple[str, str]]:
    """Which of *keys* are there, each with the name of the file that it came from."""
    cursor = connection.execute(
        "SELECT line_key, name FROM funding.line JOIN funding.statement USING (statement_no) "
        "JOIN funding.original USING (sha256) WHERE line_key = ANY(%(keys)s) ORDER BY line_key",
        {"keys": list(keys)},
    )
    return [(str(key), str(name)) for key, name in cursor]


def insert_lines(connection: Connection, rows: Iterable[tuple[object, ...]]) -> None:
    """Add lines: the columns of the table in its order."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY funding.line (line_key, statement_no, place, reference, booked_on, direction, "
            "amount_minor, class) FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def unexplained(connection: Connection) -> list[Unexplained]:
    """Movements that nobody has explained, oldest first."""
    cursor = connection.execute(
        "SELECT line.statement_no, line.place, line.reference, line.booked_on, line.amount_minor, "
        "statement.currency FROM funding.line AS line "
        "JOIN funding.statement AS statement ON statement.statement_no = line.statement_no "
        "LEFT JOIN funding.explanation AS told "
        "ON (told.statement_no, told.place) = (line.statement_no, line.place) "
        "WHERE line.class = 'unexplained' AND told.what IS NULL "
        "ORDER BY line.booked_on, line.statement_no, line.place"
    )
    return [
        Unexplained(
            statement_no=whole(row[0]),
            place=whole(row[1]),
            reference=None if row[2] is None else str(row[2]),
            booked_on=calendar_day(row[3]),
            amount=Money(amount_minor=whole(row[4]), currency=str(row[5])),
        )
        for row in cursor
    ]


def came_in(connection: Connection, statement_no: int, place: int) -> Money | None:
    """The amount of a movement into the account; None where there is no such movement."""
    row = connection.execute(
        "SELECT line.amount_minor, statement.currency FROM funding.line AS line "
        "JOIN funding.statement AS statement ON statement.statement_no = line.statement_no "
        "WHERE line.statement_no = %(statement)s AND line.place = %(place)s "
        "AND line.direction = 'in' AND line.class = 'put_in'",
        {"statement": statement_no, "place": place},
    ).fetchone()
    return None if row is None else Money(amount_minor=whole(row[0]), currency=str(row[1]))


def insert_explanation(connection: Connection, values: dict[str, object]) -> None:
    """Add an explanation: the columns of the table by name."""
    connection.execute(
        "INSERT INTO funding.explanation (statement_no, place, what, explained_at) "
        "VALUES (%(statement)s, %(place)s, %(what)s, %(now)s)",
        values,
    )


def newest_release(connection: Connection) -> int:
    """The number of the newest release; 0 before the first."""
    row = connection.execute("SELECT COALESCE(max(release_no), 0) FROM funding.release").fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def insert_release(connection: Connection, values: dict[str, object]) -> None:
    """Add a release: the columns of the table by name."""
    connection.execute(
        "INSERT INTO funding.release (release_no, rail, amount_minor, currency, released_at) "
        "VALUES (%(release)s, %(rail)s, %(amount_minor)s, %(currency)s, %(now)s)",
        values,
    )


def releases(connection: Connection) -> list[tuple[int, str, int]]:
    """Number, rail and amount of every release, in order."""
    cursor = connection.execute(
        "SELECT release_no, rail, amount_minor FROM funding.release ORDER BY release_no"
    )
    return [(whole(no), str(rail), whole(amount)) for no, rail, amount in cursor]


def newest_alarm(connection: Connection) -> Alarm | None:
    """The level as it was last seen to change."""
    row = connection.execute(
        "SELECT alarm_no, level, raised_at FROM funding.alarm ORDER BY alarm_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    return Alarm(alarm_no=whole(row[0]), level=Level(str(row[1])), raised_at=moment(row[2]))


def insert_alarm(connection: Connection, values: dict[str, object]) -> None:
    """Add a change of the level: the columns of the table by name."""
    connection.execute(
        "INSERT INTO funding.alarm (alarm_no, level, funds_minor, obligations_minor, raised_at) "
        "VALUES (%(no)s, %(level)s, %(funds_minor)s, %(obligations_minor)s, %(now)s)",
        values,
    )
