"""Where Amends keeps what it found out about this machine: the user's cache. It may be emptied."""

import os
from pathlib import Path


def kept_in(*names: str) -> Path | None:
    """The folder *names* in the user's cache, made; None where nothing can be kept."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        place = home.joinpath("amends", *names)
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or none that can be written to
        return None
    return place if os.access(place, os.W_OK) else None
