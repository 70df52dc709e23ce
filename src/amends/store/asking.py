"""Questions to the database from an event loop, many at a time over few connections.

A thread that waits for an answer gives the interpreter's lock away; the server's other threads take
it meanwhile, and to get it back costs more than the question did. Here questions go out as they
come (libpq's pipeline mode), each a transaction of its own that changes nothing, and the loop says
when there is something to take in. Only what an index answers belongs here: a slow question delays
those behind it.

What is asked is written once, as a coroutine over :class:`Asking`: a loop awaits it over
:class:`Lines`, a thread runs it over :class:`Waiting` by :func:`finished`.
"""

import asyncio
import re
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from amends.store.connection import Connection, Database

Value: TypeAlias = str | int
Row: TypeAlias = tuple[object, ...]
Made = TypeVar("Made")

_PARAMETER: Final = re.compile(rb"%\((\w+)\)s")
_INT8: Final = 20
_BY_CONTEXT: Final = 0
_MOST_PREPARED: Final = 100
"""Of a connection; what is asked beyond them is planned each time."""


class Asking(Protocol):
    """Whoever answers a question."""

    async def rows(self, statement: bytes, values: Mapping[str, Value]) -> list[Row]:
        """The rows of a statement. Its parameters are named ``%(name)s``; it has no other ``%``.

        Raises:
            psycopg.OperationalError: the database does not answer.
        """


class Waiting:
    """Asks over a connection and waits: for threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, statement: bytes, values: Mapping[str, Value]) -> list[Row]:
        """See :class:`Asking`."""
        return self._connection.execute(statement, values).fetchall()


def finished(question: Coroutine[Any, Any, Made]) -> Made:
    """What a coroutine over :class:`Waiting` gives: it never leaves anything for later."""
    try:
        question.send(None)
    except StopIteration as ended:
        made: Made = ended.value
        return made
    question.close()
    raise AssertionError("a question in a thread waits for a loop")


class Lines:
    """Asks over so many connections at *most*, the one with the fewest questions first.

    They are opened when they are first needed, and anew after they broke. It belongs to the event
    loop that it is first used in.
    """

    def __init__(self, database: Database, *, most: int = 3) -> None:
        self._lines = [_Line(database) for _ in range(most)]

    async def rows(self, statement: bytes, values: Mapping[str, Value]) -> list[Row]:
        """See :class:`Asking`."""
        line = min(self._lines, key=attrgetter("asking"))
        if not line.open:
            await line.opening()
        return await line.asked(statement, values)

    def close(self) -> None:
        """Close them; who still waits is told that the database does not answer."""
        for line in self._lines:
            line.end(psycopg.OperationalError("closed"))


def _in_order(database: Database) -> Connection:
    """A connection whose plans walk an index in its order, whatever the values are.

    What is asked often the server plans once for all values, and guesses how many rows those leave:
    a guess that is too low had a hundred thousand sorted for a page of 85.
    """
    connection = database.lasting()
    for way in ("sort", "hashjoin", "mergejoin"):
        connection.execute(f"SET enable_{way} TO off".encode())
    connection.execute(b"SET plan_cache_mode TO force_generic_plan")
    return connection


class _Line:
    """A connection in pipeline mode, and who waits for its answers, in the order of asking."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._arriving = 0
        self.waiting: deque[tuple[bytes, asyncio.Future[list[Row]]]] = deque()

    @property
    def asking(self) -> int:
        """How many wait for an answer, or for the connection itself."""
        return len(self.waiting) + self._arriving

    @property
    def open(self) -> bool:
        """Whether it can be asked."""
        return self._connection is not None

    async def opening(self) -> None:
        """Open it, once for all who ask meanwhile.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        self._arriving += 1
        try:
            await asyncio.shield(self._opening)
        finally:
            self._arriving -= 1

    async def _open(self) -> None:
        try:
            connection = await asyncio.to_thread(_in_order, self._database)
        finally:
            self._opening = None
        self._connection, self._raw = connection, connection.pgconn
        self._loading = Transformer(connection)
        self._names: dict[bytes, bytes] = {}
        self._numbers = count()
        self._found: list[Row] | None = None
        self._refused: psycopg.Error | None = None
        self._loop, self._number = asyncio.get_running_loop(), connection.fileno()
        self._raw.nonblocking = 1
        self._raw.enter_pipeline_mode()
        self._loop.add_reader(self._number, self._take_in)

    def asked(self, statement: bytes, values: Mapping[str, Value]) -> asyncio.Future[list[Row]]:
        """Send a question; its rows come later.

        Raises:
            psycopg.OperationalError: the connection broke.
        """
        text, names = _numbered(statement)
        given = [_as_text(values[name]) for name in names]
        coming: asyncio.Future[list[Row]] = self._loop.create_future()
        try:
            name = self._names.get(text)
            if name is None and len(self._names) < _MOST_PREPARED:
                name = self._names[text] = b"asked_%d" % next(self._numbers)
                self._raw.send_prepare(name, text, _types(values, names))
            if name is None:
                self._raw.send_query_params(text, given, _types(values, names))
            else:
                self._raw.send_query_prepared(name, given)
            self._raw.pipeline_sync()
            self._send()
        except psycopg.OperationalError as error:
            self.end(error)
            raise
        self.waiting.append((text, coming))
        return coming

    def end(self, error: psycopg.OperationalError) -> None:
        """Close the connection; it is opened anew when it is needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._loop.remove_reader(self._number)
            self._loop.remove_writer(self._number)
            connection.close()
        while self.waiting:
            _, coming = self.waiting.popleft()
            if not coming.done():
                coming.set_exception(error)

    def _send(self) -> None:
        """Send what the system takes; the rest when it takes more."""
        if self._raw.flush():
            self._loop.add_writer(self._number, self._send_rest)

    def _send_rest(self) -> None:
        try:
            if not self._raw.flush():
                self._loop.remove_writer(self._number)
        except psycopg.OperationalError as error:
            self.end(error)

    def _take_in(self) -> None:
        """Take in what came: of each question its rows or its refusal, then the mark of its end."""
        try:
            self._raw.consume_input()
            while self.waiting and not self._raw.is_busy():
                result = self._raw.get_result()
                if result is not None:
                    self._take(result)
        except psycopg.OperationalError as error:
            self.end(error)

    def _take(self, result: PGresult) -> None:
        if result.status == ExecStatus.TUPLES_OK:
            self._loading.set_pgresult(result)
            self._found = self._loading.load_rows(0, result.ntuples, tuple)
        elif result.status == ExecStatus.FATAL_ERROR:
            self._refused = _error(result)
        elif result.status == ExecStatus.PIPELINE_ABORTED:  # it could not even be prepared
            self._names.pop(self.waiting[0][0], None)
        elif result.status == ExecStatus.PIPELINE_SYNC:
            found, refused = self._found, self._refused
            self._found = self._refused = None
            _, coming = self.waiting.popleft()
            if coming.done():  # who asked has gone
                return
            if refused is not None:
                coming.set_exception(refused)
            else:
                coming.set_result(found or [])


@lru_cache(512)
def _numbered(statement: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A statement with numbers for its parameters, and their names in order."""
    names = tuple(dict.fromkeys(one.decode() for one in _PARAMETER.findall(statement)))
    places = {name.encode(): b"$%d" % at for at, name in enumerate(names, 1)}
    return _PARAMETER.sub(lambda found: places[found[1]], statement), names


def _types(values: Mapping[str, Value], names: Sequence[str]) -> list[int]:
    """Of each value its type: a whole number of 64 bits, or a text for the statement to say."""
    return [_INT8 if isinstance(values[name], int) else _BY_CONTEXT for name in names]


def _as_text(value: Value) -> bytes:
    """A value as the database reads it.

    Raises:
        psycopg.DataError: it holds a NUL, at which the database would stop to read.
    """
    text = str(value)
    if "\0" in text:
        raise psycopg.DataError("a text with NUL")
    return text.encode()


def _error(result: PGresult) -> psycopg.Error:
    """What the database refused, by its code (as psycopg names it)."""
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    told = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode("utf-8", "replace")
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(told)
