"""Clerical review at the terminal. Leaked values are printed for an operator with a key only."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from amends.cli.output import print_json, say, table_line
from amends.kernel.saying import said
from amends.linkage.review import missed
from amends.linkage.review import service as use
from amends.linkage.review.answers import Answer
from amends.linkage.review.showing import Shown, ShownQuestion
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_READER = click.option("--reader", required=True, metavar="NAME", help="The operator who reads.")
_KEY = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The reader's private key (default: in the case's key folder).",
)
_SAMPLE = click.option("--sample", is_flag=True, help="Of the newest sample, not of the queue.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
_ANSWERS = {
    Answer.SAME: said("same"),
    Answer.DIFFERENT: said("different"),
    Answer.CANNOT_TELL: said("cannot tell"),
}


@click.group()
def review() -> None:
    """Decide what the machine cannot: questions, answers of two readers, samples, agreement."""


@review.command("list")
@_CASE
@_SAMPLE
@click.option("--most", default=20, show_default=True, type=click.IntRange(min=1), help="Items.")
@_JSON
def review_list(case: Path, most: int, *, sample: bool, as_json: bool) -> None:
    """List what waits for readers, most valuable first. No value of anybody is printed."""
    with open_case(case) as opened:
        items = use.listed(opened, sample=sample)
    if as_json:
        print_json([_as_json(item) for item in items[:most]])
        return
    for item in items[:most]:
        say(_line(item))
    say(said("{items:,} items wait for readers", items=len(items)))


@review.command("next")
@_CASE
@_READER
@_KEY
@_SAMPLE
def review_next(case: Path, reader: str, key_file: Path | None, *, sample: bool) -> None:
    """Show the reader the item whose answer is worth most, with leaked values."""
    with open_case(case) as opened:
        found = use.next_item(opened, reader, sample=sample, key_file=key_file)
    if found is None:
        say(said("nothing waits for {reader}", reader=reader))
    else:
        _print(found)


@review.command("show")
@_CASE
@click.argument("item")
@_READER
@_KEY
def review_show(case: Path, item: str, reader: str, key_file: Path | None) -> None:
    """Show the reader one item with leaked values; the look is entered in the audit trail."""
    with open_case(case) as opened:
        _print(use.show(opened, item, reader, key_file=key_file))


@review.command("decide")
@_CASE
@click.argument("item")
@click.argument("answer", type=click.Choice([answer.value for answer in Answer]))
@_READER
@click.option("--reason", required=True, help="What decided it, in a few words; kept encrypted.")
@_KEY
def review_decide(
    case: Path, item: str, answer: str, reader: str, reason: str, key_file: Path | None
) -> None:
    """Answer ITEM (or one question of it): same, different or cannot_tell. It is signed."""
    with open_case(case) as opened:
        done = use.decide(opened, item, Answer(answer), reader, reason=reason, key_file=key_file)
    waiting = done.answered - done.settled - done.conflicts
    say(
        said(
            "{item_id}: {answered:,} answered; {settled:,} settled, {waiting:,} wait for a "
            "second reader, {conflicts:,} for a third",
            item_id=done.item_id,
            answered=done.answered,
            settled=done.settled,
            waiting=waiting,
            conflicts=done.conflicts,
        )
    )
    if done.settled:
        say(said("it takes effect with the next `amends determine {case}`", case=case))


@review.command("sample")
@_CASE
@click.option("--size", required=True, type=click.IntRange(min=1), help="How many questions.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same sample.")
def review_sample(case: Path, size: int, seed: int) -> None:
    """Draw a sample of every stratum for readers: it measures the determination."""
    with open_case(case) as opened:
        sample = use.draw_sample(opened, size, seed)
    say(
        said(
            "sample {sample_no}: {drawn:,} questions of determination {run_no}; `amends "
            "review next {case} --sample --reader NAME` begins",
            sample_no=sample.sample_no,
            drawn=len(sample.drawn),
            run_no=sample.run_no,
            case=case,
        )
    )


@review.command("missed")
@_CASE
@_READER
@_KEY
@click.option(
    "--account",
    required=True,
    nargs=2,
    metavar="PRODUCT ID",
    help="An account that the person holds.",
)
@click.option(
    "--shown",
    required=True,
    type=click.File("rb"),
    help='What the person shows, as TOML lines such as `phone = "…"`; - reads standard input.',
)
@_JSON
def review_missed(
    case: Path,
    reader: str,
    key_file: Path | None,
    *,
    account: tuple[str, str],
    shown: BinaryIO,
    as_json: bool,
) -> None:
    """Hear somebody who says that they were missed; rows that fit go to two readers.

    The person holds an account and is not among the affected. No value of anybody is printed.
    """
    told = _told(shown.read())
    with open_case(case) as opened:
        found = missed.take(opened, reader, account, told, key_file=key_file)
    if as_json:
        print_json(asdict(found))
    elif found.affected:
        say(
            said(
                "{person_id} is affected already: nothing has to be proved",
                person_id=found.person_id,
            )
        )
    elif found.item_id is None:
        why = (
            said("readers have settled them all")
            if found.rows
            else said("none that is nobody's so far")
        )
        say(said("{rows:,} rows fit ({why}): nothing is asked", rows=found.rows, why=why))
    else:
        say(
            said(
                "{item_id}: {rows:,} rows fit, {asked:,} of them wait for two readers; `amends "
                "review show {case} {item_id} --reader NAME` begins",
                item_id=found.item_id,
                rows=found.rows,
                asked=found.asked,
                case=case,
            )
        )


def _told(content: bytes) -> dict[str, str]:
    """What a person shows: TOML lines of a field and a text; no value is repeated in messages."""
    try:
        lines = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise click.UsageError(said('--shown: not TOML: a line is `phone = "…"`')) from None
    wrong = sorted(name for name, value in lines.items() if not isinstance(value, str))
    if wrong:
        raise click.UsageError(
            said("--shown: {wrong}: a text in quotes is needed", wrong=", ".join(wrong))
        )
    return {name: str(value) for name, value in lines.items()}


@review.command("report")
@_CASE
@_JSON
def review_report(case: Path, *, as_json: bool) -> None:
    """Tell how far review is, how well readers agree, and how right the determination is."""
    with open_case(case) as opened:
        report = use.report(opened)
    agreement = report.agreement
    if as_json:
        print_json(
            {
                "open_items": report.open_items,
                "open_people": round(report.open_people, 3),
                "answers": report.answers,
                "settled": {answer.value: count for answer, count in report.settled.items()},
                "waiting_for_second": report.waiting_for_second,
                "conflicts": report.conflicts,
                "agreement": {**asdict(agreement), "rate": agreement.rate},
                "stated_error": report.statement,
            }
        )
        return
    table_line(said("items that wait for readers"), f"{report.open_items:,}")
    table_line(said("people whom they may change"), f"{report.open_people:,.1f}")
    table_line(said("answers given"), f"{report.answers:,}")
    for answer, count in report.settled.items():
        table_line(said("settled: {answer}", answer=_ANSWERS[answer]), f"{count:,}")
    table_line(said("wait for a second reader"), f"{report.waiting_for_second:,}")
    table_line(said("wait for a third reader"), f"{report.conflicts:,}")
    if agreement.rate is not None:
        kappa: str = said("undefined") if agreement.kappa is None else f"{agreement.kappa:.2f}"
        say(
            said(
                "readers agree on {agreed:,} of {twice_answered:,} questions ({rate:.1%}; "
                "Cohen's kappa {kappa})",
                agreed=agreement.agreed,
                twice_answered=agreement.twice_answered,
                rate=agreement.rate,
                kappa=kappa,
            )
        )
    for sentence in report.sentences:
        say(sentence)


def _as_json(item: use.Item) -> dict[str, object]:
    return {
        "item": item.item_id,
        "kind": item.kind.value,
        "person_id": item.person_id,
        "questions": item.questions,
        "probability": item.probability,
        "people": item.people,
        "money": None if item.money is None else str(item.money),
        "waits_for": item.waits_for,
    }


def _line(item: use.Item) -> str:
    return said(
        "{item}  {questions} {what}{likely}{worth}; waits for a {reader} reader",
        item=item.item_id,
        questions=item.questions,
        what=said("rows of one person") if item.kind.value == "row" else said("two accounts"),
        likely=""
        if item.probability is None
        else said(", {probability:.1%} by the model", probability=item.probability),
        worth="" if item.money is None else said(", worth {money}", money=item.money.display()),
        reader=("", said("first"), said("second"), said("third"))[item.waits_for],
    )


def _print(found: use.ShownItem) -> None:
    """An item with leaked values."""
    say(
        _line(found.item)
        if found.item.waits_for
        else said("{item_id}  settled", item_id=found.item.item_id)
    )
    if found.told is not None:
        say(said("somebody says that they were missed, and shows:"))
        for field, value in found.told.items():
            click.echo(f"  {field:<14}{value}")
    for question in found.questions:
        click.echo()
        for line in _question(question):
            say(line)
    if found.left_out:
        say(said("\nand {left_out:,} more questions of the same item", left_out=found.left_out))


def _question(question: ShownQuestion) -> list[str]:
    """One question, both sides beside each other."""
    one, other = question.one, question.other
    fields = list(dict.fromkeys([*one.values, *other.values]))
    lines: list[str] = [
        said("question {number}", number=question.question_id),
        f"  {'':<14}{one.where:<34}{other.where}",
        *(
            f"  {field:<14}{one.values.get(field, ''):<34}{other.values.get(field, '')}"
            for field in fields
        ),
    ]
    if question.probability is not None:
        lines.append(said("  probability {probability:.1%}", probability=question.probability))
    lines += [
        said(
            "  {bits:+7.1f} bits  {comparison}: {level}",
            bits=weight.bits,
            comparison=said(weight.comparison),
            level=said(weight.level),
        )
        for weight in question.weights
        if weight.bits
    ]
    if question.rest_bits is not None:
        lines.append(
            said(
                "  {bits:+7.1f} bits  how rare the values are, and how many others it resembles",
                bits=question.rest_bits,
            )
        )
    lines += [
        said("  or else ({share:.1%}): {shown}", share=share, shown=_one_line(shown))
        for shown, share in question.others
    ]
    return lines


def _one_line(shown: Shown) -> str:
    return f"{shown.where}: " + ", ".join(shown.values.values())
