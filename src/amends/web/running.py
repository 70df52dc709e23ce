"""What a served case runs on, as operators and their programs are told."""

import platform
import shutil
import time
from dataclasses import dataclass
from datetime import datetime

from amends import __version__
from amends.governance import service as governance
from amends.payouts.showing import shown
from amends.roster import service as roster
from amends.store.migrate import shipped_migrations
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestStatement:
    """The newest statement of a rail that was imported."""

    rail: str
    day: str
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a case runs on; ``answered_ms``: how long the database took to say so."""

    version: str
    python: str
    now: datetime
    simulated: bool
    server: str
    database_bytes: int
    connections: int
    answered_ms: float
    migrations: int
    shipped_migrations: int
    disk_bytes: int
    disk_free_bytes: int
    audit_entries: int
    audit_head: str
    roster_key: str | None
    statements: list[NewestStatement]


def running(opened: OpenCase) -> Running:
    """Ask everything once."""
    began = time.perf_counter()
    with opened.database.session() as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "(SELECT count(*) FROM store.migration)"
        ).fetchone()
    answered_ms = round((time.perf_counter() - began) * 1000, 1)
    assert row is not None  # noqa: S101 - it has no FROM
    disk = shutil.disk_usage(opened.case.root)
    number, head = governance.audit_head(opened)
    newest: dict[str, NewestStatement] = {}
    for rail, day, _, _, _, at in shown.bills(opened):
        newest.setdefault(rail, NewestStatement(rail=rail, day=day, imported_at=at))
    return Running(
        version=__version__,
        python=platform.python_version(),
        now=opened.clock.now(),
        simulated=opened.clock.simulated,
        server=str(row[0]),
        database_bytes=int(str(row[1])),
        connections=int(str(row[2])),
        answered_ms=answered_ms,
        migrations=int(str(row[3])),
        shipped_migrations=len(shipped_migrations()),
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        audit_entries=number,
        audit_head=head,
        roster_key=roster.published_key(opened),
        statements=list(newest.values()),
    )
