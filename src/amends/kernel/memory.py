"""Memory of the C library: threads share it, and what is free is given back; and the collector.

Its allocator (glibc) gives threads heaps of their own and keeps, in pieces, what they have freed,
for the next that ask. After a step that made many middle-sized arrays that is more than all that is
in use, and no other thread can use it. With other libraries nothing of this happens.
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pyarrow as pa

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's <malloc.h>
_SELDOM: Final = 500_000
"""New objects between two looks (Python: 700)."""


def share_one_heap() -> None:
    """Let all threads take from one heap, before they begin: what one has freed the others use."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


@contextmanager
def one_heap_for_arrow() -> Iterator[None]:
    """Let Arrow take its memory from the C library as well: what one block frees is the next one's.

    Arrow's own pool gives free memory back within 10 ms, and gets it again page by page, each
    cleared. Work that goes through equal blocks for long spends a tenth of its time on that.
    """
    own = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(own)
        give_back()


@contextmanager
def many_small_objects() -> Iterator[None]:
    """Look for circles among objects seldom: long work makes thousands that leave by themselves.

    What is there already is left out until the end: it is looked through for nothing every time.
    """
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_SELDOM, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


def give_back() -> None:
    """Give what was freed back to the system; a step of long work calls it at its end."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
