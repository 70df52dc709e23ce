"""The bank's memory: files, payments, entries of the account, and what is still to happen; SQLite.

Names and accounts of payees are not kept: they are looked at when a file is taken.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from amends.simulators.bank.writing import Movement

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (message_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payment (number TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    event_no INTEGER PRIMARY KEY, due_us INTEGER NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS event_due ON event (due_us, event_no);
CREATE TABLE IF NOT EXISTS movement (
    movement_no INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, day TEXT NOT NULL,
    number TEXT NOT NULL, amount_minor INTEGER NOT NULL, reason TEXT NOT NULL, batch TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS movement_day ON movement (day);
"""


class Event(NamedTuple):
    """What happens when it is due."""

    event_no: int
    due: datetime
    kind: str
    content: dict[str, object]


class Store:
    """One connection; what a block changes is kept at its end."""

    def __init__(self, path: Path, opening_minor: int) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)
        self._db.execute(
            "INSERT OR IGNORE INTO setting (name, value) VALUES ('opening_minor', ?)",
            (opening_minor,),
        )
        self.opening_minor = self._whole("SELECT value FROM setting WHERE name = 'opening_minor'")

    def close(self) -> None:
        """Close."""
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """All of a step or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def once(self, name: str) -> bool:
        """Whether this is the first time; then it is noted."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO setting (name, value) VALUES (?, 1)", (name,)
        )
        return cursor.rowcount == 1

    def count(self, name: str) -> int:
        """The next of a running number."""
        self._db.execute(
            """INSERT INTO setting (name, value) VALUES (?, 1)
                ON CONFLICT (name) DO UPDATE SET value = value + 1""",
            (name,),
        )
        return self._whole("SELECT value FROM setting WHERE name = ?", name)

    def take_message(self, message_id: str) -> bool:
        """Note a file; False where one of that name came before."""
        cursor = self._db.execute("INSERT OR IGNORE INTO message VALUES (?)", (message_id,))
        return cursor.rowcount == 1

    def take_payment(self, number: str) -> bool:
        """Note a payment; False where one of that number came before."""
        cursor = self._db.execute("INSERT OR IGNORE INTO payment VALUES (?)", (number,))
        return cursor.rowcount == 1

    def plan(self, due: datetime, kind: str, content: dict[str, object]) -> None:
        """Let something happen later."""
        self._db.execute(
            "INSERT INTO event (due_us, kind, content) VALUES (?, ?, ?)",
            (_us(due), kind, json.dumps(content)),
        )

    def next_event(self, now: datetime) -> Event | None:
        """The next thing that is due; it is taken out."""
        row = self._db.execute(
            """SELECT event_no, due_us, kind, content FROM event WHERE due_us <= ?
                ORDER BY due_us, event_no LIMIT 1""",
            (_us(now),),
        ).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM event WHERE event_no = ?", (row[0],))
        return Event(row[0], _moment(row[1]), row[2], json.loads(row[3]))

    def planned_minor(self) -> int:
        """What payments that are taken and not booked will take."""
        return self._whole(
            """SELECT COALESCE(sum(json_extract(content, '$.total_minor')), 0) FROM event
                WHERE kind = 'book'"""
        )

    def book(self, day: str, moved: Iterable[Movement]) -> None:
        """Enter movements."""
        self._db.executemany(
            """INSERT INTO movement (at_us, day, number, amount_minor, reason, batch)
                VALUES (?, ?, ?, ?, ?, ?)""",
            (
                (_us(one.at), day, one.number, one.amount_minor, one.reason, one.batch)
                for one in moved
            ),
        )

    def newest_movement(self) -> int:
        """The number of the newest movement; 0 where there is none."""
        return self._whole("SELECT COALESCE(max(movement_no), 0) FROM movement")

    def movements(self, *, day: str | None = None, after: int = 0) -> list[Movement]:
        """Movements of a day, or all after a number."""
        rows = self._db.execute(
            """SELECT movement_no, at_us, number, amount_minor, reason, batch FROM movement
                WHERE movement_no > ? AND (? IS NULL OR day = ?) ORDER BY movement_no""",
            (after, day, day),
        )
        return [
            Movement(
                reference=f"BK{movement_no:012d}",
                number=number,
                amount_minor=amount_minor,
                at=_moment(at_us),
                reason=reason,
                batch=batch,
            )
            for movement_no, at_us, number, amount_minor, reason, batch in rows
        ]

    def balance_minor(self, before: str = "9999-12-31") -> int:
        """What the account holds, or held when a day began."""
        return self.opening_minor + self._whole(
            "SELECT COALESCE(sum(amount_minor), 0) FROM movement WHERE day < ?", before
        )

    def _whole(self, sql: str, *values: object) -> int:
        return int(self._db.execute(sql, values).fetchone()[0])


def _us(moment: datetime) -> int:
    return int((moment - datetime.fromtimestamp(0, UTC)).total_seconds()) * 1_000_000 + (
        moment.microsecond
    )


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(microsecond=us % 1_000_000)
