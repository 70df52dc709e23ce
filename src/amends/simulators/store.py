"""A simulator's memory: orders, movements of the account, notifications, in SQLite.

Nothing is answered before it is committed, so a killed simulator forgets nothing that it said.
What payees are called and where they are reached is not kept, only a keyed digest of an order.
"""

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    order_no INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), status TEXT NOT NULL,
    error_code TEXT, taken_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, notify_url TEXT
);
CREATE TABLE IF NOT EXISTS payee (
    order_no INTEGER PRIMARY KEY, digest BLOB NOT NULL, taken_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS payee_at ON payee (digest, taken_ms);
CREATE TABLE IF NOT EXISTS product (number TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due (
    due_ms INTEGER NOT NULL, order_no INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (due_ms, order_no)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS movement (
    movement_no INTEGER PRIMARY KEY, order_no INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL, balance_minor INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS movement_at ON movement (at_ms);
CREATE TABLE IF NOT EXISTS fired (
    kind TEXT NOT NULL, subject TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (kind, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notice (
    notice_no INTEGER PRIMARY KEY AUTOINCREMENT, order_no INTEGER NOT NULL, status TEXT NOT NULL,
    url TEXT NOT NULL, delay_ms INTEGER NOT NULL, forged INTEGER NOT NULL
);
"""

PAID = "SUCCESS"
"""The state in which the money has left."""

RETURNED = "REFUND"
"""The state in which it came back."""

_STRETCHES = 4
"""How many sums of what was ordered are kept: a day's and a month's, and those before them."""

_NEXT_DUE = """SELECT due_ms, order_no, status FROM due WHERE due_ms <= ?
    ORDER BY due_ms, order_no LIMIT 1"""

_ORDER = """SELECT order_no, number, digest, amount_minor, status, error_code, taken_ms, changed_ms,
    notify_url FROM orders"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How orders of a provider go. While one is in a state of ``holding``, its money is held back.

    In a state of ``unpaid`` nothing was paid, and it counts for no limit.

    ``follows``: from which states a planned state can be reached; what was planned and can be
    reached no more does not happen. A state that is not named can be reached from everywhere.
    """

    holding: frozenset[str]
    unpaid: frozenset[str]
    follows: Mapping[str, frozenset[str]] = field(default_factory=dict)


class OrderRow(NamedTuple):
    """An order as it stands."""

    order_no: int
    number: str
    digest: bytes
    amount_minor: int
    status: str
    error_code: str | None
    taken_ms: int
    changed_ms: int
    notify_url: str | None


class MovementRow(NamedTuple):
    """A change of the account; ``amount_minor`` is negative for money that left."""

    movement_no: int
    order_no: int
    number: str
    taken_ms: int
    at_ms: int
    amount_minor: int
    balance_minor: int


class NoticeRow(NamedTuple):
    """A notification that waits to be delivered."""

    notice_no: int
    order_no: int
    status: str
    url: str
    delay_ms: int
    forged: int


class Store:
    """One connection, one open transaction; `commit` ends it."""

    def __init__(self, path: Path, opening_minor: int, course: Course) -> None:
        self._course = course
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self.dirty = False
        self.has_new_notices = True
        self.opening_minor = self._once("opening_minor", opening_minor)
        self.secret = bytes.fromhex(self._text("secret", secrets.token_hex(32)))
        self.now_ms = self._once("now_ms", 0)
        self.commit()
        last = self._one("SELECT balance_minor FROM movement ORDER BY movement_no DESC LIMIT 1")
        self.balance_minor = self.opening_minor if last is None else last
        self.frozen_minor = sum(
            self._one("SELECT sum(amount_minor) FROM orders WHERE status = ?", status) or 0
            for status in course.holding
        )
        self.next_due_ms = self._next_due_ms()
        self._ordered: dict[int, int] = {}

    def commit(self) -> None:
        """Make everything since the last commit last."""
        if self.dirty:
            self._db.execute("COMMIT")
            self.dirty = False

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._db.close()

    def set_now(self, now_ms: int) -> None:
        """Remember the time on the simulator's clock."""
        self.now_ms = now_ms
        self._write("UPDATE setting SET value = ? WHERE name = 'now_ms'", (now_ms,))

    def order(self, number: str) -> OrderRow | None:
        """The order with the merchant's *number*."""
        row = self._db.execute(f"{_ORDER} WHERE number = ?", (number,)).fetchone()
        return None if row is None else OrderRow(*row)

    def order_by_no(self, order_no: int) -> OrderRow:
        """An order by the simulator's own count."""
        return OrderRow(*self._db.execute(f"{_ORDER} WHERE order_no = ?", (order_no,)).fetchone())

    def product(self, number: str, usual: str) -> str:
        """Of which product the order *number* is: the *usual* one, unless another is kept."""
        row = self._db.execute("SELECT name FROM product WHERE number = ?", (number,)).fetchone()
        return usual if row is None else str(row[0])

    def keep_product(self, number: str, name: str) -> None:
        """Keep that the order *number* is of a product that is not the usual one."""
        self._write("INSERT INTO product (number, name) VALUES (?, ?)", (number, name))

    def ordered_minor(self, start_ms: int) -> int:
        """What was ordered from a time on, orders by which nothing was paid left out."""
        if start_ms not in self._ordered:
            rows = self._db.execute(
                "SELECT status, sum(amount_minor) FROM orders WHERE taken_ms >= ? GROUP BY status",
                (start_ms,),
            )
            known = dict(list(self._ordered.items())[-_STRETCHES + 1 :])
            paid = sum(minor for status, minor in rows if status not in self._course.unpaid)
            self._ordered = {**known, start_ms: paid}
        return self._ordered[start_ms]

    def _count(self, order: OrderRow, minor: int) -> None:
        """Count an order's amount in each stretch of time that it is in."""
        for start_ms in self._ordered:
            if order.taken_ms >= start_ms:
                self._ordered[start_ms] += minor

    def take(self, order: OrderRow, payee: bytes | None = None) -> OrderRow:
        """Enter a new order; its ``order_no`` is given here. A paid one moves the money.

        *payee*: a keyed digest, where the provider counts by payee.
        """
        cursor = self._write(
            """INSERT INTO orders (number, digest, amount_minor, status, error_code, taken_ms,
                changed_ms, notify_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            order[1:],
        )
        order_no = cursor.lastrowid or 0
        if payee is not None:
            self._write(
                "INSERT INTO payee (order_no, digest, taken_ms) VALUES (?, ?, ?)",
                (order_no, payee, order.taken_ms),
            )
        if order.status not in self._course.unpaid:
            self._count(order, order.amount_minor)
        if order.status in self._course.holding:
            self.frozen_minor += order.amount_minor
        elif order.status == PAID:
            self._move(order_no, order.taken_ms, -order.amount_minor)
        return order._replace(order_no=order_no)

    def plan(self, due_ms: int, order_no: int, status: str) -> None:
        """Let an order change to *status* at a time."""
        self._write(
            "INSERT INTO due (due_ms, order_no, status) VALUES (?, ?, ?)",
            (due_ms, order_no, status),
        )
        self.next_due_ms = min(self.next_due_ms, due_ms)

    def change_due(self, now_ms: int) -> OrderRow | None:
        """Carry out the next planned change up to *now_ms*: the order after it, if there is one."""
        while (row := self._db.execute(_NEXT_DUE, (now_ms,)).fetchone()) is not None:
            due_ms, order_no, status = row
            self._write("DELETE FROM due WHERE due_ms = ? AND order_no = ?", (due_ms, order_no))
            order = self.order_by_no(order_no)
            if order.status in self._course.follows.get(status, frozenset((order.status,))):
                return self.change(order, status, due_ms)
        self.next_due_ms = self._next_due_ms()
        return None

    def change(
        self, order: OrderRow, status: str, at_ms: int, error_code: str | None = None
    ) -> OrderRow:
        """Let an order come into *status*, and its money go where that says."""
        holding = self._course.holding
        self.frozen_minor += order.amount_minor * ((status in holding) - (order.status in holding))
        if status == PAID:
            self._move(order.order_no, at_ms, -order.amount_minor)
        elif status == RETURNED:
            self._move(order.order_no, at_ms, order.amount_minor)
        if status in self._course.unpaid and order.status not in self._course.unpaid:
            self._count(order, -order.amount_minor)
        reason = error_code or order.error_code
        self._write(
            "UPDATE orders SET status = ?, changed_ms = ?, error_code = ? WHERE order_no = ?",
            (status, at_ms, reason, order.order_no),
        )
        return order._replace(status=status, changed_ms=at_ms, error_code=reason)

    def ordered_for(self, payee: bytes, start_ms: int) -> tuple[int, int]:
        """How much, in how many orders, was ordered for a payee from a time on, as above."""
        rows = self._db.execute(
            """SELECT status, sum(amount_minor), count(*) FROM payee JOIN orders USING (order_no)
                WHERE payee.digest = ? AND payee.taken_ms >= ? GROUP BY status""",
            (payee, start_ms),
        )
        paid = [row[1:] for row in rows if row[0] not in self._course.unpaid]
        return sum(minor for minor, _ in paid), sum(count for _, count in paid)

    def fired(self, kind: str, subject: str, *, limit: int) -> bool:
        """Count one more time that a fault fires; False when it has fired *limit* times."""
        times = self._one("SELECT times FROM fired WHERE kind = ? AND subject = ?", kind, subject)
        if (times or 0) >= limit:
            return False
        self._write(
            """INSERT INTO fired (kind, subject, times) VALUES (?, ?, 1)
                ON CONFLICT (kind, subject) DO UPDATE SET times = times + 1""",
            (kind, subject),
        )
        return True

    def movement_range(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """Numbers of the first movement from *start_ms* and of the first from *end_ms*."""
        end = (self._one("SELECT max(movement_no) FROM movement") or 0) + 1
        sql = (
            "SELECT movement_no FROM movement WHERE at_ms >= ? ORDER BY at_ms, movement_no LIMIT 1"
        )
        return self._one(sql, start_ms) or end, self._one(sql, end_ms) or end

    def movements(self, first: int, end: int) -> sqlite3.Cursor:
        """Rows for `MovementRow`, from movement *first* to before movement *end*."""
        return self._db.execute(
            """SELECT movement_no, movement.order_no, number, taken_ms, at_ms,
                movement.amount_minor, balance_minor FROM movement JOIN orders USING (order_no)
                WHERE movement_no >= ? AND movement_no < ? ORDER BY movement_no""",
            (first, end),
        )

    def balance_before(self, movement_no: int) -> int:
        """What the account held before a movement."""
        sql = "SELECT balance_minor FROM movement WHERE movement_no = ?"
        found = self._one(sql, movement_no - 1)
        return self.opening_minor if found is None else found

    def notify(self, order: OrderRow, delay_ms: int, *, forged: bool = False) -> None:
        """Put a notification about an order in the queue."""
        self.has_new_notices = True
        self._write(
            "INSERT INTO notice (order_no, status, url, delay_ms, forged) VALUES (?, ?, ?, ?, ?)",
            (order.order_no, order.status, order.notify_url, delay_ms, forged),
        )

    def notices(self, after: int) -> list[NoticeRow]:
        """The notifications that wait, numbered above *after*."""
        rows = self._db.execute(
            """SELECT notice_no, order_no, status, url, delay_ms, forged FROM notice
                WHERE notice_no > ? ORDER BY notice_no""",
            (after,),
        ).fetchall()
        return [NoticeRow(*row) for row in rows]

    def drop_notice(self, notice_no: int) -> None:
        """A notification was delivered, or given up."""
        self._write("DELETE FROM notice WHERE notice_no = ?", (notice_no,))

    def orders(self) -> int:
        """How many orders there are."""
        return self._one("SELECT count(*) FROM orders") or 0

    def _move(self, order_no: int, at_ms: int, amount_minor: int) -> None:
        self.balance_minor += amount_minor
        self._write(
            """INSERT INTO movement (order_no, at_ms, amount_minor, balance_minor)
                VALUES (?, ?, ?, ?)""",
            (order_no, at_ms, amount_minor, self.balance_minor),
        )

    def _write(self, sql: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        if not self.dirty:
            self._db.execute("BEGIN IMMEDIATE")
            self.dirty = True
        return self._db.execute(sql, values)

    def _one(self, sql: str, *values: object) -> int | None:
        row = self._db.execute(sql, values).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def _once(self, name: str, value: int) -> int:
        """A setting that keeps the value it got first."""
        return int(self._text(name, str(value)))

    def _text(self, name: str, value: str) -> str:
        self._write("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)", (name, value))
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def _next_due_ms(self) -> int:
        due = self._one("SELECT min(due_ms) FROM due")
        return 1 << 62 if due is None else due
