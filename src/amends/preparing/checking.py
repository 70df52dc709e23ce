"""Says what a case has, what it lacks and what its stages will do. Changes and starts nothing.

A database whose server is up is read; where none is up, the files alone tell.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from amends.evidence.model import ASK_BELOW, How, Role
from amends.evidence.sampling import Sampled, SampledTable, sample
from amends.kernel.case import Case
from amends.kernel.casefile import read_case
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import Language, in_language, said
from amends.preparing import estimates, store
from amends.preparing.model import Finding, Mark, Report, Section
from amends.preparing.questions import questions
from amends.store.standing import standing_database

_GIB = 1 << 30
_OPERATORS = 2
_DOES = {
    "intake": said("reads every file, seals a copy, tells the columns; files stay as they are"),
    "determine": said("finds who is affected, each person once; doubtful ones wait for readers"),
    "award": said("checks promise and funding, fixes what is owed to whom (two people approve)"),
    "publish": said("publishes the roster: commitments and sums, nobody's name (two approve)"),
    "notify": said("writes everybody's notice into the outbox; nothing is sent"),
    "pay": said("pays everybody exactly once (two people approve)"),
    "reconcile": said("holds books, provider and statements against each other"),
}

_NEEDS: dict[str, Callable[[Case], bool]] = {
    "award": lambda case: case.file.funding is not None,
    "pay": lambda case: bool(case.file.rails),
}


def check(root: Path, language: Language) -> Report:
    """The report on the case in *root*.

    A case.toml that cannot be read is a finding, and everything else waits for it.
    """
    try:
        case = read_case(root)
    except CaseFileError as error:
        broken = Finding(mark=Mark.REFUSED, text=error.message)
        return Report(sections=(_section("case", said("The case"), [broken]),), figures={})
    registries, leaked, people = _sampled(case)
    every = [*registries, *leaked, *people]
    accounts, rows = _records(registries), _records(leaked)
    file = case.file
    with standing_database(case) as connection:
        found = {} if connection is None else store.written(connection)
    most = found.get("affected") or file.promise.people or min(accounts, rows)
    figures = {
        "accounts": accounts,
        "leaked_rows": rows,
        "people_rows": _records(people),
        "file_bytes": sum(one.size_bytes for one in every),
        "people_at_most": most,
        **found,
    }
    return Report(
        sections=(
            _section("case", said("The case"), list(_case(case))),
            _section("registries", said("Account tables"), list(_files(registries))),
            _section("evidence", said("Leaked files"), list(_files(leaked))),
            _section("people", said("About people"), list(_people(people))),
            *(
                [_section("done", said("Done so far"), list(_written(case, found)))]
                if found
                else []
            ),
            _section("money", said("Promise and money"), list(_money(case, most))),
            _section("stages", said("What each stage will do"), list(_stages(case, figures))),
            _section("lawyer", said("For a lawyer to decide"), list(_law(case, language))),
        ),
        figures=figures,
    )


def _section(name: str, title: str, findings: list[Finding]) -> Section:
    return Section(name=name, title=title, findings=tuple(findings))


def _sampled(case: Case) -> tuple[list[Sampled], list[Sampled], list[Sampled]]:
    file = case.file
    sources = (
        (Role.REGISTRY, file.registries),
        (Role.EVIDENCE, file.evidence),
        (Role.PEOPLE, file.people),
    )
    registries, leaked, people = (
        [sample(case.root / one.path, one.path, role, one.columns) for one in some]
        for role, some in sources
    )
    return registries, leaked, people


def _records(files: Sequence[Sampled]) -> int:
    return sum(one.records for one in files)


def _case(case: Case) -> Iterator[Finding]:
    file = case.file
    yield Finding(mark=Mark.GOOD, text=said("case.toml can be read: case {id}", id=file.id))
    if file.discovered_at is None:
        yield Finding(
            mark=Mark.NOTE,
            text=said("case.discovered_at is missing: the clocks of reports start there"),
            rule="CN-CAC-GEN",
        )
    if file.announced_at is None:
        yield Finding(
            mark=Mark.NOTE,
            text=said("case.announced_at is missing: the term of payment starts there"),
        )
    keys = case.root / "amends" / "keys" / "operators"
    operators = len(list(keys.glob("*.pem"))) if keys.is_dir() else 0
    if operators < _OPERATORS:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "operators with a key here: {number}; two people have to approve award, "
                "publication and payment: `amends operator add CASE NAME`",
                number=operators,
            ),
        )
    else:
        yield Finding(
            mark=Mark.GOOD, text=said("operators with a key here: {number}", number=operators)
        )


def _files(files: Sequence[Sampled]) -> Iterator[Finding]:
    for one in files:
        for trouble in one.trouble:
            yield Finding(mark=Mark.REFUSED, text=trouble)
        for table in one.tables:
            records = (
                said("{records:,} rows", records=table.records)
                if table.exact
                else said("about {records:,} rows by its size", records=table.records)
            )
            fields = ", ".join(column.decision.field for column in table.columns)
            yield Finding(
                mark=Mark.GOOD,
                text=said(
                    "{name}: {records}; {fields}", name=table.name, records=records, fields=fields
                ),
            )
            yield from _doubts(table)


def _doubts(table: SampledTable) -> Iterator[Finding]:
    """Columns that somebody has to say what they are."""
    for decision in (column.decision for column in table.columns):
        if decision.confidence >= ASK_BELOW:
            continue
        if decision.how is How.OWN:
            text = said(
                "{name}: what is column {column}? If it says something of a person, name it in "
                "case.toml: columns",
                name=table.name,
                column=decision.column,
            )
        else:
            text = said(
                "{name}: is column {column} the field {field}? Say so in case.toml: columns",
                name=table.name,
                column=decision.column,
                field=decision.field,
            )
        yield Finding(mark=Mark.ASKED, text=text)


def _people(files: Sequence[Sampled]) -> Iterator[Finding]:
    yield from _files(files)
    if not files:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "no lists of deaths, guardianships or accounts: whoever needs one waits until it "
                "comes ([[people]])"
            ),
        )


def _written(case: Case, found: dict[str, int]) -> Iterator[Finding]:
    """What stands in the database."""
    if not found["affected"]:
        yield Finding(mark=Mark.NOTE, text=said("nobody is determined yet"))
        return
    yield Finding(
        mark=Mark.GOOD, text=said("{people:,} people are affected", people=found["affected"])
    )
    if found["awards"]:
        owed = Money(amount_minor=found["owed_minor"], currency=case.file.currency)
        text = said("{awards:,} awards, {owed} owed", awards=found["awards"], owed=owed.display())
        yield Finding(mark=Mark.GOOD, text=text)
    if found["sent"]:
        yield Finding(
            mark=Mark.GOOD, text=said("{payments:,} payments were sent", payments=found["sent"])
        )
    promised = case.file.promise.people
    if promised is not None and promised != found["affected"]:
        yield Finding(
            # who was awarded before keeps it: then `amends award` alone knows the right number
            mark=Mark.NOTE if found["awards"] else Mark.REFUSED,
            text=said(
                "{promised:,} people are promised, {affected:,} are determined: `amends promise "
                "CASE --restate` changes the promise (two people)",
                promised=promised,
                affected=found["affected"],
            ),
        )


def _money(case: Case, most: int) -> Iterator[Finding]:
    file = case.file
    each, promise = file.most_per_person, file.promise
    needed = promise.total or each * most
    if promise.people is None:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "{each} per person at most; how many people is not known before `amends "
                "determine`; at most {most:,}, which would be {needed}",
                each=each.display(),
                most=most,
                needed=(each * most).display(),
            ),
        )
    else:
        yield from _promised(case)
    if file.funding is None:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "funding.amount is missing: `amends award` refuses without it; {needed}",
                needed=needed.display(),
            ),
        )
    elif file.funding.currency == needed.currency and file.funding < needed:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "funding is {funding}, and at most {needed} is needed",
                funding=file.funding.display(),
                needed=needed.display(),
            ),
        )
    else:
        yield Finding(
            mark=Mark.GOOD, text=said("funding is {funding}", funding=file.funding.display())
        )
    yield Finding(
        mark=Mark.ASKED,
        text=said("fees of the provider are not known here: the contract with it has them"),
    )


def _promised(case: Case) -> Iterator[Finding]:
    promise, each = case.file.promise, case.file.promise.per_person
    people = promise.people or 0
    right = None if each is None else each * people
    if right is not None and promise.total is not None and promise.total != right:
        yield Finding(
            mark=Mark.REFUSED,
            text=said(
                "the promise does not add up: {people:,} × {each} = {right}, and total says "
                "{total}",
                people=people,
                each=each.display() if each else "",
                right=right.display(),
                total=promise.total.display(),
            ),
        )
        return
    sum_of = promise.total or right
    yield Finding(
        mark=Mark.GOOD,
        text=said(
            "promised: {people:,} people, {total}; the number has to be what is determined",
            people=people,
            total=sum_of.display() if sum_of else "",
        ),
    )


def _stages(case: Case, figures: dict[str, int]) -> Iterator[Finding]:
    rows = figures["accounts"] + figures["leaked_rows"] + figures["people_rows"]
    done = _done(case)
    lacks = {stage for stage, there in _NEEDS.items() if not there(case)}
    for one in estimates.estimates(rows, figures["people_at_most"]):
        if one.seconds is None:
            took: str = said("not measured")
        elif one.memory_bytes is None:
            took = said("about {time}", time=_time(one.seconds))
        else:
            took = said(
                "about {time}, {memory:.1f} GiB of memory",
                time=_time(one.seconds),
                memory=one.memory_bytes / _GIB,
            )
        yield Finding(
            mark=Mark.NOTE if one.stage in lacks and one.stage not in done else Mark.GOOD,
            text=said("{stage}: {what}; {took}", stage=one.stage, what=_DOES[one.stage], took=took)
            if one.stage not in done
            else said(
                "{stage}: was run here before; {what}", stage=one.stage, what=_DOES[one.stage]
            ),
        )
    yield from _disk(case, figures["file_bytes"])
    if not case.file.rails:
        yield Finding(
            mark=Mark.NOTE,
            text=said("no [[rail]]: `amends pay` refuses until one says how it is paid"),
        )
    yield Finding(
        mark=Mark.NOTE,
        text=said(
            "times and sizes are estimates, from what was measured on two cores ({source}); pay: "
            "at the pace of the simulated provider",
            source=estimates.SOURCE,
        ),
    )


def _done(case: Case) -> frozenset[str]:
    """Stages that have left files in the case directory. No database is started for it."""
    made = case.root / "amends"
    signs = {
        "intake": case.evidence_room / "accounts",
        "determine": case.evidence_room / "linkage",
        "publish": made / "site" / "log",
        "reconcile": made / "statements",
    }
    return frozenset(
        stage for stage, folder in signs.items() if folder.is_dir() and any(folder.iterdir())
    )


def _disk(case: Case, file_bytes: int) -> Iterator[Finding]:
    needed = estimates.disk_bytes(file_bytes)
    free = shutil.disk_usage(case.root).free
    text = said(
        "disk: at most about {needed:,.1f} MiB for sealed copies and encrypted tables; {free:,.1f} "
        "MiB are free",
        needed=needed / (1 << 20),
        free=free / (1 << 20),
    )
    yield Finding(mark=Mark.GOOD if free > needed else Mark.REFUSED, text=text)


def _time(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 -- a minute and a half
        return said("{number:.0f} s", number=max(seconds, 1.0))
    if seconds < 5400:  # noqa: PLR2004 -- an hour and a half
        return said("{number:.0f} min", number=seconds / 60)
    return said("{number:.1f} h", number=seconds / 3600)


def _law(case: Case, language: Language) -> Iterator[Finding]:
    jurisdictions = ", ".join(case.file.jurisdictions)
    for one in questions():
        yield Finding(
            mark=Mark.ASKED,
            text=one.said(language, jurisdictions=jurisdictions),
            rule=one.rule,
        )


def in_words(report: Report, language: Language) -> Iterator[str]:
    """The report in lines. Marks: ✓ there, ! to know, ? to decide, ✗ a stage refuses."""
    signs = {Mark.GOOD: "✓", Mark.NOTE: "!", Mark.ASKED: "?", Mark.REFUSED: "✗"}
    for section in report.sections:
        yield in_language(section.title, language)
        for one in section.findings:
            rule = f" [{one.rule}]" if one.rule else ""
            yield f"  {signs[one.mark]} {in_language(one.text, language)}{rule}"
        yield ""
