"""Reading what comes back: each file once, whole or not at all.

A file that cannot be read is told and tried again: it may still be on its way. What must not be
kept is taken out of a file as soon as it was read.
"""

import asyncio
import hashlib
import time
from pathlib import Path

from amends.kernel.saying import said
from amends.payouts.rails.file_drop import Drop
from amends.payouts.rails.file_model import Language
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import RailUnavailableError
from amends.statements.model import StatementError

_LOOK_AGAIN_NS = 1_000_000_000


class Inbox:
    """The inbox of one drop. ``unread``: files that cannot be read (yet), with why."""

    def __init__(self, drop: Drop, store: Store, language: Language) -> None:
        self._drop = drop
        self._store = store
        self._language = language
        self._busy = asyncio.Lock()
        self._looked: tuple[int, int] = (-1, 0)
        self.unread: dict[str, str] = {}

    async def look(self) -> None:
        """Read what is new; what could not be read is tried again after a second."""
        changed_ns, now_ns = self._drop.inbox_changed_ns(), time.time_ns()
        was_ns, looked_ns = self._looked
        # File systems count time in steps: only a look well after the last change has seen all.
        all_seen = changed_ns == was_ns and looked_ns - was_ns > _LOOK_AGAIN_NS
        if all_seen and (not self.unread or now_ns - looked_ns < _LOOK_AGAIN_NS):
            return
        async with self._busy:
            await asyncio.to_thread(self._read_inbox)
            self._looked = (changed_ns, now_ns)

    def _read_inbox(self) -> None:
        self.unread = {}
        for arrived in self._drop.arrived():
            name = arrived.path.name
            if self._store.is_seen(name, arrived.size_bytes, arrived.mtime_ns):
                continue
            sha256 = digest(arrived.path)
            try:
                if not self._store.is_read(sha256):
                    self._take(arrived.path, sha256)
            except (StatementError, RailUnavailableError) as error:
                self.unread[name] = error.args[0]
                continue
            kept = self._language.redacted(arrived.path)
            lies = arrived if kept is None else self._drop.replace(name, kept)
            with self._store.writing():
                self._store.note_seen(name, lies.size_bytes, lies.mtime_ns, sha256)

    def _take(self, path: Path, sha256: bytes) -> None:
        """Remember what a file says, in one transaction.

        Raises:
            StatementError, RailUnavailableError: it cannot be read, or changes meanwhile.
        """
        taken = self._language.take(path, path.name, sha256, self._store.sent)
        if digest(path) != sha256:
            raise RailUnavailableError(
                said(
                    "{file}: changes while it is read: it is on its way still, and will be read "
                    "when it lies there whole",
                    file=path.name,
                )
            )
        with self._store.writing():
            self._store.add_words(taken.words)
            self._store.add_advised(taken.advised)
            for row in taken.statements:
                self._store.add_statement(row)


def digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
