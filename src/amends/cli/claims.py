"""Claims of loss, time and costs: take in, list, decide, award what was granted."""

from functools import partial
from pathlib import Path

import click

from amends.awards.grants import award_granted
from amends.claims import service
from amends.claims.model import WHAT_TO_DO, Claim, Decided, State, Taken
from amends.cli.output import BY, print_json, print_summary, say
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.payouts.showing.held import held
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")
_APPROVE = click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Check and show; change nothing, ask nobody."
)

_STATES = {
    State.WAITING: said("waits for a decision"),
    State.GRANTED: said("granted, and not awarded yet"),
    State.AWARDED: said("awarded"),
    State.REFUSED: said("refused"),
}


@click.group()
def claims() -> None:
    """Claims of loss, time and costs, which the tariff pays for on top of what everybody gets."""


@claims.command("import")
@_CASE
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@BY
@_DRY_RUN
@_JSON
def claims_import(case: Path, file: Path, by: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take in a table of claims (CSV). A row that cannot be placed is set aside, and never lost."""
    from amends.claims.taking import take_in  # noqa: PLC0415 -- a compiler that it alone needs

    with open_case(case, by=by) as opened:
        taken = take_in(opened, file, dry_run=dry_run)
    if as_json:
        print_json(
            {
                "rows": taken.rows,
                "new": len(taken.new),
                "known": taken.known,
                "set_aside": {str(row): fault.value for row, fault in taken.set_aside.items()},
            }
        )
        return
    say(_taken(taken))
    for row, fault in sorted(taken.set_aside.items()):
        say(_aside(taken.file, row, WHAT_TO_DO[fault]))


@claims.command("list")
@_CASE
@click.option(
    "--state", type=click.Choice([one.value for one in State]), help="Only claims in this state."
)
@_JSON
def claims_list(case: Path, state: str | None, *, as_json: bool) -> None:
    """List claims, what the tariff gives for those that wait, and rows that are set aside."""
    with open_case(case) as opened:
        found = service.standing(opened)
        currency = opened.case.file.currency
    shown = [one for one in found.claims if state is None or one.state.value == state]
    if as_json:
        print_json(
            {
                "claims": [_plain(one, found.given.get(one.claim_no)) for one in shown],
                "set_aside": [
                    {"file": one.file, "row": one.row_no, "reason": one.fault.value}
                    for one in found.set_aside
                ],
            }
        )
        return
    for one in shown:
        say(_line(one, found.given.get(one.claim_no), currency))
    say(
        said(
            "claims: {number:,}; {waiting:,} wait for a decision, {granted:,} are granted and not "
            "awarded yet, {aside:,} rows are set aside",
            number=len(found.claims),
            waiting=sum(one.state is State.WAITING for one in found.claims),
            granted=sum(one.state is State.GRANTED for one in found.claims),
            aside=len(found.set_aside),
        )
    )
    for aside in found.set_aside if state is None else ():
        say(_aside(aside.file, aside.row_no, WHAT_TO_DO[aside.fault]))


@claims.command("decide")
@_CASE
@click.option(
    "--claim",
    "numbers",
    type=click.IntRange(min=1),
    multiple=True,
    help="Which, by number (default: all that wait and for which the tariff gives something).",
)
@click.option(
    "--grant/--refuse", default=None, help="Give what the tariff gives, or nothing (two people)."
)
@click.option("--because", metavar="TEXT", default="", help="Why in words; kept sealed.")
@BY
@_DRY_RUN
@_APPROVE
@_JSON
def claims_decide(  # noqa: PLR0913 - one option each
    case: Path,
    numbers: tuple[int, ...],
    because: str,
    by: str | None,
    approve_as: tuple[str, ...],
    *,
    grant: bool | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Decide on claims: what the tariff gives, or a refusal. Two people approve the exact list."""
    if grant is None:
        raise click.UsageError(said("say --grant or --refuse"))
    if not grant and not numbers:
        raise click.UsageError(said("--refuse needs --claim NUMBER: nobody is refused in bulk"))
    with open_case(case, by=by, approve_as=approve_as) as opened:
        if dry_run:
            decisions = service.preview(opened, numbers, grant=grant)
            if as_json:
                print_json({"would_decide": [_decided_plain(one) for one in decisions]})
            for one in () if as_json else decisions:
                say(_decided(one))
            return
        summary = service.decide(opened, numbers, grant=grant, because=because)
        _print(opened, summary, as_json=as_json)


@claims.command("award")
@_CASE
@BY
@_APPROVE
@_JSON
def claims_award(case: Path, by: str | None, approve_as: tuple[str, ...], *, as_json: bool) -> None:
    """Add what was granted to awards that are there, as corrections that two people approve."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        _print(opened, award_granted(opened, partial(held, opened)), as_json=as_json)


def _print(opened: OpenCase, summary: StageSummary, *, as_json: bool) -> None:
    if as_json:
        print_json({**summary.counts, "notes": list(summary.notes)})
    else:
        print_summary("claims", summary, opened.case.file.currency)


def _taken(taken: Taken) -> Said:
    return said(
        "{file}: {rows:,} rows; {new:,} new claims, {known:,} known before, {aside:,} set aside",
        file=taken.file,
        rows=taken.rows,
        new=len(taken.new),
        known=taken.known,
        aside=len(taken.set_aside),
    )


def _aside(file: str, row: int, what: Said) -> Said:
    return said("  {file}, row {row}: {what}", file=file, row=row, what=what)


def _line(one: Claim, given: Money | None, currency: str) -> Said:
    return said(
        "{number:>6}  {person}  {kind}  {asked}  {day}  {state}: {amount}",
        number=one.claim_no,
        person=one.person_id,
        kind=one.asked.kind.value,
        asked=_asked(one, currency),
        day=one.asked.occurred_on,
        state=_STATES[one.state],
        amount=(given or Money(amount_minor=one.granted_minor or 0, currency=currency)).display(),
    )


def _asked(one: Claim, currency: str) -> Said | str:
    """What is asked for: money or time."""
    if one.asked.minutes is not None:
        return said("{minutes:,} minutes", minutes=one.asked.minutes)
    return Money(amount_minor=one.asked.claimed_minor or 0, currency=currency).display()


def _decided(one: Decided) -> Said:
    return said("claim {number}: {amount}", number=one.claim.claim_no, amount=one.granted.display())


def _decided_plain(one: Decided) -> dict[str, object]:
    return {"claim": one.claim.claim_no, "granted_minor": one.granted.amount_minor}


def _plain(one: Claim, given: Money | None) -> dict[str, object]:
    return {
        "claim": one.claim_no,
        "person_id": one.person_id,
        "kind": one.asked.kind.value,
        "claimed_minor": one.asked.claimed_minor,
        "minutes": one.asked.minutes,
        "day": one.asked.occurred_on.isoformat(),
        "accepted": one.asked.accepted,
        "file": one.file,
        "row": one.row_no,
        "state": one.state.value,
        "given_minor": None if given is None else given.amount_minor,
        "granted_minor": one.granted_minor,
        "award": one.award_index,
        "correction": one.correction_no,
    }
