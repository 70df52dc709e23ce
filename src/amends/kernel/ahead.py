"""Work on several parts at once, with what comes out in the order of the parts.

The order, and so every result, is the same on any number of processors. Only so many parts are in
memory as there are threads, and one.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

Part = TypeVar("Part")
Made = TypeVar("Made")

MOST_THREADS = 8
"""More would wait for the one that writes."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """The same *parts*; while one is worked on, the next is read in a thread of its own."""
    coming, end = iter(parts), object()
    with _threads(1) as reader:
        ahead = reader.submit(next, coming, end)
        while (part := ahead.result()) is not end:
            ahead = reader.submit(next, coming, end)
            yield cast("Part", part)


def worked_ahead(
    parts: Iterable[Part], work: Callable[[Part], Made], threads: int | None = None
) -> Iterator[tuple[Part, Made]]:
    """Each part and what *work* makes of it; *work* runs ahead in threads of its own.

    What *work* or *parts* raises is raised here, in its turn or a few parts earlier.

    Args:
        parts: are asked for one by one, in the thread that takes what comes out.
        work: is the same whatever the order in which it is done.
        threads: without it, as many as there are processors, and no more than are of use.
    """
    threads = threads or min(MOST_THREADS, processors())
    with _threads(threads) as pool:
        waiting: deque[tuple[Part, Future[Made]]] = deque()
        for part in parts:
            waiting.append((part, pool.submit(work, part)))
            if len(waiting) > threads:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that have ended when the block has; but who only stops asking waits for none of them.

    A generator that nobody asks any more may be cleared away in any thread at any moment, also by
    one for whose lock these threads wait.
    """
    pool = ThreadPoolExecutor(count, "amends-ahead")
    wait = True
    try:
        yield pool
    except GeneratorExit:
        wait = False
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=True)
