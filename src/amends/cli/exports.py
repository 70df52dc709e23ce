"""What leaves the case: exports, policy, receipts. Each is entered in the register of exports."""

import hashlib
import json
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import click
import polars as pl

from amends.cli.output import write_whole
from amends.governance.service import record_export
from amends.kernel.ids import AwardIndex
from amends.linkage.service import export_model
from amends.roster.service import write_policy, write_receipt
from amends.vault.opened import OpenCase, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

_SYSTEM = "system"
# Who reads the table, as ``room.module:function``: imported when it is asked for, as stages are.
_TABLES = {
    "matches": "linkage.service:export_matches",
    "accounts": "linkage.service:export_accounts",
    "affected": "linkage.service:export_affected",
    "refused": "linkage.service:export_refused",
    "awards": "payouts.service:export_awards",
    "payments": "payouts.service:export_payments",
    "ledger": "ledger.service:export_ledger",
}
_ALL = "all"
_MODEL = "model"
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
def export(what: str, case: Path, to: Path) -> None:
    """Write a table of the case to a .parquet or .csv file, or its model to a .json file.

    `all` writes every table into a folder, as .parquet. The model is what pairs were weighed by,
    as a settings file of Splink.
    """
    if what == _MODEL:
        _export_model(case, to)
        return
    if what == _ALL:
        to.mkdir(exist_ok=True)
        files = {table: to / f"{table}.parquet" for table in _TABLES}
    elif to.suffix in {".parquet", ".csv"}:
        files = {what: to}
    else:
        raise click.UsageError(f"{to}: the ending says the format: .parquet or .csv")
    with open_case(case) as opened:
        for table, file in files.items():
            _export_table(opened, table, file)


def _export_table(opened: OpenCase, what: str, to: Path) -> None:
    read: Callable[[OpenCase], pa.Table] = resolve_name(f"amends.{_TABLES[what]}")
    table = pl.DataFrame(read(opened))
    write_whole(to, lambda part: _write_table(table, part, csv=to.suffix == ".csv"))
    record_export(opened, what, _sha256(to), table.height, _SYSTEM)
    click.echo(f"{to}: {table.height:,} rows")


def _export_model(case: Path, to: Path) -> None:
    if to.suffix != ".json":
        raise click.UsageError(f"{to}: the model is written as .json")
    with open_case(case) as opened:
        model = json.dumps(export_model(opened), indent=2, ensure_ascii=False)
        write_whole(to, lambda part: part.write_text(model + "\n", encoding="utf-8"))
        record_export(opened, _MODEL, _sha256(to), 1, _SYSTEM)
    click.echo(f"{to}: a settings file of Splink")


@click.command()
@_CASE
@_TO
def policy(case: Path, to: Path) -> None:
    """Write the verifier's policy: the log's key, the witnesses, the quorum."""
    with open_case(case) as opened:
        write_whole(to, lambda part: write_policy(opened, part))
        record_export(opened, "policy", _sha256(to), 1, _SYSTEM)
    click.echo(f"{to}: the policy that the verifier is given")


@click.command()
@_CASE
@click.option("--award", "award_index", required=True, type=click.IntRange(min=0), help="Index.")
@_TO
def receipt(case: Path, award_index: int, to: Path) -> None:
    """Write the receipt of one award: proof that it stands in the published log."""
    with open_case(case) as opened:
        write_whole(to, lambda part: write_receipt(opened, AwardIndex(award_index), part))
        record_export(opened, "receipt", _sha256(to), 1, _SYSTEM)
    click.echo(f"{to}: check it with `python -m amends_verify receipt {to} --policy POLICY`")


def _write_table(table: pl.DataFrame, path: Path, *, csv: bool) -> None:
    """CSV: UTF-8 without mark, LF, RFC 4180, empty is null, times RFC 3339 in UTC."""
    if csv:
        table.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    else:
        table.write_parquet(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
