"""With what a run was made: enough to make it again, and to know why another one differs."""

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import polars as pl

from amends import __version__
from amends.kernel.canonical import canonical
from amends.linkage import settings

LIBRARIES: Final = ("duckdb", "numba", "numpy", "polars", "pyarrow", "scipy", "splink")
"""What numbers pass through."""


def of(used: Mapping[str, object], readers: str) -> dict[str, object]:
    """Settings digest, versions, seed and threads of a run that is made now with *used*."""
    return {
        "settings_digest": settings_digest(used),
        "readers_digest": readers,
        "seed": settings.SEED,
        "threads": pl.thread_pool_size(),
        "amends": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def settings_digest(used: Mapping[str, object]) -> str:
    """SHA-256 (hex) over the canonical JSON of everything the result depends on beside input."""
    return hashlib.sha256(canonical(used).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
