"""Memory of the C library, in processes of their own: what is free can be had again, and goes back.

What is asked for last stays in use, so that the library itself gives nothing back.
"""

import ctypes
import subprocess
import sys

import pyarrow as pa
import pytest

from amends.kernel.memory import one_heap_for_arrow

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="the C library here is not glibc, whose allocator alone can be told anything",
)

MADE_MB = 200
"""What is made in each program, in pieces of 100 KB: too small for pages of their own."""

_BEFORE = f"""
import os
from threading import Thread
from amends.kernel.memory import give_back, share_one_heap

def held_mb():
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def made():
    return [bytearray(100_000) for _ in range({MADE_MB} * 10)]

kept = []

def make_and_free():
    pieces = made()
    kept.append(pieces.pop())

"""


def told(program: str) -> float:
    """What *program* prints at its end."""
    done = subprocess.run(
        [sys.executable, "-c", _BEFORE + program], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_what_was_freed_goes_back_to_the_system() -> None:
    """Pieces that were freed are held no longer, though one after them is in use."""
    back_mb = told("make_and_free(); before = held_mb(); give_back(); print(before - held_mb())")
    assert back_mb > 0.9 * MADE_MB


def test_what_one_thread_freed_another_uses() -> None:
    """The main thread makes as much as another has freed, and the process holds hardly more."""
    more_mb = told(
        "share_one_heap(); other = Thread(target=make_and_free); other.start(); other.join(); "
        "before = held_mb(); pieces = made(); print(held_mb() - before)"
    )
    assert more_mb < 0.1 * MADE_MB


def test_arrow_takes_from_the_c_library_for_a_while() -> None:
    """Inside, Arrow has no memory of its own; behind it, it has again."""
    own = pa.default_memory_pool().backend_name
    with one_heap_for_arrow():
        assert pa.default_memory_pool().backend_name == "system"
        before = pa.total_allocated_bytes()
        kept = pa.allocate_buffer(1 << 20)
        assert pa.total_allocated_bytes() - before == kept.size
    assert pa.default_memory_pool().backend_name == own != "system"
