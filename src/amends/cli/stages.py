"""``amends run`` and the stages one by one."""

from dataclasses import asdict
from pathlib import Path
from threading import Thread

import click

from amends.cli.language import language
from amends.cli.output import print_json, print_summary, progress_bars, say, table_line
from amends.journey import STAGES, Stage, make_ready, run_stage
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import in_language, said
from amends.kernel.summary import StageSummary
from amends.linkage.telling.story import told
from amends.vault.opened import open_case

_ARGUMENTS = (
    click.Argument(["case"], type=click.Path(path_type=Path)),
    click.Option(
        ["--approve-as"],
        multiple=True,
        metavar="USER",
        help="Approve at once as this operator; give two. Simulated rails only.",
    ),
    click.Option(
        ["--by"],
        metavar="NAME",
        help="Who is at work (default: the user of the operating system).",
    ),
    click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object, nothing else."),
)
_HELP = {
    "intake": "Take registries and leaked files into custody, row by row or into quarantine.",
    "determine": "Find who is affected, each person once, and what of each leaked.",
    "award": "Check promise and funding; fix who receives, and what is owed to whom.",
    "publish": "Publish the roster that anyone can check and nobody can search.",
    "notify": "Write everybody's notice, in Chinese and English, into the outbox.",
    "pay": "Pay everybody exactly once; a second call goes on where the first stopped.",
    "reconcile": "Hold books, provider and statements against each other; publish the epoch.",
}


def _stage_command(stage: Stage) -> click.Command:
    """The command that runs one stage."""

    def call(case: Path, approve_as: tuple[str, ...], by: str | None, *, as_json: bool) -> None:
        _go((stage,), case, approve_as, by=by, as_json=as_json)

    return click.Command(stage.name, callback=call, params=list(_ARGUMENTS), help=_HELP[stage.name])


def _run(
    case: Path, until: str, approve_as: tuple[str, ...], by: str | None, *, as_json: bool
) -> None:
    names = [stage.name for stage in STAGES]
    _go(STAGES[: names.index(until) + 1], case, approve_as, by=by, as_json=as_json, whole=True)


def _go(
    stages: tuple[Stage, ...],
    case: Path,
    approve_as: tuple[str, ...],
    *,
    by: str | None,
    as_json: bool,
    whole: bool = False,
) -> None:
    """Run *stages* in order; print each summary, or all of them as one JSON object."""
    done: list[tuple[str, StageSummary]] = []
    case_id, stage = case.name, stages[0]

    def report(status: str, code: str, message: str) -> None:
        if as_json:
            counts = done[-1][1].counts if done else {}
            details = done[-1][1].details if done else {}
            print_json(
                {"case": case_id, "stage": stage.name, "status": status, "code": code}
                | {"message": in_language(message, language()), "counts": counts}
                | ({"details": details} if details else {})
                | ({"stages": [_as_json(*item) for item in done]} if whole else {})
            )

    loading = Thread(target=make_ready, args=(stages,))  # the database takes a second to come up
    loading.start()
    try:
        with (
            progress_bars() as progress,
            open_case(case, progress=progress, by=by, approve_as=approve_as) as opened,
        ):
            case_id = opened.case.file.id
            for stage in stages:
                done.append((stage.name, run_stage(opened, stage)))
                if not as_json:
                    print_summary(*done[-1], opened.case.file.currency)
    except WaitingForApprovalError as waiting:
        report("waiting", waiting.code, waiting.message)
        raise
    except AmendsError as refusal:
        report("refused", refusal.code, refusal.message)
        raise
    finally:
        loading.join()  # a process that ends while a thread imports ends with a traceback
    report("done", "ok", said("{stage} done", stage=stage.name))


def _as_json(name: str, summary: StageSummary) -> dict[str, object]:
    told: dict[str, object] = {"stage": name, "status": "done"}
    told |= {
        "counts": summary.counts,
        "notes": [in_language(note, language()) for note in summary.notes],
    }
    return told | ({"details": summary.details} if summary.details else {})


def _determine(
    case: Path,
    approve_as: tuple[str, ...],
    explained: str | None,
    *,
    by: str | None = None,
    as_json: bool,
) -> None:
    """Run the stage, or tell one person's story."""
    stage = next(stage for stage in STAGES if stage.name == "determine")
    if explained is None:
        _go((stage,), case, approve_as, by=by, as_json=as_json)
        return
    from amends.linkage.telling.explain import explain  # noqa: PLC0415 -- a second that stages do not need

    with open_case(case) as opened:
        story = explain(opened, explained)
    if as_json:
        print_json(asdict(story))
    else:
        for line in told(story, language()):
            click.echo(line)


def _pay(  # noqa: PLR0913 -- the options of the command
    case: Path,
    approve_as: tuple[str, ...],
    by: str | None,
    down: tuple[str, ...],
    *,
    as_json: bool,
    dry_run: bool,
    replan: bool,
) -> None:
    """Run the stage, tell what it would meet, or move what would be late to another rail."""
    if down and not replan:
        raise click.UsageError(in_language(said("--down goes with --replan"), language()))
    stage = next(stage for stage in STAGES if stage.name == "pay")
    if replan:
        _replan(case, approve_as, by, down, as_json=as_json, dry_run=dry_run)
        return
    if not dry_run:
        _go((stage,), case, approve_as, by=by, as_json=as_json)
        return
    from amends.payouts import service  # noqa: PLC0415 -- half a second that stages do not need

    with open_case(case, by=by) as opened:
        halted = service.halted_told(opened)
        found, sentences = service.dry_run(opened)
        seen = service.last_outlook(opened)
        sentences = (*sentences, *(seen.told(opened.case.file.zone) if seen else ()))
        currency = opened.case.file.currency
    if as_json:
        every = (*halted, *sentences)
        print_json(
            {
                "forecast": found and found.as_json(),
                "outlook": seen and seen.as_json(),
                "notes": [in_language(sentence, language()) for sentence in every],
            }
        )
        return
    for sentence in halted:
        say(sentence)
    for share in found.shares if found else ():
        amounts = [
            Money(amount_minor=minor, currency=currency).display()
            for minor in (share.amount_minor, share.fullest_day_minor)
        ]
        table_line(said("people by {rail}", rail=share.rail), f"{share.people:,}")
        table_line(said("money by {rail}", rail=share.rail), amounts[0])
        table_line(said("on its fullest day"), amounts[1])
    for sentence in sentences:
        say(sentence)


def _replan(
    case: Path,
    approve_as: tuple[str, ...],
    by: str | None,
    down: tuple[str, ...],
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Move what would be late, beside a command that pays."""
    from amends.payouts import service  # noqa: PLC0415 -- half a second that stages do not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        summary = service.replan(opened, down, dry_run=dry_run)
        currency = opened.case.file.currency
    if as_json:
        print_json(_as_json("pay", summary))
    else:
        print_summary("pay", summary, currency)


intake, _, award, publish, notify, _, reconcile = (_stage_command(stage) for stage in STAGES)
pay = click.Command(
    "pay",
    callback=_pay,
    params=[
        *_ARGUMENTS,
        click.Option(
            ["--dry-run"],
            is_flag=True,
            help="Tell by which rail, until when, and whether the promise can be kept; pay nobody.",
        ),
        click.Option(
            ["--replan"],
            is_flag=True,
            help="Move payments that would be late, and have not left, to another rail by a "
            "further account of the person; two people sign. Also while another command pays.",
        ),
        click.Option(
            ["--down"],
            multiple=True,
            metavar="RAIL",
            help="With --replan: this rail carries nothing at present, beside those that are known "
            "to have stopped; may be given several times.",
        ),
    ],
    help=_HELP["pay"],
)
determine = click.Command(
    "determine",
    callback=_determine,
    params=[
        *_ARGUMENTS,
        click.Option(
            ["--explain", "explained"],
            metavar="PERSON",
            help="Tell the story of one person (by person_id) in words; determine nothing.",
        ),
    ],
    help=_HELP["determine"],
)
run = click.Command(
    "run",
    callback=_run,
    params=[
        *_ARGUMENTS,
        click.Option(
            ["--until"],
            type=click.Choice([stage.name for stage in STAGES]),
            default=STAGES[-1].name,
            metavar="STAGE",
            help="Stop after this stage.",
        ),
    ],
    help="Run the stages in order, from leaked files to reconciled payments.",
)
