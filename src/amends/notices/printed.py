"""Print runs: what was written to people, and when, as the audit trail has it."""

from collections.abc import Mapping
from typing import Final

from amends.governance import shown
from amends.governance.model import AuditEntry
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

RUNS: Final[Mapping[str, str]] = {
    "notices queued": said("notices written"),
    "claim codes issued": said("codes drawn"),
    "claim codes given out": said("letters with codes printed"),
    "claim codes replaced": said("codes replaced"),
    "claim code told": said("a code told again"),
    "correction told": said("a correction told"),
}
"""What the audit trail calls whatever was written to people."""


def runs(
    opened: OpenCase, *, what: str = "", before: int | None = None, most: int
) -> list[AuditEntry]:
    """At most *most* of them, newest first; *before*: only those before this entry.

    *what*: one of :data:`RUNS` alone; else all of them.
    """
    found = [
        entry
        for action in ([what] if what in RUNS else RUNS)
        for entry in shown.entries(opened, action=action, before=before, most=most)
    ]
    return sorted(found, key=lambda entry: entry.entry_no, reverse=True)[:most]
