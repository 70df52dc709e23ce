"""How the simulated bank and counter fetch: by one rename, so that one side has a file."""

import contextlib
from pathlib import Path


def fetched(drop: Path, pattern: str) -> list[Path]:
    """Files that are ours now: whatever lay in the outbox, and what we had when we were killed."""
    ours = drop / "fetched"
    for path in sorted((drop / "outbox").glob(pattern)):
        with contextlib.suppress(FileNotFoundError):  # withdrawn meanwhile
            path.rename(ours / path.name)
    return sorted(ours.glob(pattern))
