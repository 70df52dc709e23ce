"""Evidence in custody: every file with its digest, how it was read, its first rows masked."""

from collections.abc import Mapping
from typing import Final

from amends.access.model import Right
from amends.access.rules import masked
from amends.evidence import looking
from amends.evidence.categories.texts import category_label, why
from amends.evidence.model import HeldFile, Role
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.web import leaving, saying
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Facts,
    Field,
    Form,
    Note,
    Part,
    Table,
    View,
    code,
    link,
)
from amends.web.console.words import choices
from amends.web.listings import records
from amends.web.listings.model import Listing

_ROLES: Final[Mapping[str, str]] = {
    Role.EVIDENCE: said("leaked file"),
    Role.REGISTRY: said("registry"),
    Role.PEOPLE: said("file about people"),
}
_KILO: Final = 1000


def listed(desk: Desk) -> View:
    """Every table of the newest intake."""
    role = _role(desk)
    found = looking.held_files(desk.opened, role=role, after=desk.number("after"), most=ROWS + 1)
    rows = found[:ROWS]
    parts: list[Part] = [
        lists.filters(
            desk,
            Field(
                name="kind",
                label=desk.say(said("Kind")),
                value=role.value if role else "",
                choices=choices(desk, _ROLES, said("every kind")),
            ),
        ),
        Table(
            caption=desk.say(said("Tables that count now")),
            columns=(
                Column(label=desk.say(said("Kind"))),
                Column(label=desk.say(said("File"))),
                Column(label=desk.say(said("Size, kB")), figures=True),
                Column(label=desk.say(said("Rows")), figures=True),
                Column(label=desk.say(said("Set aside")), figures=True),
                Column(label="SHA-256"),
                Column(label=desk.say(said("Taken in"))),
                Column(label=desk.say(said("By"))),
            ),
            rows=[_row(desk, one) for one in rows],
            empty=desk.say(said("Nothing is in custody yet: `amends intake CASE`.")),
            following=desk.here(after=rows[-1].file_no) if len(found) > ROWS else "",
            following_text=desk.say(said("More")),
            csv=lists.csv(desk, "/evidence.csv"),
        ),
    ]
    if desk.may(Right.EXPORT):
        parts.append(
            Form(
                title=desk.say(said("The chain of custody")),
                text=desk.say(
                    said(
                        "Every file, who took it in, what was read, what was done since; every "
                        "sealed copy is opened and held against its digest. No value of a person."
                    )
                ),
                action="/evidence/custody",
                fields=(),
                buttons=(Button(label=desk.say(said("Write the report")), tone="plain"),),
            )
        )
    return View(
        title=desk.say(said("Evidence in custody")),
        lead=desk.say(said("Kept encrypted, as received. Values are shown masked, and no others.")),
        parts=parts,
    )


def _role(desk: Desk) -> Role | None:
    return Role(desk.word("kind")) if desk.word("kind") in set(Role) else None


def _listing(desk: Desk) -> Listing:
    return records.tables(desk.opened, _role(desk))


def _row(desk: Desk, one: HeldFile) -> tuple[str | int, ...]:
    return (
        desk.say(_ROLES[one.custody.role]),
        link(f"/evidence/{one.custody_no}", one.custody.path),
        one.custody.size_bytes // _KILO,
        one.custody.records,
        one.custody.quarantined,
        code(one.custody.sha256[:16]),
        desk.time(one.custody.taken_at),
        one.original.taken_by,
    )


def one(desk: Desk) -> View:
    """One table: what it is, how its columns were read, its first rows masked."""
    file = looking.held_file(desk.opened, int(desk.named["number"]))
    custody, spoken = file.custody, saying.spoken(desk.language)
    parts: list[Part] = [
        Facts(
            title=desk.say(said("What it is")),
            rows=[
                (desk.say(said("Kind")), desk.say(_ROLES[custody.role])),
                ("SHA-256", code(custody.sha256)),
                (desk.say(said("Size, kB")), custody.size_bytes // _KILO),
                (desk.say(said("Taken in")), desk.time(custody.taken_at)),
                (desk.say(said("By")), file.original.taken_by),
                (desk.say(said("Came from")), file.came_from or ""),
                (desk.say(said("Encoding")), custody.encoding),
                (desk.say(said("Rows")), custody.records),
                (desk.say(said("Kept")), custody.kept),
                (desk.say(said("Set aside")), custody.quarantined),
            ],
        ),
        Table(
            caption=desk.say(said("How its columns were read")),
            columns=(
                Column(label=desk.say(said("Column"))),
                Column(label=desk.say(said("Field"))),
                Column(label=desk.say(said("Because"))),
            ),
            rows=[
                (column.column, category_label(column, spoken), why(column, spoken))
                for column in custody.columns
            ],
        ),
        _rows(desk, file),
    ]
    return View(
        title=custody.path,
        up=("/evidence", desk.say(said("Evidence in custody"))),
        parts=parts,
    )


def _rows(desk: Desk, file: HeldFile) -> Part:
    try:
        rows = looking.first_rows(desk.opened, file, looking.MOST_ROWS)
    except AmendsError as refusal:
        return Note(text=desk.say(refusal.message), tone="warn")
    names = list(rows[0]) if rows else []
    return Table(
        caption=desk.say(said("First rows, masked")),
        columns=[Column(label=name) for name in names],
        rows=[tuple(masked(row[name]) for name in names) for row in rows],
        empty=desk.say(said("It has no row.")),
        note=desk.say(said("This look is in the audit trail.")),
    )


def custody(desk: Desk) -> Answer:
    """The chain of custody as a file, entered in the register of exports first."""
    return leaving.custody(desk.opened)


PAGES = (
    Page(path="/evidence", right=Right.SEE, show=listed),
    Page(path="/evidence.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/evidence/{number:int}", right=Right.SEE, show=one),
)
ACTIONS = (Action(path="/evidence/custody", right=Right.EXPORT, act=custody, show=listed),)
