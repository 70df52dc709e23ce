"""Memory of the C library: threads share it, what is free is used again or given back; collector.

Its allocator (glibc) gives threads heaps of their own and keeps, in pieces, what they have freed,
for the next that ask. After a step that made many middle-sized arrays that is more than all that is
in use, and no other thread can use it. Large arrays it fetches from the system and gives back at
once, each of them; but what comes from the system is cleared, page by page, as it is first touched,
and that costs more than much of what arrays are made for. With other libraries nothing of this
happens. Polars has an allocator of its own: see :mod:`amends`.
"""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pyarrow as pa

FREELY_BYTES: Final = 3 << 29
"""What is free may be kept while the whole process holds no more than this, 1.5 GiB."""

_TRIM_THRESHOLD: Final = -1  # M_TRIM_THRESHOLD and so on of glibc's <malloc.h>
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE: Final = (1 << 30, 32 << 20)
"""What comes from the system by itself, while what is free is kept and else (glibc: at most so)."""
_AT_THE_END: Final = (1 << 29, 64 << 20)
"""What is free at the end of the heap and more than this goes back by itself; likewise."""
_SELDOM: Final = 50_000
"""New objects between two looks (Python: 700)."""


def share_one_heap() -> None:
    """Let all threads take from one heap, before they begin: what one has freed the others use."""
    _tell_allocator((_ARENA_MAX, 1))


@contextmanager
def keeping_what_is_free() -> Iterator[None]:
    """Let arrays of nearly any size be made where others have been, until the process holds much.

    Arrow takes from the same heap. Behind it, all that is free is given back.
    """
    _kept.append(FREELY_BYTES)
    _tell_allocator((_MMAP_THRESHOLD, _LARGE[0]), (_TRIM_THRESHOLD, _AT_THE_END[0]))
    try:
        with one_heap_for_arrow():
            yield
    finally:
        _kept.pop()
        _tell_allocator((_MMAP_THRESHOLD, _LARGE[1]), (_TRIM_THRESHOLD, _AT_THE_END[1]))
        give_back()


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
    """Give what was freed back to the system; a step of long work calls it at its end.

    Nothing is given back where it may be kept: see :func:`keeping_what_is_free`.
    """
    if _kept and _held_bytes() <= _kept[-1]:
        return
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


_kept: Final[list[int]] = []
"""Who may keep what is free, each up to so much."""


def _tell_allocator(*settings: tuple[int, int]) -> None:
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for what, value in settings:
            library.mallopt(what, value)


def _held_bytes() -> int:
    """How much memory the process holds; where nothing tells it, more than it may keep."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return FREELY_BYTES + 1
    return pages * os.sysconf("SC_PAGE_SIZE")
