"""The text of a new case.toml, with comments in the language of whoever will edit it. Pure."""

import json
from collections.abc import Iterator, Sequence

from amends.evidence.model import ASK_BELOW
from amends.evidence.sampling import SampledColumn, SampledTable
from amends.kernel.saying import Language, in_language, said
from amends.preparing.model import Answers, Kind, Placed

_TABLE_OF = {
    Kind.REGISTRY: "registry",
    Kind.EVIDENCE: "evidence",
    Kind.DEATH: "people",
    Kind.GUARDIANSHIP: "people",
}


def case_text(files: Sequence[Placed], answers: Answers, language: Language) -> str:
    """case.toml of *files* and *answers*; what was not told stands there as a comment."""
    lines = [
        *_head(answers, language),
        *_promise(answers, language),
        *(line for file in files for line in _file(file, language)),
        *_tail(answers, language),
    ]
    return "\n".join(lines) + "\n"


def _head(answers: Answers, language: Language) -> Iterator[str]:
    yield _note(
        said("Written by `amends init`; docs/reference/case.md explains every key."), language
    )
    yield ""
    yield "[case]"
    yield f"id = {_text(answers.case_id)}"
    yield f"controller = {_text(answers.controller)}"
    yield _note(said("under whose law the people stand; a lawyer has to confirm it"), language)
    yield 'jurisdictions = ["CN"]'
    yield _note(
        said("when the leak was discovered: reporting clocks start there (CN-CAC-GEN: 4 hours)"),
        language,
    )
    yield "# discovered_at = 2026-01-31T08:00:00+08:00"
    yield "# announced_at = 2026-02-01T20:00:00+08:00"
    yield ""


def _promise(answers: Answers, language: Language) -> Iterator[str]:
    yield _note(
        said("What the announcement says. people × per_person has to be total, to the cent."),
        language,
    )
    yield "[promise]"
    if answers.people is None:
        yield _note(said("left out, as many people are owed as are determined"), language)
        yield "# people = 3000000"
    else:
        yield f"people = {answers.people}"
    yield f"per_person = {_text(str(answers.per_person))}"
    if answers.total is not None:
        yield f"total = {_text(str(answers.total))}"
    yield 'pay_within = "P3D"'
    yield ""


def _file(file: Placed, language: Language) -> Iterator[str]:
    """The table of one file, and in comments how its columns were told."""
    kind = file.found.kind
    yield f"[[{_TABLE_OF[kind]}]]"
    if file.product is not None:
        yield f"product = {_text(file.product)}"
    if kind in {Kind.DEATH, Kind.GUARDIANSHIP}:
        yield f"kind = {_text(kind.value)}"
    yield f"path = {_text(file.path)}"
    for table in file.found.sampled.tables[:1]:
        yield from _columns(table, language)
    yield ""


def _columns(table: SampledTable, language: Language) -> Iterator[str]:
    told = ", ".join(
        f"{key_of(column)} = {column.decision.field}"
        for column in table.columns
        if column.decision.confidence >= ASK_BELOW
    )
    if told:
        yield _note(said("told by itself: {columns}", columns=told), language)
    doubtful = [each for each in table.columns if each.decision.confidence < ASK_BELOW]
    if doubtful:
        pairs = ", ".join(
            f"{_text(key_of(each))} = {_text(each.decision.field)}" for each in doubtful
        )
        yield _note(said("in doubt; correct what is wrong and take the # away:"), language)
        yield f"# columns = {{ {pairs} }}"


def key_of(column: SampledColumn) -> str:
    """How case.toml names a column: by its header, or by its number where it has none."""
    name = column.decision.column
    return str(column.decision.position + 1) if name.startswith("column_") else name


def _tail(answers: Answers, language: Language) -> Iterator[str]:
    yield _note(said("How an amount is made per person; `flat`: the same for everybody."), language)
    yield "[tariff]"
    yield 'preset = "flat"'
    yield f"amount = {_text(str(answers.per_person))}"
    yield ""
    yield _note(said("How much money stands behind it; `amends award` needs it."), language)
    yield "# [funding]"
    yield f"# amount = {_text(str(answers.total or answers.per_person))}"
    yield ""
    yield _note(
        said("How it is paid; `amends pay` needs it. A simulator pays nobody: to rehearse with."),
        language,
    )
    yield "# [[rail]]"
    yield '# kind = "simulator"'
    yield '# protocol = "alipay"'


def _note(text: str, language: Language) -> str:
    """A comment: one line, whatever a column is called."""
    return "# " + " ".join(in_language(text, language).split())


def _text(value: str) -> str:
    """A TOML text: JSON's spelling of one is valid there."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
