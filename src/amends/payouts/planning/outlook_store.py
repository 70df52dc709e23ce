"""The SQL of outlooks: what was foreseen of the promise while money went out."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from amends.store.columns import moment, texts, whole
from amends.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An outlook as it is kept. ``late`` are ``by_nobody``, ``by_stopped`` and those of quotas.

    ``by_refused``: about how many checks of payees will refuse, whether they would be late or not.
    ``ended_unpaid``: besides ``people``, whose payment was refused or came back.
    ``movable``: payments that another rail can carry sooner, ``late_moved``: who is late then.
    """

    kept: bool
    people: int
    late: int
    by_nobody: int
    by_stopped: int
    stopped: tuple[str, ...]
    promised_at: datetime
    last_at: datetime | None
    movable: int
    late_moved: int | None
    looked_at: datetime
    by_refused: int = 0
    ended_unpaid: int = 0

    @property
    def by_quota(self) -> int:
        """Of the late: whom the rails carry, and not in time by what contracts allow."""
        return self.late - self.by_nobody - self.by_stopped


_COLUMNS: Final = tuple(field.name for field in fields(Row))


def newest(connection: Connection) -> tuple[int, Row] | None:
    """The newest outlook and its number."""
    row = connection.execute(
        "SELECT outlook_no, kept, people, late, by_nobody, by_stopped, stopped, promised_at, "
        "last_at, movable, late_moved, looked_at, by_refused, ended_unpaid FROM payouts.outlook "
        "ORDER BY outlook_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, kept, people, late, by_nobody, by_stopped, stopped, promised, last, *rest = row
    movable, late_moved, looked, by_refused, ended_unpaid = rest
    return whole(number), Row(
        kept=bool(kept),
        people=whole(people),
        late=whole(late),
        by_nobody=whole(by_nobody),
        by_stopped=whole(by_stopped),
        stopped=tuple(texts(stopped)),
        promised_at=moment(promised),
        last_at=None if last is None else moment(last),
        movable=whole(movable),
        late_moved=None if late_moved is None else whole(late_moved),
        looked_at=moment(looked),
        by_refused=whole(by_refused),
        ended_unpaid=whole(ended_unpaid),
    )


def since(connection: Connection) -> datetime | None:
    """Since when the promise can, or cannot, be kept, as in the newest outlook."""
    row = connection.execute(
        "SELECT min(looked_at) FROM payouts.outlook WHERE outlook_no > COALESCE((SELECT "
        "max(outlook_no) FROM payouts.outlook WHERE kept <> (SELECT kept FROM payouts.outlook "
        "ORDER BY outlook_no DESC LIMIT 1)), 0)"
    ).fetchone()
    return None if row is None or row[0] is None else moment(row[0])


def insert(connection: Connection, number: int, row: Row) -> bool:
    """Keep an outlook under a number; False where somebody else was first."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    return (
        connection.execute(
            "INSERT INTO payouts.outlook (outlook_no, kept, people, late, by_nobody, by_stopped, "
            "stopped, promised_at, last_at, movable, late_moved, looked_at, by_refused, "
            "ended_unpaid) VALUES (%(number)s, %(kept)s, %(people)s, %(late)s, %(by_nobody)s, "
            "%(by_stopped)s, %(stopped)s, %(promised_at)s, %(last_at)s, %(movable)s, "
            "%(late_moved)s, %(looked_at)s, %(by_refused)s, %(ended_unpaid)s) "
            "ON CONFLICT ON CONSTRAINT outlook_pkey DO NOTHING",
            {**values, "stopped": list(row.stopped), "number": number},
        ).rowcount
        == 1
    )
