"""What leaves the case: exports, policy, receipts. Each is entered in the register of exports."""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import click
import polars as pl

from amends.cli.output import BY, PURPOSE, RECIPIENT, say
from amends.governance.exports import ask_for, let_out, outgoing, watched
from amends.governance.model import Outgoing
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import said
from amends.linkage.service import export_model
from amends.roster.commitment import HIDDEN
from amends.roster.letters import receipt_page
from amends.roster.proving import receipt_of
from amends.roster.publication import Chosen
from amends.roster.service import write_policy
from amends.vault.opened import OpenCase, open_case

if TYPE_CHECKING:
    import pyarrow as pa

# Who reads the table, as ``room.module:function``: imported when it is asked for, as stages are.
_TABLES = {
    "matches": "linkage.service:export_matches",
    "accounts": "linkage.service:export_accounts",
    "affected": "linkage.service:export_affected",
    "refused": "linkage.service:export_refused",
    "awards": "payouts.service:export_awards",
    "payments": "payouts.service:export_payments",
    "ledger": "ledger.service:export_ledger",
    "vouchers": "ledger.vouchers:export_vouchers",
    "decisions": "governance.decisions:export_decisions",
}
_ALL = "all"
_MODEL = "model"
_VOUCHERS = "vouchers"
_EACH = "vouchers_each"  # in the register: a transfer is one person's
_CASE = click.argument("case", type=click.Path(path_type=Path))
_TO = click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)


@click.command()
@click.argument("what", type=click.Choice([*_TABLES, _ALL, _MODEL]))
@_CASE
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write; for `all` the folder.",
)
@RECIPIENT
@PURPOSE
@BY
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@click.option("--each", is_flag=True, help="vouchers: one per transfer, not per day.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="vouchers: up to the end of this day, like 2026-11-30.",
)
def export(  # noqa: PLR0913 -- an option each
    what: str,
    case: Path,
    to: Path,
    *,
    recipient: str,
    purpose: str,
    by: str | None,
    approve_as: tuple[str, ...],
    each: bool,
    until: datetime | None,
) -> None:
    """Write a table of the case to a .parquet or .csv file, or its model to a .json file.

    `all` writes every table into a folder, as .parquet. The model is what pairs were weighed by,
    as a settings file of Splink. Every file is entered in the register of exports (`amends
    outgoing`); what carries contact or payment details, or is above the quota, two people sign.
    """
    if (each or until) and what != _VOUCHERS:
        raise click.UsageError(said("--each and --until go with vouchers"))
    if what == _ALL:
        to.mkdir(exist_ok=True)
        files = {table: to / f"{table}.parquet" for table in _TABLES}
    elif to.suffix in ({".json"} if what == _MODEL else {".parquet", ".csv"}):
        files = {what: to}
    elif what == _MODEL:
        raise click.UsageError(said("{to}: the model is written as .json", to=to))
    else:
        raise click.UsageError(said("{to}: the ending says the format: .parquet or .csv", to=to))
    leaving = partial(outgoing, recipient=recipient, purpose=purpose)
    with open_case(case, by=by, approve_as=approve_as) as opened:
        if len(files) > 1 and watched(opened):
            ask_for(opened, (leaving(table, _read(opened, table).height) for table in files))
        for table, file in files.items():
            if table == _MODEL:
                _export_model(opened, file, leaving(_MODEL, 1))
            else:
                _export_table(opened, table, file, leaving, _options(table, until, each=each))


def _options(what: str, until: datetime | None, *, each: bool) -> dict[str, bool | date | None]:
    """What the reader of a table is asked for besides the case."""
    if what != _VOUCHERS:
        return {}
    return {"each": each, "until": until.date() if until else None}


def _export_table(
    opened: OpenCase,
    what: str,
    to: Path,
    leaving: Callable[[str, int], Outgoing],
    options: dict[str, bool | date | None],
) -> None:
    table = _read(opened, what, **options)
    csv = to.suffix == ".csv"
    entered = leaving(_EACH if options.get("each") else what, table.height)
    _let_out(opened, entered, to, lambda part: _write_table(table, part, csv=csv))
    say(said("{to}: {rows:,} rows", to=to, rows=table.height))


def _read(opened: OpenCase, what: str, **options: bool | date | None) -> pl.DataFrame:
    """A table as it is handed out."""
    read: Callable[..., pa.Table] = resolve_name(f"amends.{_TABLES[what]}")
    return pl.DataFrame(read(opened, **options))


def _let_out(
    opened: OpenCase, leaving: Outgoing, to: Path, write: Callable[[Path], object]
) -> None:
    for note in let_out(opened, leaving, to, write):
        say(note, err=True)


def _export_model(opened: OpenCase, to: Path, leaving: Outgoing) -> None:
    model = json.dumps(export_model(opened), indent=2, ensure_ascii=False)
    _let_out(opened, leaving, to, lambda part: part.write_text(model + "\n", encoding="utf-8"))
    say(said("{to}: a settings file of Splink", to=to))


@click.command()
@_CASE
@_TO
@RECIPIENT
@PURPOSE
@BY
def policy(case: Path, to: Path, *, recipient: str, purpose: str, by: str | None) -> None:
    """Write the verifier's policy: the log's key, the witnesses, the quorum."""
    leaving = outgoing("policy", 1, recipient=recipient, purpose=purpose)
    with open_case(case, by=by) as opened:
        _let_out(opened, leaving, to, lambda part: write_policy(opened, part))
    say(said("{to}: the policy that the verifier is given", to=to))


@click.command()
@_CASE
@click.option("--award", "award_index", required=True, type=click.IntRange(min=0), help="Index.")
@_TO
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Also on paper: HTML."
)
@click.option(
    "--open", "fields", multiple=True, type=click.Choice(HIDDEN), help="Open a field; asks for it."
)
@click.option("--close-categories", is_flag=True, help="Do not say what leaked.")
@RECIPIENT
@PURPOSE
@BY
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
def receipt(  # noqa: PLR0913 -- an option each
    case: Path,
    award_index: int,
    to: Path,
    *,
    page: Path | None,
    fields: tuple[str, ...],
    close_categories: bool,
    recipient: str,
    purpose: str,
    by: str | None,
    approve_as: tuple[str, ...],
) -> None:
    """Write the receipt of one award: proof that it stands in the published log.

    A field is opened by its value, which is asked for and held against the commitment: nobody's
    data is read.
    """
    chosen = Chosen(
        categories=not close_categories,
        values={field: click.prompt(field, hide_input=True, err=True) for field in fields},
    )
    what = "receipt_opened" if fields else "receipt"
    leaving = outgoing(what, 1, recipient=recipient, purpose=purpose)
    with open_case(case, by=by, approve_as=approve_as) as opened:
        text = receipt_of(opened, AwardIndex(award_index), chosen)
        _let_out(opened, leaving, to, lambda part: part.write_bytes(text.encode()))
        if page is not None:
            paper = receipt_page(opened.case.file, text)
            _let_out(opened, leaving, page, lambda part: part.write_bytes(paper))
    say(said("{to}: check it with `python -m amends_verify receipt {to} --policy POLICY`", to=to))


def _write_table(table: pl.DataFrame, path: Path, *, csv: bool) -> None:
    """CSV: UTF-8 without mark, LF, RFC 4180, empty is null, times RFC 3339 in UTC."""
    if csv:
        table.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    else:
        table.write_parquet(path)
