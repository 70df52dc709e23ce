"""What the witness has signed, in one SQLite file: never two roots of one size, never a step back.

The file decides, not the process: its triggers refuse a second root of a size, a smaller size, and
any change or removal, whoever asks. A head is on disk before its cosignature leaves, so a killed
witness may have kept what nobody received; it has never given out what it did not keep.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 5.0
"""How long one process waits for another that writes to the same file."""
MOST_REFUSED = 100
"""How many checkpoints of a log that do not follow from what was signed are kept as evidence."""

_TABLES = """
CREATE TABLE witness (name TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE signed (
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    signed_s INTEGER NOT NULL,
    CONSTRAINT signed_one_root_of_a_size PRIMARY KEY (origin, size),
    CONSTRAINT signed_size_not_negative CHECK (size >= 0),
    CONSTRAINT signed_root_length CHECK (length(root) = 32)
);
CREATE TABLE refused (
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    refused_s INTEGER NOT NULL,
    CONSTRAINT refused_once PRIMARY KEY (origin, size, root)
);
CREATE TRIGGER signed_grows BEFORE INSERT ON signed
WHEN NEW.size <= (SELECT max(size) FROM signed WHERE origin = NEW.origin)
BEGIN SELECT RAISE(ABORT, 'a log only grows'); END;
CREATE TRIGGER signed_stays BEFORE UPDATE ON signed
BEGIN SELECT RAISE(ABORT, 'what was signed stays'); END;
CREATE TRIGGER signed_is_kept BEFORE DELETE ON signed
BEGIN SELECT RAISE(ABORT, 'what was signed stays'); END;
PRAGMA user_version = 1;
"""


class StateError(Exception):
    """The state is not there, or not this witness's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest checkpoint of a log that was cosigned; size 0 before the first."""

    size: int
    root: bytes


NOTHING = Head(size=0, root=b"")


def create(path: Path, name: str, key: str) -> None:
    """Make the state of a new witness.

    Raises:
        StateError: the file is there.
    """
    if path.exists():
        raise StateError(f"{path}: 已存在，不予覆盖 / is there and is not overwritten")
    with closing(_connected(path)) as connection:
        connection.executescript(_TABLES)
        connection.execute("INSERT INTO witness (name, key) VALUES (?, ?)", (name, key))


class State:
    """The state of a witness that exists; each thread takes a connection of its own."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        if not path.is_file():
            # Made anew it would sign a second history: a lost state ends a witness.
            raise StateError(
                f"{path}: 没有状态文件；丢失状态的见证人必须停用，另建新密钥 / no state here; "
                "a witness that lost it retires: make a new one with a new key"
            )
        try:
            with closing(_connected(path)) as connection:
                rows = connection.execute("SELECT key FROM witness").fetchall()
        except sqlite3.DatabaseError as error:
            raise StateError(f"{path}: 不是见证人的状态文件 / is no state of a witness") from error
        if rows != [(key,)]:
            raise StateError(f"{path}: 属于另一密钥 / is of another key")

    @contextmanager
    def deciding(self) -> Iterator["Turn"]:
        """One decision: nobody else decides meanwhile, and on leaving it is on disk or undone.

        Raises:
            sqlite3.OperationalError: another process kept the file for too long.
        """
        with closing(_connected(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Turn(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def heads(self) -> list[tuple[str, int]]:
        """Origin and newest size of every log that was ever cosigned."""
        with closing(_connected(self._path)) as connection:
            rows = connection.execute(
                "SELECT origin, max(size) FROM signed GROUP BY origin ORDER BY origin"
            ).fetchall()
        return [(str(origin), int(size)) for origin, size in rows]

    def refused(self) -> list[tuple[str, int, str]]:
        """Origin, size and checkpoint of what did not follow, and was not cosigned later."""
        with closing(_connected(self._path)) as connection:
            rows = connection.execute(
                "SELECT origin, size, note FROM refused WHERE NOT EXISTS (SELECT 1 FROM signed "
                "WHERE signed.origin = refused.origin AND signed.size = refused.size "
                "AND signed.root = refused.root) ORDER BY origin, size, root"
            ).fetchall()
        return [(str(origin), int(size), str(note)) for origin, size, note in rows]


class Turn:
    """What a decision reads and writes, inside its transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self, origin: str) -> Head:
        """The newest checkpoint of the log that was cosigned."""
        row = self._connection.execute(
            "SELECT size, root FROM signed WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
        ).fetchone()
        return Head(size=int(row[0]), root=bytes(row[1])) if row else NOTHING

    def root(self, origin: str, size: int) -> bytes | None:
        """The root of that size that was cosigned, if one was."""
        row = self._connection.execute(
            "SELECT root FROM signed WHERE origin = ? AND size = ?", (origin, size)
        ).fetchone()
        return bytes(row[0]) if row else None

    def advance(self, origin: str, head: Head, note: str, time_s: int) -> None:
        """Keep a larger head."""
        self._connection.execute(
            "INSERT INTO signed (origin, size, root, note, signed_s) VALUES (?, ?, ?, ?, ?)",
            (origin, head.size, head.root, note, time_s),
        )

    def keep_refused(self, origin: str, head: Head, note: str, time_s: int) -> None:
        """Keep a head that the log signed and that does not follow, up to a bound."""
        self._connection.execute(
            "INSERT OR IGNORE INTO refused (origin, size, root, note, refused_s) "
            "SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM refused WHERE origin = ?) < ?",
            (origin, head.size, head.root, note, time_s, origin, MOST_REFUSED),
        )


def _connected(path: Path) -> sqlite3.Connection:
    """A connection that begins no transaction by itself, and syncs before it says done."""
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = EXTRA")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
