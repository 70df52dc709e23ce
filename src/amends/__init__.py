"""Amends makes a personal-data leak good, and shows proof instead of promises.

The packages are the rooms that a case passes through, in this order: ``evidence`` (what leaked),
``linkage`` (whom it belongs to), ``payees`` and ``awards`` (what is owed, and who receives it),
``payouts`` (paid exactly once), ``roster`` (proved to strangers), ``notices`` (told to everybody).
Below them stand ``kernel``, ``store``, ``vault``, ``governance`` and ``ledger``; above them
``journey`` and ``cli``. ARCHITECTURE.md has the picture; ``make lint`` keeps it true.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
"""Polars' allocator (jemalloc) gives back to the system what is free; read when Polars is."""
