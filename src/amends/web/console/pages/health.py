"""System health: versions, database, disk, clock, roster and what is waiting."""

from amends.access.model import Right
from amends.kernel.saying import said
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Facts, Part, Table, View, code
from amends.web.running import running

_GIGA = 1_000_000_000


def show(desk: Desk) -> View:
    """What runs, and whether it is well."""
    found = running(desk.opened)
    simulated = " " + desk.say(said("(simulated)")) if found.simulated else ""
    parts: list[Part] = [
        Facts(
            title=desk.say(said("Program")),
            rows=[
                ("Amends", found.version),
                ("Python", found.python),
                (desk.say(said("Clock of the case")), desk.time(found.now) + simulated),
            ],
        ),
        Facts(
            title=desk.say(said("Database")),
            rows=[
                ("PostgreSQL", found.server),
                (desk.say(said("Size, GB")), f"{found.database_bytes / _GIGA:.2f}"),
                (desk.say(said("Connections")), found.connections),
                (desk.say(said("Answers in, ms")), f"{found.answered_ms}"),
                (desk.say(said("Migrations")), f"{found.migrations} / {found.shipped_migrations}"),
            ],
        ),
        Facts(
            title=desk.say(said("Disk of the case")),
            rows=[
                (desk.say(said("Free, GB")), f"{found.disk_free_bytes / _GIGA:.1f}"),
                (desk.say(said("Used")), f"{1 - found.disk_free_bytes / found.disk_bytes:.0%}"),
            ],
        ),
        Facts(
            title=desk.say(said("Trails")),
            rows=[
                (desk.say(said("Entries of the audit trail")), found.audit_entries),
                (desk.say(said("Newest hash")), code(found.audit_head[:32])),
                (desk.say(said("Key of the roster")), code(found.roster_key or "")),
            ],
        ),
        Table(
            caption=desk.say(said("Newest statement of each rail")),
            columns=(
                Column(label=desk.say(said("Rail"))),
                Column(label=desk.say(said("Day"))),
                Column(label=desk.say(said("Imported"))),
            ),
            rows=[(one.rail, one.day, desk.time(one.imported_at)) for one in found.statements],
            empty=desk.say(said("No statement is in yet: `amends reconcile CASE`.")),
        ),
    ]
    return View(title=desk.say(said("System health")), parts=parts)


PAGES = (Page(path="/health", right=Right.HALT, show=show),)
