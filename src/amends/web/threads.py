"""The threads in which use cases run: they wait for the database, and the loop must not.

They are few: more of them would wait for one another, not for the database.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Made = TypeVar("Made")

_THREADS: Final = ThreadPoolExecutor(4, thread_name_prefix="desk")


async def in_thread(make: Callable[[], Made]) -> Made:
    """What *make* gives, made in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, make)
