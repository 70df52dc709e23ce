"""The SQL of corrections in the log."""

from collections.abc import Iterable

from amends.roster import entries
from amends.roster.corrected import Logged
from amends.store.columns import octets, whole
from amends.store.connection import Connection


def add_corrections(connection: Connection, rows: Iterable[tuple[int, int, int]]) -> None:
    """Record which entry says which correction: correction, award index, entry index."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.correction (correction_no, award_index, entry_index) "
            "VALUES (%(no)s, %(award)s, %(entry)s)",
            [{"no": no, "award": award, "entry": entry} for no, award, entry in rows],
        )


def newest_correction(connection: Connection) -> int:
    """The newest correction that stands in the log; 0 before the first."""
    row = connection.execute(
        "SELECT coalesce(max(correction_no), 0) FROM roster.correction"
    ).fetchone()
    return whole(row[0]) if row else 0


def logged_corrections(connection: Connection) -> list[Logged]:
    """The newest correction of each corrected award, read from the log's bytes."""
    rows = connection.execute(
        "SELECT DISTINCT ON (correction.award_index) correction.award_index, award.body, "
        "entry.body FROM roster.correction AS correction "
        "JOIN roster.entry AS entry ON entry.entry_index = correction.entry_index "
        "JOIN roster.entry AS award "
        "ON award.entry_index = roster.place_of(correction.award_index) "
        "ORDER BY correction.award_index, correction.correction_no DESC"
    ).fetchall()
    found = []
    for award_index, award, entry in rows:
        _, class_awarded, _, awarded, _ = entries.AWARD.unpack(octets(award))
        _, said_of, award_class, _, amount, _ = entries.CORRECTION.unpack(octets(entry))
        assert said_of == whole(award_index)  # noqa: S101 - written in one transaction
        found.append(
            Logged(
                award_index=said_of,
                class_awarded=class_awarded,
                awarded_minor=awarded,
                award_class=award_class,
                amount_minor=amount,
            )
        )
    return found


def correction_entries(connection: Connection, award_index: int) -> list[tuple[int, bytes]]:
    """Entry index and entry of every correction of an award, in order."""
    rows = connection.execute(
        "SELECT entry.entry_index, entry.body FROM roster.correction AS correction "
        "JOIN roster.entry AS entry ON entry.entry_index = correction.entry_index "
        "WHERE correction.award_index = %(award)s ORDER BY entry.entry_index",
        {"award": award_index},
    ).fetchall()
    return [(whole(index), octets(body)) for index, body in rows]


def corrected_classes(connection: Connection) -> list[tuple[int, int]]:
    """Class and amount of every correction in the log, once."""
    rows = connection.execute(
        "SELECT DISTINCT get_byte(entry.body, 5), "
        "('x' || encode(substring(entry.body FROM 8 FOR 8), 'hex'))::bit(64)::bigint "
        "FROM roster.correction AS correction "
        "JOIN roster.entry AS entry ON entry.entry_index = correction.entry_index"
    ).fetchall()
    return [(whole(award_class), whole(amount)) for award_class, amount in rows]
