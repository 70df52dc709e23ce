"""The first day: make a case directory, and see what a case needs."""

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from amends.cli.language import language
from amends.cli.output import ask, print_json, say
from amends.kernel.money import Money
from amends.kernel.saying import in_language, said
from amends.preparing import casetext, checking, rules, service
from amends.preparing.model import Answers, Finding, FoundFile, Kind, Placed, PreparingError

_EXIT_REFUSED = 1
_EXIT_STOPPED = 130
_Answer = TypeVar("_Answer")
_PATHS = click.Path(path_type=Path)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=_PATHS)
@click.option("--registry", "registries", multiple=True, type=_PATHS, help="An account table.")
@click.option("--evidence", multiple=True, type=_PATHS, help="A leaked file or folder of them.")
@click.option("--id", "case_id", help="The case's id (default: the name of the directory).")
@click.option("--controller", help="The company that answers for the data.")
@click.option("--people", type=click.IntRange(min=1), help="How many people are promised it.")
@click.option("--per-person", metavar="AMOUNT", help='Like "CNY 5000.00".')
@click.option("--total", metavar="AMOUNT", help='Like "CNY 15000000000.00".')
@click.option("--link", is_flag=True, help="Hard links instead of copies (same disk).")
@click.option("--yes", is_flag=True, help="Ask nothing; refuse what is in doubt.")
@click.option("--dry-run", is_flag=True, help="Print case.toml and write nothing.")
def init(  # noqa: PLR0913  # one for each thing that is not asked then
    directory: Path,
    files: tuple[Path, ...],
    registries: tuple[Path, ...],
    evidence: tuple[Path, ...],
    case_id: str | None,
    *,
    controller: str | None,
    people: int | None,
    per_person: str | None,
    total: str | None,
    link: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Make a case directory DIRECTORY from FILES and folders; they are copied, never moved.

    Account tables and leaked files are told by their columns; what is in doubt is asked.
    """
    service.refuse_used(directory)
    case_id = rules.check_id(case_id or rules.word_of(directory.resolve().name, "case", 64))
    with _answered():
        found = service.look(files, registries=registries, evidence=evidence)
        found = service.decided(found, None if yes else _ask_kind)
        placed = rules.placed(found)
        for each in placed:
            _show(each)
        rules.require_whole(found)
        answers = _answers(case_id, controller, (people, per_person, total), yes=yes)
    text = casetext.case_text(placed, answers, language())
    if dry_run:
        click.echo(text, nl=False)
        return
    service.write(directory, placed, text, link=link)
    say(
        said(
            "{directory}: the case is made; next: `amends check {at}`",
            directory=directory,
            at=shlex.quote(str(directory)),
        )
    )


@contextmanager
def _answered() -> Iterator[None]:
    """Say in plain words what is missing where nobody answers, and that nothing is written.

    Raises:
        PreparingError: nobody is there to ask.
    """
    try:
        yield
    except click.Abort:
        if sys.stdin.isatty():
            say(said("stopped: nothing was written"), err=True)
            raise click.exceptions.Exit(_EXIT_STOPPED) from None
        raise PreparingError(
            said(
                "an answer is missing, and nobody is there to give it: say it beforehand with "
                "--controller NAME, --per-person AMOUNT, --people NUMBER, --registry PATH and "
                "--evidence PATH; nothing was written"
            )
        ) from None


def _ask_kind(found: FoundFile) -> Kind:
    """Account table or leaked: somebody says."""
    _columns(found)
    question = said("{file}: an account table of yours (a), or leaked (l)?", file=found.file.name)
    while True:
        answer = ask(question).strip().lower()
        if answer in {"a", "l"}:
            return Kind.REGISTRY if answer == "a" else Kind.EVIDENCE
        say(said("type a or l"), err=True)


def _show(placed: Placed) -> None:
    """What a file is taken for, and its columns, masked."""
    say(said("{file} → {path}", file=placed.found.file, path=placed.path), err=True)
    _columns(placed.found)


def _columns(found: FoundFile) -> None:
    for table in found.sampled.tables:
        for column in table.columns:
            shown = "  ".join(column.samples)
            name, field = column.decision.column, column.decision.field
            click.echo(f"    {name} → {field}  {shown}", err=True)


def _answers(
    case_id: str,
    controller: str | None,
    promise: tuple[int | None, str | None, str | None],
    *,
    yes: bool,
) -> Answers:
    """What only people know; asked for where it was not given."""
    people, per_person, total = promise
    if yes and (controller is None or per_person is None):
        raise PreparingError(
            said("with --yes, --controller NAME and --per-person AMOUNT have to be given")
        )
    controller = controller or _asked(said("The company that answers for the data"), _a_name)
    asked = per_person is None
    while True:
        each = (
            _asked(said('How much per person, like "CNY 5000.00"'), Money.parse)
            if per_person is None
            else _amount("--per-person", per_person)
        )
        if asked and people is None:
            people = _asked(said("How many people were announced (empty: none yet)"), _number, "")
        right = rules.right_total(people, each)
        if total is not None:
            whole: Money | None = _amount("--total", total)
        elif asked and right is not None:
            whole = _asked(said("The total as announced"), Money.parse, str(right))
        else:
            whole = right
        try:
            rules.check_total(people, each, whole)
        except PreparingError as wrong:
            if not asked:
                raise
            say(wrong.message, err=True)
            people, per_person, total = None, None, None
            continue
        return Answers(
            case_id=case_id, controller=controller, per_person=each, people=people, total=whole
        )


def _asked(question: str, read: Callable[[str], _Answer], default: str | None = None) -> _Answer:
    """The answer to *question*, asked again until *read* understands it."""
    while True:
        try:
            return read(ask(question, default).strip())
        except ValueError as wrong:
            say(wrong.args[0], err=True)


def _amount(option: str, text: str) -> Money:
    try:
        return Money.parse(text.strip())
    except ValueError as error:
        raise PreparingError(
            said("{option} {text}: {why}", option=option, text=text, why=error.args[0])
        ) from None


def _a_name(text: str) -> str:
    if not text:
        raise ValueError(said("a name is needed"))
    return text


def _number(text: str) -> int | None:
    digits = re.sub(r"[,，_ ]", "", text)
    if not digits:
        return None
    if not digits.isdecimal() or int(digits) < 1:
        raise ValueError(said("how many people: a whole number from 1 is needed"))
    return int(digits)


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--start", is_flag=True, help="Start the case's database to look, then stop it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def check(case: Path, *, start: bool, as_json: bool) -> None:
    """Say what CASE has, what it lacks, what each stage will do, and what a lawyer decides.

    Nothing is changed, and without --start no database is started: then what was determined,
    signed and paid is told only while another command works. Exit 1 where something is wrong.
    """
    report = checking.check(case, language(), start=start)
    if as_json:
        print_json(
            {
                "case": str(case),
                "runnable": not report.refused,
                "figures": report.figures,
                "sections": [
                    {
                        "section": section.name,
                        "findings": [
                            {
                                "mark": one.mark.value,
                                "message": in_language(one.text, language()),
                                "rule": one.rule,
                            }
                            | _gates(one)
                            for one in section.findings
                        ],
                    }
                    for section in report.sections
                ],
            }
        )
    else:
        for line in checking.in_words(report, language()):
            click.echo(line)
    if report.refused:
        raise click.exceptions.Exit(_EXIT_REFUSED)


def _gates(finding: Finding) -> dict[str, object]:
    """The gates before a stage, as JSON; nothing where there are none."""
    if not finding.gates:
        return {}
    return {
        "gates": [
            {
                "gate": gate.name,
                "state": gate.state.value,
                "message": in_language(gate.text, language()),
                "rule": gate.rule,
            }
            for gate in finding.gates
        ]
    }
