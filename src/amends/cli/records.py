"""Impact assessment, decision log, tax position, register of exports: what the law wants kept."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path

import click
import polars as pl

from amends.awards.correcting import REASON_WORDS, Reason
from amends.cli.language import language
from amends.cli.output import BY, PURPOSE, RECIPIENT, print_json, say
from amends.governance import assessment as assessments
from amends.governance import decisions as log
from amends.governance import exports, telling
from amends.governance.model import Assessment, Decision, DecisionKind, TaxPosition
from amends.kernel.saying import joined, said
from amends.linkage.service import facts as facts_of
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
_APPROVE_AS = click.option(
    "--approve-as", multiple=True, metavar="USER", help="As in `amends run`."
)
_FILE = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@_CASE
@click.option("--template", "to", type=_FILE, help="Write the questionnaire to answer (TOML).")
@click.option("--record", "answered", type=_FILE, help="Record an answered one; two people sign.")
@BY
@_APPROVE_AS
@_JSON
def assessment(
    case: Path,
    to: Path | None,
    answered: Path | None,
    by: str | None,
    approve_as: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show whether an impact assessment holds for award, publish and pay; write or record one.

    The law wants it before automated decisions, publication and handing data over (PIPL 55, 56).
    A case that pays by simulators goes on without.
    """
    if to and answered:
        raise click.UsageError(said("--template and --record are two steps: one at a time"))
    with open_case(case, by=by, approve_as=approve_as) as opened:
        if to:
            text = assessments.template(opened, facts_of(opened))
            leaving = exports.outgoing("questionnaire", 1)
            exports.let_out(
                opened, leaving, to, lambda part: part.write_text(text, encoding="utf-8")
            )
            say(said("{file}: answer it, then record it with --record", file=to))
            return
        if answered:
            assessments.record(opened, answered, facts_of(opened))
        _show_assessment(opened, as_json=as_json)


def _show_assessment(opened: OpenCase, *, as_json: bool) -> None:
    found = assessments.standing(opened, facts_of(opened))
    known, tax = assessments.versions(opened), log.tax_position(opened)
    if as_json:
        purposes = {
            one.purpose: {
                "required": one.required,
                "holds": one.why_not is None,
                "version": one.version_no,
                "why_not": one.why_not,
            }
            for one in found
        }
        versions = [_version(one) for one in known]
        print_json({"purposes": purposes, "versions": versions, "tax": _tax(tax)})
        return
    for one in found:
        state = (
            said("holds (version {version})", version=one.version_no)
            if one.why_not is None
            else one.why_not
        )
        needed = (
            said("assessment required") if one.required else said("not required: no money moves")
        )
        say(joined((f"{one.purpose:<8}", state, needed), " · "))
    for version in known:
        say(
            said(
                "version {version} of {day} for {purposes}; {people:,} people; kept until {until}",
                version=version.version_no,
                day=version.assessed_on,
                purposes=", ".join(version.purposes),
                people=version.facts.people,
                until=version.keep_until,
            )
        )
    _print_tax(tax)


def _version(one: Assessment) -> dict[str, object]:
    return {
        "version": one.version_no,
        "purposes": list(one.purposes),
        "people": one.facts.people,
        "categories": dict(one.facts.categories),
        "assessed_on": one.assessed_on.isoformat(),
        "keep_until": one.keep_until.isoformat(),
        "approval": one.proposal,
        "sha256": one.content_sha256,
    }


@click.command()
@_CASE
@click.option("--add", "what", metavar="WHAT", help="Write down a decision made elsewhere.")
@click.option("--reason", default="", help="Why it was decided so.")
@click.option("--decided-by", default="", metavar="WHO", help="Who decided (default: --by).")
@click.option("--on", "day", type=_DAY, metavar="DAY", help="When (default: today).")
@BY
@_JSON
def decisions(  # noqa: PLR0913 -- an option each
    case: Path,
    what: str | None,
    reason: str,
    decided_by: str,
    day: datetime | None,
    by: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the decision log: what two people approved, and what was written down by hand.

    `amends export decisions` writes it to a file.
    """
    if what is None and (reason or decided_by or day):
        raise click.UsageError(said("--reason, --decided-by and --on go with --add"))
    with open_case(case, by=by) as opened:
        if what is not None:
            log.add(
                opened,
                what=what,
                reason=reason,
                decided_by=decided_by or opened.by,
                decided_on=day.date() if day else None,
            )
        found = log.log(opened)
    if as_json:
        print_json({"decisions": [_decision(one) for one in found]})
        return
    for one in found:
        what = one.what if one.kind is DecisionKind.DECISION else telling.kind_told(one.what)
        who = _VIEWS.get(one.decided_by, one.decided_by)
        say(joined((str(one.decided_on), what, who), " · "))
        say(joined(("  ", _reason(one)), ""))


_VIEWS = {"authority": said("the tax authority"), "adviser": said("the adviser")}
"""Whose view of the tax it is; any other name is told as it stands."""


def _reason(one: Decision) -> str:
    """Why; codes of corrections in words."""
    if one.kind is DecisionKind.PROPOSAL and one.what == "correction":
        codes = one.reason.split(", ")
        if all(code in set(Reason) for code in codes):
            return joined((REASON_WORDS[Reason(code)] for code in codes), ", ")
    return one.reason or said("no reason given")


def _decision(one: Decision) -> dict[str, object]:
    return {
        "decided_on": one.decided_on.isoformat(),
        "kind": one.kind,
        "what": one.what,
        "reason": one.reason,
        "decided_by": one.decided_by,
        "details": json.loads(one.details),
        "approval": one.proposal,
    }


@click.command()
@_CASE
@click.option("--record", "basis", metavar="BASIS", help="Record a position; two people sign.")
@click.option("--view-of", default="", metavar="WHO", help="Whose view it is: authority, adviser.")
@click.option("--on", "day", type=_DAY, metavar="DAY", help="When it was given (default: today).")
@BY
@_APPROVE_AS
@_JSON
def tax(  # noqa: PLR0913 -- an option each
    case: Path,
    basis: str | None,
    view_of: str,
    day: datetime | None,
    by: str | None,
    approve_as: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show what the payments are by law, on what basis and in whose view; or record it."""
    if basis is None and (view_of or day):
        raise click.UsageError(said("--view-of and --on go with --record"))
    with open_case(case, by=by, approve_as=approve_as) as opened:
        if basis is None:
            position = log.tax_position(opened)
        else:
            given_on = day.date() if day else None
            position = log.record_tax_position(
                opened, basis=basis, view_of=view_of, given_on=given_on
            )
    if as_json:
        print_json(_tax(position))
    else:
        _print_tax(position)


def _print_tax(position: TaxPosition) -> None:
    character = position.zh if language() == "zh" else position.en
    say(said("legal character: {character}", character=character))
    say(said("basis: {basis}", basis=spoken(position.basis)))
    if position.recorded:
        who = _VIEWS.get(position.view_of, position.view_of)
        say(said("in the view of {who}, {day}", who=who, day=position.given_on))
    elif position.contradiction is not None:
        say(position.contradiction)
    else:
        say(said("nobody has recorded a tax position yet: this is the default"))


def spoken(text: str) -> str:
    """The half of a record that is in the reader's language, where it says both."""
    halves = text.split(log.BOTH)
    if len(halves) != 2 or halves[0].isascii() or not halves[1].isascii():  # noqa: PLR2004
        return text
    return halves[0] if language() == "zh" else halves[1]


def _tax(position: TaxPosition) -> dict[str, object]:
    return {
        "legal_character": position.legal_character,
        "zh": position.zh,
        "en": position.en,
        "basis": position.basis,
        "view_of": position.view_of,
        "given_on": position.given_on.isoformat() if position.given_on else None,
        "recorded": position.recorded,
        "given_for": position.given_for,
    }


@click.command()
@_CASE
@click.option("--to", type=_FILE, help="Write the register to a .csv or .parquet file instead.")
@RECIPIENT
@PURPOSE
@BY
@_JSON
def outgoing(
    case: Path,
    to: Path | None,
    *,
    recipient: str,
    purpose: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Show the register of exports: what left, to whom, why, what it weighs, who let it out."""
    if to is not None and to.suffix not in {".parquet", ".csv"}:
        raise click.UsageError(said("{to}: the ending says the format: .parquet or .csv", to=to))
    with open_case(case, by=by) as opened:
        entries = exports.exports(opened)
        table = pl.DataFrame(exports.register_table(entries))
        if to is not None:
            leaving = exports.outgoing(
                "register", table.height, recipient=recipient, purpose=purpose
            )
            exports.let_out(opened, leaving, to, partial(_write_register, table))
            return
    if as_json:
        times = pl.col("occurred_at").dt.to_string("iso:strict")
        print_json({"exports": table.with_columns(times).to_dicts()})
        return
    if not entries:
        say(said("nothing has left the case so far"))
    for entry in entries:
        signed = said("two people signed") if entry.proposal else entry.actor
        say(
            joined(
                (
                    f"{entry.occurred_at:%Y-%m-%d %H:%M} UTC",
                    _LEFT.get(entry.what, entry.what),
                    said("rows: {rows:,}", rows=entry.rows),
                    said("weight: {weight:.4f}", weight=entry.weight_millionths / 1_000_000),
                    said("to: {recipient}", recipient=spoken(entry.recipient))
                    if entry.recipient
                    else said("recipient not stated"),
                    said("for: {purpose}", purpose=spoken(entry.purpose))
                    if entry.purpose
                    else said("purpose not stated"),
                    signed,
                    entry.file_sha256[:12],
                ),
                " · ",
            )
        )


_LEFT = {
    "accounts": said("accounts"),
    "affected": said("affected people"),
    "awards": said("awards"),
    "custody": said("report of custody"),
    "decisions": said("decision log"),
    "ledger": said("ledger"),
    "matches": said("matches"),
    "model": said("model"),
    "notices": said("notices"),
    "payments": said("payments"),
    "payout": said("payments handed to a provider"),
    "policy": said("policy of the verifier"),
    "query": said("answer of the database"),
    "questionnaire": said("questionnaire"),
    "receipt": said("receipt"),
    "refused": said("refused joins"),
    "register": said("register of exports"),
    "roster.epoch": said("roster: payments and states"),
    "roster.publish": said("roster: awards and corrections"),
    "runs_diff": said("determinations compared"),
    "vouchers": said("vouchers"),
    "vouchers_each": said("vouchers of each transfer"),
}
"""What left, in words; ``--json`` has the register's own."""


def _write_register(table: pl.DataFrame, path: Path) -> None:
    if path.name.endswith(".csv.part"):
        table.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    else:
        table.write_parquet(path)
