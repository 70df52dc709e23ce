"""Memory of the C library: threads share it, and what is free is given back.

Its allocator (glibc) gives threads heaps of their own and keeps, in pieces, what they have freed,
for the next that ask. After a step that made many middle-sized arrays that is more than all that is
in use, and no other thread can use it. With other libraries nothing of this happens.
"""

import ctypes
from contextlib import suppress
from typing import Final

import pyarrow as pa

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's <malloc.h>


def share_one_heap() -> None:
    """Let all threads take from one heap, before they begin: what one has freed the others use."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give what was freed back to the system; a step of long work calls it at its end."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
