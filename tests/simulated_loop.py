"""A machine that a test plays: a clock of its own, threads without threads, processes that die.

Everything that a process does is a step of the loop, counted in the process's `Life`. Whoever dies
does so between two steps, or at a commit, and takes none after that: no `finally`, no rollback, no
last word, as after `kill -9`. Steps of several processes mix by their virtual times alone, so that
the same seed plays the same for ever.
"""

import asyncio
import random
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any, TypeAlias, TypeVar, TypeVarTuple

from virtual_time import VirtualLoop

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


_WAYS_OUT = 100
_PROGRAM = "/src/amends/"

Point: TypeAlias = str
"""Where a process can die: a line of the program at which a task waits, or at which a process is on
its way to the server, or from it (``@``)."""


class KilledError(Exception):
    """The process was killed."""


class _DeadError(BaseException):
    """Ends what a process does in the middle of a step. Nothing in the program may catch it."""


@dataclass(slots=True, eq=False)
class Life:
    """Of a process: after so many *steps* more it dies (-1: it does not)."""

    steps: int = -1
    taken: int = 0
    alive: bool = True
    when_dead: Callable[[], None] = lambda: None
    tasks: "list[asyncio.Task[Any]]" = field(default_factory=list)
    passed: dict[Point, int] = field(default_factory=dict)
    """Points, and before which step it was there first."""
    died_at: frozenset[Point] = frozenset()

    def burn(self) -> None:
        """A step in the middle of a call: dead ones do not come back from here."""
        here = _calling()
        if here:
            self.passed.setdefault(here, self.taken)
        if not self._step(here):
            raise _DeadError

    def run(self, callback: Callable[..., object], *arguments: object) -> None:
        """A step of the loop, if there is one more."""
        if self._step():
            callback(*arguments)
            task = getattr(callback, "__self__", None)
            if isinstance(task, asyncio.Task) and (point := _waiting(task)):
                self.passed.setdefault(point, self.taken)

    def die(self) -> None:
        """Now."""
        if self.alive:
            self.alive = False
            self.when_dead()

    def _step(self, here: Point = "") -> bool:
        if self.steps == 0 and self.alive:
            self.died_at = frozenset({here, *map(_waiting, self.tasks)} - {""})
        self.taken += self.alive
        if self.steps == 0:
            self.die()
        elif self.steps > 0:
            self.steps -= 1
        return self.alive


def _waiting(task: "asyncio.Task[Any]") -> Point:
    """The innermost line of the program at which a task waits; nothing where it does not."""
    if task.done():
        return ""
    work: Any = task.get_coro()
    point = ""
    while work is not None:
        frame = getattr(work, "cr_frame", None) or getattr(work, "gi_frame", None)
        if frame is not None:
            point = _line(frame) or point
        work = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)
    return point


def _calling() -> Point:
    """The line of the program that has a way to the server now."""
    frame: FrameType | None = sys._getframe(2)
    how = frame.f_lineno if frame else 0
    while frame is not None:
        if line := _line(frame):
            return f"{line}@{how}"
        frame = frame.f_back
    return ""


def _line(frame: FrameType) -> Point:
    _, found, rest = frame.f_code.co_filename.partition(_PROGRAM)
    return f"{rest}:{frame.f_lineno}" if found else ""


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)
"""Whose step is running; nobody's are those of the network and of the world outside."""


class SimulatedLoop(VirtualLoop):
    """The loop of all processes of a machine. ``to_thread`` works between two steps."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.world = Context()
        self._tasks: list[asyncio.Task[Any]] = []
        self.stalled_s = 0.0
        super().__init__()
        self.set_exception_handler(lambda *_: None)
        self.set_task_factory(self._task)

    def call_soon(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """As ever, if whose step it is lives then."""
        return super().call_soon(_of_living(callback, context), *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As ever, if whose step it is lives then."""
        return super().call_at(when, _of_living(callback, context), *args, context=context)

    def run_in_executor(
        self,
        executor: Any,  # noqa: ANN401  # there is none
        func: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
    ) -> "asyncio.Future[_Result]":
        """Do it a moment later, in one go: other steps come before it and after it."""
        del executor
        future: asyncio.Future[_Result] = self.create_future()
        self.call_later(
            self._chance.uniform(0.0005, 0.01), self._work, future, partial(func, *args)
        )
        return future

    @staticmethod
    def _work(future: "asyncio.Future[_Result]", work: Callable[[], _Result]) -> None:
        try:
            result = work()
        except _DeadError:
            return  # nobody waits any more
        except Exception as error:  # noqa: BLE001  # whoever waits gets it, whatever it is
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(result)

    def stall(self, seconds: float) -> None:
        """Let everybody wait; how long in all is kept."""
        self.stalled_s += seconds
        super().stall(seconds)

    def later(self, delay_s: float, callback: Callable[[], object]) -> None:
        """Something that the world does, whoever lives then."""
        self.call_later(delay_s, callback, context=self.world)

    async def process(self, life: Life, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a process to its end.

        Raises:
            KilledError: it was killed.
        """
        ended: asyncio.Future[_Result] = self.create_future()

        def done(task: "asyncio.Task[_Result]") -> None:
            if ended.done():
                return
            if (problem := task.exception()) is not None:
                ended.set_exception(problem)
            else:
                ended.set_result(task.result())

        def dead() -> None:
            if not ended.done():
                ended.set_exception(KilledError())

        life.when_dead = dead
        context = copy_context()
        context.run(LIFE.set, life)
        self.create_task(work, context=context).add_done_callback(done, context=self.world)
        return await ended

    def _task(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Any,  # noqa: ANN401  # a coroutine or a generator
        **options: Any,  # noqa: ANN401
    ) -> "asyncio.Task[Any]":
        """A task like any other; it is remembered, for the dead end theirs only in `end`."""
        task = asyncio.Task(work, loop=loop, **options)
        self._tasks.append(task)
        context = options.get("context")
        life = LIFE.get() if context is None else context.get(LIFE)
        if life is not None:
            life.tasks.append(task)
        return task

    def end(self) -> None:
        """Forget what the dead never did, and close."""
        for task in self._tasks:
            if not task.done() and (work := task.get_coro()) is not None:
                _end(work)
        self.close()


def _of_living(
    callback: Callable[[*_Arguments], object], context: Context | None
) -> Callable[[*_Arguments], object]:
    life = LIFE.get() if context is None else context.get(LIFE)
    if life is None:
        return callback

    def step(*arguments: *_Arguments) -> None:
        life.run(callback, *arguments)

    return step


def _end(work: Any) -> None:  # noqa: ANN401  # a coroutine or a generator
    """Take a task of the dead apart: whatever it still waits for on its way out does not come."""
    for _ in range(_WAYS_OUT):
        try:
            work.throw(_DeadError())
        except BaseException:  # noqa: BLE001  # it is over
            return
    raise AssertionError("a task of a dead process does not end")
