"""System health: versions, database, disk, clock, roster and what is waiting."""

import platform
import shutil
import time

from amends import __version__
from amends.access.model import Right
from amends.governance import service as governance
from amends.kernel.saying import said
from amends.payouts.showing import shown
from amends.roster import service as roster
from amends.store.migrate import shipped_migrations
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Facts, Part, Table, View, code

_GIGA = 1_000_000_000


def show(desk: Desk) -> View:
    """What runs, and whether it is well."""
    began = time.perf_counter()
    server, size, connections, applied = _database(desk)
    took_ms = (time.perf_counter() - began) * 1000
    disk = shutil.disk_usage(desk.opened.case.root)
    number, head = governance.audit_head(desk.opened)
    clock = desk.opened.clock
    parts: list[Part] = [
        Facts(
            title=desk.say(said("Program")),
            rows=[
                ("Amends", __version__),
                ("Python", platform.python_version()),
                (
                    desk.say(said("Clock of the case")),
                    desk.time(clock.now())
                    + (" " + desk.say(said("(simulated)")) if clock.simulated else ""),
                ),
            ],
        ),
        Facts(
            title=desk.say(said("Database")),
            rows=[
                ("PostgreSQL", server),
                (desk.say(said("Size, GB")), f"{size / _GIGA:.2f}"),
                (desk.say(said("Connections")), connections),
                (desk.say(said("Answers in, ms")), f"{took_ms:.1f}"),
                (
                    desk.say(said("Migrations")),
                    f"{applied} / {len(shipped_migrations())}",
                ),
            ],
        ),
        Facts(
            title=desk.say(said("Disk of the case")),
            rows=[
                (desk.say(said("Free, GB")), f"{disk.free / _GIGA:.1f}"),
                (desk.say(said("Used")), f"{disk.used / disk.total:.0%}"),
            ],
        ),
        Facts(
            title=desk.say(said("Trails")),
            rows=[
                (desk.say(said("Entries of the audit trail")), number),
                (desk.say(said("Newest hash")), code(head[:32])),
                (
                    desk.say(said("Key of the roster")),
                    code(roster.published_key(desk.opened) or ""),
                ),
            ],
        ),
        Table(
            caption=desk.say(said("Newest statement of each rail")),
            columns=(
                Column(label=desk.say(said("Rail"))),
                Column(label=desk.say(said("Day"))),
                Column(label=desk.say(said("Imported"))),
            ),
            rows=_newest_bills(desk),
            empty=desk.say(said("No statement is in yet: `amends reconcile CASE`.")),
        ),
    ]
    return View(title=desk.say(said("System health")), parts=parts)


def _database(desk: Desk) -> tuple[str, int, int, int]:
    """Version, size in bytes, connections, migrations."""
    with desk.opened.database.session() as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "(SELECT count(*) FROM store.migration)"
        ).fetchone()
    assert row is not None  # noqa: S101 - it has no FROM
    return str(row[0]), int(str(row[1])), int(str(row[2])), int(str(row[3]))


def _newest_bills(desk: Desk) -> list[tuple[str, str, str]]:
    newest: dict[str, tuple[str, str, str]] = {}
    for rail, day, _, _, _, at in shown.bills(desk.opened):
        newest.setdefault(rail, (rail, day, desk.time(at)))
    return list(newest.values())


PAGES = (Page(path="/health", right=Right.HALT, show=show),)
