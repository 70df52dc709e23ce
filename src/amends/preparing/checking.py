"""Says what a case has, what it lacks and what its stages will do. Changes nothing.

A database whose server is up is read; where none is up, the files alone tell, and what they cannot
tell is said to be not known.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from amends.evidence.model import ASK_BELOW, How, Role
from amends.evidence.sampling import Sampled, SampledTable, sample
from amends.kernel.case import APPROVALS_NEEDED, Case
from amends.kernel.casefile import read_case
from amends.kernel.categories import CATEGORIES, code_of, label
from amends.kernel.errors import CaseFileError
from amends.kernel.saying import Language, in_language, said
from amends.preparing import amounts
from amends.preparing.casetext import key_of
from amends.preparing.known import Known, known
from amends.preparing.model import Finding, Gate, Mark, Report, Section
from amends.preparing.questions import questions
from amends.preparing.stages import stages
from amends.store.standing import Absent

_FIELDS = {
    "account_id": said("account id"),
    "product": said("product"),
    "registered_at": said("day of registration"),
    "died_on": said("day of death"),
    "guardian_name": said("guardian's name"),
    "guardian_idno": said("guardian's identity number"),
    "guardian_account": said("guardian's account"),
}
"""Field words that are no category of data, in words."""
_SIGNS = {Mark.GOOD: "✓", Mark.OPEN: "○", Mark.NOTE: "!", Mark.ASKED: "?", Mark.REFUSED: "✗"}


def check(root: Path, language: Language, *, start: bool = False) -> Report:
    """The report on the case in *root*. *start*: start its database where it is not running.

    A case.toml that cannot be read is a finding, and everything else waits for it.

    Raises:
        AmendsError: the database was to be started, and does not come up.
    """
    try:
        case = read_case(root)
    except CaseFileError as error:
        broken = Finding(mark=Mark.REFUSED, text=error.message)
        return Report(sections=(_section("case", said("The case"), [broken]),), figures={})
    registries, leaked, people = _sampled(case)
    every = [*registries, *leaked, *people]
    accounts, rows = _records(registries), _records(leaked)
    look, at = known(case, start=start), shlex.quote(str(root))
    found = _figures(look)
    most = found.get("affected") or case.file.promise.people or min(accounts, rows)
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
            _section("case", said("The case"), _case(case, look, at)),
            _section("registries", said("Account tables"), _files(registries, language)),
            _section("evidence", said("Leaked files"), _files(leaked, language)),
            _section("people", said("About people"), _people(people, language)),
            _section("done", said("Done so far"), amounts.written(look, at)),
            _section("money", said("Promise and money"), amounts.money(case, look, most, at)),
            _section(
                "stages",
                said("What each stage will do, and what stands before it"),
                stages(case, look, figures, at),
            ),
            _section("lawyer", said("For a lawyer to decide"), _law(case, language)),
        ),
        figures=figures,
    )


def _figures(look: Known | Absent) -> dict[str, int]:
    """What the database counts; nothing where it is not read."""
    if not isinstance(look, Known):
        return {}
    return {
        "affected": look.determined,
        "awards": look.awards,
        "owed_minor": look.owed.amount_minor,
        "sent": look.sent,
    }


def _section(name: str, title: str, findings: Iterable[Finding]) -> Section:
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


def _case(case: Case, look: Known | Absent, at: str) -> Iterator[Finding]:
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
    operators = _operators(case, look)
    if operators < APPROVALS_NEEDED:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "operators who may sign: {number}; two people have to sign award, publication and "
                "payment: `amends operator add {at} NAME` makes one",
                number=operators,
                at=at,
            ),
        )
    else:
        yield Finding(
            mark=Mark.GOOD, text=said("operators who may sign: {number}", number=operators)
        )


def _operators(case: Case, look: Known | Absent) -> int:
    """How many people may sign: as the database tells, else by the keys that lie here."""
    if isinstance(look, Known):
        return look.operators
    keys = case.keys / "operators"
    return len(list(keys.glob("*.pem"))) if keys.is_dir() else 0


def _files(files: Sequence[Sampled], language: Language) -> Iterator[Finding]:
    for one in files:
        for trouble in one.trouble:
            yield Finding(mark=Mark.REFUSED, text=trouble)
        for table in one.tables:
            records = (
                said("{records:,} rows", records=table.records)
                if table.exact
                else said("about {records:,} rows by its size", records=table.records)
            )
            fields = ", ".join(_named(column.decision.field, language) for column in table.columns)
            yield Finding(
                mark=Mark.GOOD if table.records else Mark.NOTE,
                text=said(
                    "{name}: {records}; {fields}", name=table.name, records=records, fields=fields
                ),
            )
            yield from _doubts(table, language)


def _named(field: str, language: Language) -> str:
    """What a field is called; a word of the files' own stays as it is."""
    told = _FIELDS.get(field)
    if told is not None:
        return in_language(told, language)
    code = code_of(field)
    return label(code, language) if code in CATEGORIES else field


def _doubts(table: SampledTable, language: Language) -> Iterator[Finding]:
    """Columns that somebody has to say what they are."""
    for column in table.columns:
        decision, key = column.decision, key_of(column)
        if decision.confidence >= ASK_BELOW:
            continue
        if decision.how is How.OWN:
            text = said(
                "{name}: what is column {column}? Where it says something of a person, name it in "
                'case.toml: columns = {{ "{key}" = "phone" }}, for example',
                key=key,
                name=table.name,
                column=decision.column,
            )
        else:
            text = said(
                "{name}: column {column} is taken for {what}, and that is not certain; case.toml: "
                'columns = {{ "{key}" = "{field}" }} says so, or says what it is',
                key=key,
                name=table.name,
                column=decision.column,
                field=decision.field,
                what=_named(decision.field, language),
            )
        yield Finding(mark=Mark.ASKED, text=text)


def _people(files: Sequence[Sampled], language: Language) -> Iterator[Finding]:
    yield from _files(files, language)
    if not files:
        yield Finding(
            mark=Mark.NOTE,
            text=said(
                "no lists of deaths, guardianships or accounts: whoever needs one waits until it "
                "comes ([[people]])"
            ),
        )


def _law(case: Case, language: Language) -> Iterator[Finding]:
    jurisdictions = ", ".join(case.file.jurisdictions)
    for one in questions():
        yield Finding(
            mark=Mark.ASKED,
            text=one.said(language, jurisdictions=jurisdictions),
            rule=one.rule,
        )


def in_words(report: Report, language: Language) -> Iterator[str]:
    """The report in lines. Marks: ✓ there or done, ○ to come, ! to know, ? to decide, ✗ wrong."""
    for section in report.sections:
        yield in_language(section.title, language)
        for one in section.findings:
            yield _line("  ", one, language)
            yield from (_line("      ", gate, language) for gate in one.gates)
        yield ""


def _line(indent: str, one: Finding | Gate, language: Language) -> str:
    rule = f" [{one.rule}]" if one.rule else ""
    return f"{indent}{_SIGNS[one.mark]} {in_language(one.text, language)}{rule}"
