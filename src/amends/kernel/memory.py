"""Memory that is free, given back."""

import ctypes
from contextlib import suppress

import pyarrow as pa


def give_back() -> None:
    """Give what was freed back to the system; a step of long work calls it at its end.

    The allocator of the C library (glibc) keeps what threads have freed, in pieces, for the next
    that ask; after a step that made many middle-sized arrays that is more than all that is in use.
    Elsewhere nothing happens, or what Arrow keeps is given back alone.
    """
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
