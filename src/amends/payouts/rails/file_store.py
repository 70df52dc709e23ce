"""What a rail of files remembers: which number stands in which file, and what was said of it.

SQLite beside the folders of the drop, as sure as the disk is (``synchronous = FULL``): a file that
has left is written down before it leaves, so a kill can neither forget it nor send it twice. No
name and no account is kept. ``file.state``: ``made`` (written aside, not handed over while it lies
there), ``handed``, ``lost`` (the other side said that it never came). ``resent``: files of which a
second copy left, for what is said of one need not be true of the other.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from amends.payouts.rails.file_model import AdvisedRow, FileRow, Said, SentRow, StatementRow, Word

_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    message_id TEXT PRIMARY KEY, sha256 BLOB NOT NULL, made_at TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0), total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    state TEXT NOT NULL CHECK (state IN ('made', 'handed', 'lost'))
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (
    number TEXT PRIMARY KEY, message_id TEXT NOT NULL REFERENCES file (message_id),
    sha256 BLOB NOT NULL, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    mark BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (mark BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resent (
    message_id TEXT PRIMARY KEY REFERENCES file (message_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (
    word_no INTEGER PRIMARY KEY, number TEXT, message_id TEXT, kind TEXT NOT NULL,
    status TEXT NOT NULL, code TEXT NOT NULL, reference TEXT, amount_minor INTEGER, at TEXT,
    raw BLOB NOT NULL, CHECK ((number IS NULL) <> (message_id IS NULL))
);
CREATE INDEX IF NOT EXISTS word_of_number ON word (number) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS word_of_file ON word (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS seen (
    name TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statement (
    sha256 BLOB NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, first_day TEXT NOT NULL,
    last_day TEXT NOT NULL, opening_minor INTEGER NOT NULL, closing_minor INTEGER NOT NULL,
    PRIMARY KEY (sha256, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS advised (
    line_id TEXT PRIMARY KEY, day TEXT NOT NULL, at TEXT NOT NULL, number TEXT, reference TEXT,
    direction TEXT NOT NULL, kind TEXT NOT NULL, amount_minor INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS advised_on ON advised (day);
"""


class Store:
    """One connection; every change is committed when the block that made it ends."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that nobody else writes beside; undone where the block fails."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def sent(self, number: str) -> SentRow | None:
        """The file of a number."""
        row = self._db.execute(
            "SELECT number, message_id, sha256, amount_minor, mark FROM sent WHERE number = ?",
            (number,),
        ).fetchone()
        if row is None:
            return None
        return SentRow(
            number=row[0], message_id=row[1], sha256=row[2], amount_minor=row[3], mark=row[4]
        )

    def file(self, message_id: str) -> FileRow | None:
        """A file by its name."""
        row = self._db.execute(
            """SELECT message_id, sha256, made_at, count, total_minor, state FROM file
                WHERE message_id = ?""",
            (message_id,),
        ).fetchone()
        if row is None:
            return None
        return FileRow(
            message_id=row[0],
            sha256=row[1],
            made_at=datetime.fromisoformat(row[2]),
            count=row[3],
            total_minor=row[4],
            state=row[5],
        )

    def without_debit(self) -> Iterator[SentRow]:
        """Numbers in files that are not lost, of which no movement of money was told."""
        rows = self._db.execute(
            "SELECT number, message_id, sent.sha256, amount_minor, mark FROM sent "
            "JOIN file USING (message_id) WHERE state <> 'lost' AND NOT EXISTS "
            "(SELECT 1 FROM word WHERE word.number = sent.number AND kind = 'debit')"
        )
        for number, name, sha256, minor, mark in rows:
            yield SentRow(
                number=number, message_id=name, sha256=sha256, amount_minor=minor, mark=mark
            )

    def add_file(self, row: FileRow, sent: Iterable[SentRow]) -> None:
        """Note a new file with all that stands in it."""
        self._db.execute(
            """INSERT INTO file (message_id, sha256, made_at, count, total_minor, state)
                VALUES (?, ?, ?, ?, ?, ?)""",
            (
                row.message_id,
                row.sha256,
                row.made_at.isoformat(),
                row.count,
                row.total_minor,
                row.state,
            ),
        )
        self._db.executemany(
            "INSERT INTO sent (number, message_id, sha256, amount_minor, mark) "
            "VALUES (?, ?, ?, ?, ?)",
            ((one.number, one.message_id, one.sha256, one.amount_minor, one.mark) for one in sent),
        )

    def take_over(self, name: str, now: datetime, handed: Iterable[tuple[str, int]]) -> None:
        """Note what another memory knew: numbers and amounts that were handed over in some file.

        They stand in a file *name* that nobody can write again, and no file is one that has not
        left.
        """
        self._db.execute("UPDATE file SET state = 'handed'")
        self._db.executemany(
            "INSERT OR IGNORE INTO sent (number, message_id, sha256, amount_minor, mark) "
            "VALUES (?, ?, zeroblob(32), ?, x'')",
            ((number, name, minor) for number, minor in handed),
        )
        self._db.execute(
            "INSERT INTO file (message_id, sha256, made_at, count, total_minor, state) "
            "SELECT message_id, zeroblob(32), ?, count(*), sum(amount_minor), 'handed' FROM sent "
            "WHERE message_id = ? GROUP BY message_id",
            (now.isoformat(), name),
        )

    def set_state(self, message_id: str, state: str) -> None:
        """Note how far a file is."""
        self._db.execute("UPDATE file SET state = ? WHERE message_id = ?", (state, message_id))

    def note_resent(self, message_id: str) -> None:
        """Note that a file that was lost goes out again: from here on there may be two of it."""
        self._db.execute("INSERT OR IGNORE INTO resent (message_id) VALUES (?)", (message_id,))

    def is_resent(self, message_id: str) -> bool:
        """Whether the other side may have two copies of a file."""
        row = self._db.execute("SELECT 1 FROM resent WHERE message_id = ?", (message_id,))
        return row.fetchone() is not None

    def add_mark(self, mark: bytes) -> None:
        """Take a mark (`file_marks`)."""
        self._db.execute("INSERT INTO mark (mark) VALUES (?)", (mark,))

    def has_mark(self, mark: bytes) -> bool:
        """Whether a mark was taken."""
        row = self._db.execute("SELECT 1 FROM mark WHERE mark = ?", (mark,))
        return row.fetchone() is not None

    def words(self, number: str, message_id: str) -> list[Word]:
        """All that the bank said of a number and of its file, in order."""
        rows = self._db.execute(
            """SELECT kind, status, code, reference, amount_minor, at, raw FROM (
                SELECT * FROM word WHERE number = ? UNION ALL
                SELECT * FROM word WHERE message_id = ?) ORDER BY word_no""",
            (number, message_id),
        )
        return [
            Word(
                kind=Said(kind),
                status=status,
                code=code,
                reference=reference,
                amount_minor=amount_minor,
                at=None if at is None else datetime.fromisoformat(at),
                raw=raw,
            )
            for kind, status, code, reference, amount_minor, at, raw in rows
        ]

    def add_words(self, words: Iterable[tuple[str | None, str | None, Word]]) -> None:
        """Note what the bank said: of a number, or of a file. An entry is noted once."""
        self._db.executemany(
            """INSERT INTO word (number, message_id, kind, status, code, reference, amount_minor,
                at, raw) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (
                SELECT 1 FROM word WHERE number = ?1 AND kind = ?3 AND kind IN ('debit', 'credit')
                AND reference IS ?6 AND amount_minor = ?7)""",
            (
                (
                    number,
                    message_id,
                    str(word.kind),
                    word.status,
                    word.code,
                    word.reference,
                    word.amount_minor,
                    None if word.at is None else word.at.isoformat(),
                    word.raw,
                )
                for number, message_id, word in words
            ),
        )

    def is_seen(self, name: str, size_bytes: int, mtime_ns: int) -> bool:
        """Whether a file of the inbox was read as it is."""
        return (
            self._db.execute(
                "SELECT 1 FROM seen WHERE name = ? AND size_bytes = ? AND mtime_ns = ?",
                (name, size_bytes, mtime_ns),
            ).fetchone()
            is not None
        )

    def is_read(self, sha256: bytes) -> bool:
        """Whether these bytes were read before, under whatever name."""
        row = self._db.execute("SELECT 1 FROM seen WHERE sha256 = ?", (sha256,)).fetchone()
        return row is not None

    def note_seen(self, name: str, size_bytes: int, mtime_ns: int, sha256: bytes) -> None:
        """Note that a file of the inbox was read."""
        self._db.execute(
            """INSERT INTO seen (name, size_bytes, mtime_ns, sha256) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET size_bytes = excluded.size_bytes,
                mtime_ns = excluded.mtime_ns, sha256 = excluded.sha256""",
            (name, size_bytes, mtime_ns, sha256),
        )

    def add_statement(self, row: StatementRow) -> None:
        """Note a statement."""
        self._db.execute(
            """INSERT OR IGNORE INTO statement (sha256, position, name, first_day, last_day,
                opening_minor, closing_minor) VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (
                row.sha256,
                row.position,
                row.name,
                row.first_day.isoformat(),
                row.last_day.isoformat(),
                row.opening_minor,
                row.closing_minor,
            ),
        )

    def statements_of(self, day: date) -> list[StatementRow]:
        """Every statement that covers a day."""
        return self._statements("WHERE first_day <= ?1 AND last_day >= ?1", day)

    def statement_before(self, day: date) -> StatementRow | None:
        """The newest statement that ends before a day."""
        rows = self._statements("WHERE last_day < ?1", day)
        return rows[-1] if rows else None

    def statement_after(self, day: date) -> StatementRow | None:
        """The first statement that begins after a day."""
        rows = self._statements("WHERE first_day > ?1", day)
        return rows[0] if rows else None

    def _statements(self, where: str, day: date) -> list[StatementRow]:
        rows = self._db.execute(
            f"""SELECT sha256, position, name, first_day, last_day, opening_minor, closing_minor
                FROM statement {where} ORDER BY last_day, first_day, sha256, position""",  # noqa: S608 -- one of three above
            (day.isoformat(),),
        )
        return [
            StatementRow(
                sha256=sha256,
                position=position,
                name=name,
                first_day=date.fromisoformat(first_day),
                last_day=date.fromisoformat(last_day),
                opening_minor=opening_minor,
                closing_minor=closing_minor,
            )
            for sha256, position, name, first_day, last_day, opening_minor, closing_minor in rows
        ]

    def add_advised(self, rows: Iterable[AdvisedRow]) -> None:
        """Note movements that a notification told of, each once.

        Another movement under an identity that one has is noted under its own.
        """
        self._db.executemany(
            """INSERT OR IGNORE INTO advised (line_id, day, at, number, reference, direction, kind,
                amount_minor) SELECT CASE WHEN EXISTS (SELECT 1 FROM advised WHERE line_id = ?1
                AND (number IS NOT ?4 OR direction <> ?6 OR amount_minor <> ?8))
                THEN ?1 || '~' || ?6 || '~' || ?8 || '~' || COALESCE(?4, '') ELSE ?1 END,
                ?2, ?3, ?4, ?5, ?6, ?7, ?8""",
            (
                (
                    row.line_id,
                    row.day.isoformat(),
                    row.at.isoformat(),
                    row.number,
                    row.reference,
                    row.direction,
                    row.kind,
                    row.amount_minor,
                )
                for row in rows
            ),
        )

    def advised(self, first: date, last: date) -> Iterator[AdvisedRow]:
        """Movements of days (both included), in the order of time."""
        rows = self._db.execute(
            """SELECT line_id, day, at, number, reference, direction, kind, amount_minor
                FROM advised WHERE day BETWEEN ? AND ? ORDER BY at, line_id""",
            (first.isoformat(), last.isoformat()),
        )
        for line_id, day, at, number, reference, direction, kind, amount_minor in rows:
            yield AdvisedRow(
                line_id=line_id,
                day=date.fromisoformat(day),
                at=datetime.fromisoformat(at),
                number=number,
                reference=reference,
                direction=direction,
                kind=kind,
                amount_minor=amount_minor,
            )
