"""Determinations: what they were made with, and how two of them differ, person by person."""

import json

from amends.access.model import Right
from amends.kernel.saying import said
from amends.linkage.model import Run
from amends.linkage.telling import runs
from amends.web import differences
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import (
    Column,
    Facts,
    Field,
    Figures,
    Filters,
    Note,
    Part,
    Row,
    Table,
    Text,
    View,
    Whole,
    code,
    link,
)
from amends.web.console.words import CAUSES, CHANGES, kinds_of_data
from amends.web.listings import people, records
from amends.web.listings.model import Listing


def show(desk: Desk) -> View:
    """All runs, newest first."""
    found = runs.page(desk.opened, before=desk.number("before"), most=ROWS + 1)
    rows = found[:ROWS]
    return View(
        title=desk.say(said("Determinations")),
        lead=desk.say(
            said("Each stands on the digest of what went in; the same input gives the same result.")
        ),
        parts=[
            Table(
                caption=desk.say(said("Runs")),
                columns=(
                    Column(label=desk.say(said("Run")), figures=True),
                    Column(label=desk.say(said("Finished"))),
                    Column(label=desk.say(said("People affected")), figures=True),
                    Column(label=desk.say(said("Input"))),
                    Column(label=desk.say(said("Result"))),
                    Column(label=desk.say(said("Difference"))),
                ),
                rows=[_row(desk, one) for one in rows],
                empty=desk.say(said("Nothing is determined yet: `amends determine CASE`.")),
                following=desk.here(before=rows[-1].run_no) if len(found) > ROWS else "",
                following_text=desk.say(said("Older")),
                csv=lists.csv(desk, "/runs.csv"),
            )
        ],
    )


def _listing(desk: Desk) -> Listing:
    return records.runs(desk.opened)


def _row(desk: Desk, one: Run) -> Row:
    before = one.run_no - 1
    return (
        link(f"/runs/{one.run_no}", str(one.run_no)),
        desk.time(one.finished_at),
        one.counts.get("affected", 0),
        code(one.input_digest[:12]),
        code(one.result_digest[:12]),
        link(
            f"/runs/difference?from={before}&to={one.run_no}",
            desk.say(said("to run {number}", number=before)),
        )
        if before
        else "",
    )


def one(desk: Desk) -> View:
    """One run."""
    number = int(desk.named["number"])
    found = runs.run(desk.opened, number)
    counts = [(name.replace("_", " "), value) for name, value in found.counts.items()]
    parts: list[Part] = [
        Facts(
            title=desk.say(said("What it was made with")),
            rows=[
                (desk.say(said("Finished")), desk.time(found.finished_at)),
                (desk.say(said("Input")), code(found.input_digest)),
                (
                    desk.say(said("Settings")),
                    code(str(found.provenance.get("settings_digest", ""))),
                ),
                (desk.say(said("Result")), code(found.result_digest)),
                ("Amends", str(found.provenance.get("amends", ""))),
                ("Python", str(found.provenance.get("python", ""))),
                (
                    desk.say(said("Reproduce")),
                    code(f"amends determine {desk.opened.case.root.name}"),
                ),
            ],
        ),
        Facts(
            title=desk.say(said("Counts")),
            rows=[(desk.say(name), value) for name, value in counts],
        ),
        *(Note(text=desk.say(note)) for note in found.notes),
        Text(
            title=desk.say(said("Settings, as recorded")),
            text=json.dumps(found.settings, ensure_ascii=False, indent=1, sort_keys=True),
        ),
    ]
    return View(
        title=desk.say(said("Determination {number}", number=number)),
        up=("/runs", desk.say(said("Determinations"))),
        parts=parts,
    )


def difference(desk: Desk) -> View:
    """Two runs, person by person; what is shown of many people is in the register of exports."""
    before, after = desk.number("from"), desk.number("to")
    change, start = desk.word("change"), desk.number("start", 0) or 0
    differing = differences.differing(
        desk.opened, before, after, change=change, start=start, most=ROWS
    )
    found = differing.found
    counts = [
        (CHANGES[name], f"{number:,}", desk.here(change=name, start=""))
        for name, number in found.counts.items()
    ]
    return View(
        title=desk.say(
            said("Determination {before} → {after}", before=found.before, after=found.after)
        ),
        up=("/runs", desk.say(said("Determinations"))),
        parts=[
            Figures(items=[(desk.say(name), shown, to) for name, shown, to in counts]),
            Filters(
                fields=(
                    Field(name="from", label=desk.say(said("From run")), value=str(found.before)),
                    Field(name="to", label=desk.say(said("To run")), value=str(found.after)),
                    Field(
                        name="change",
                        label=desk.say(said("What changed")),
                        value=change,
                        choices=[
                            ("", desk.say(said("every change"))),
                            *((name, desk.say(CHANGES[name])) for name in found.counts),
                        ],
                    ),
                )
            ),
            Table(
                caption=desk.say(said("People whose determination changed")),
                columns=(
                    Column(label=desk.say(said("What changed"))),
                    Column(label=desk.say(said("Person"))),
                    Column(label=desk.say(said("Other person"))),
                    Column(label=desk.say(said("Because of"))),
                    Column(label=desk.say(said("Before"))),
                    Column(label=desk.say(said("After"))),
                ),
                rows=[
                    (
                        Whole(desk.say(CHANGES[row["change"]])),
                        code(str(row["person_id"]), f"/people/{row['person_id']}"),
                        code(str(row["other_person_id"])) if row["other_person_id"] else "",
                        Whole(desk.say(CAUSES.get(str(row["why"]), str(row["why"])))),
                        kinds_of_data(desk, row["before"] or ""),
                        kinds_of_data(desk, row["after"] or ""),
                    )
                    for row in differing.people.iter_rows(named=True)
                ],
                empty=desk.say(said("No difference.")),
                following=desk.here(start=differing.following) if differing.following else "",
                following_text=desk.say(said("More")),
                csv=lists.csv(desk, "/runs/difference.csv"),
            ),
        ],
    )


def _differences_listing(desk: Desk) -> Listing:
    before, after = desk.number("from"), desk.number("to")
    return people.differences(desk.opened, before, after, change=desk.word("change"))


PAGES = (
    Page(path="/runs", right=Right.SEE, show=show),
    Page(path="/runs.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/runs/difference", right=Right.SEE, show=difference),
    Page(path="/runs/difference.csv", right=Right.EXPORT, show=lists.file(_differences_listing)),
    Page(path="/runs/{number:int}", right=Right.SEE, show=one),
)
