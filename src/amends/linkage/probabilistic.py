"""Pairs that exact keys cannot decide, compared and weighed by Splink 5 on DuckDB.

DuckDB works in memory, within a limit, and writes no spill file: what it compares may not touch a
disk in clear. Splink gets candidates from blocking columns and a model that is trained before
(see :mod:`~amends.linkage.learning`); it tells patterns of agreement, and weights.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import duckdb
import numpy as np
import polars as pl
from splink import DuckDBAPI, Linker

from amends.linkage import settings
from amends.linkage.blocking import derive, pairs_made, pairs_of, sample_blocks, source
from amends.linkage.comparisons import COMPARISONS, Comparison
from amends.linkage.learning import Floats, Model, maximise, starting_shares
from amends.linkage.settings import BLOCKS
from amends.linkage.texts import plain

PAIRS: Final = pl.Schema({"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64})
"""Columns of weighed pairs."""

RECORDS_AT_ONCE: Final = 2_000_000
"""Records that DuckDB is given at once, with all that is compared of them."""

_LEAST_ACCOUNTS: Final = 2
_COLUMN: Final = re.compile(r"\b([a-z_0-9]+)_[lr]\b")


def train(records: pl.DataFrame, blocks: pl.DataFrame) -> Model:
    """Learn the model from *records* and their own candidate pairs.

    Both functions take what :func:`blocking.block_columns` takes, and what it gives.
    """
    comparisons = tuple(c for c in COMPARISONS if _usable(records, c))
    start = Model(
        comparisons=comparisons,
        same=tuple(starting_shares(c) for c in comparisons),
        chance=tuple(np.full(len(c.levels) + 1, 1 / (len(c.levels) + 1)) for c in comparisons),
        prior=1 / max(records.height, 2),
    )
    return maximise(
        start,
        _random_patterns(records, start),
        _patterns(records, blocks, start),
        pairs_of(records),
    )


def weigh(
    records: pl.DataFrame, blocks: pl.DataFrame, model: Model, *, at_least_bits: float
) -> pl.DataFrame:
    """Candidate pairs: ``left``, ``right`` (records, left < right) and ``bits``, sorted.

    ``bits`` is the evidence alone (log2 of the likelihood ratio), without the prior.
    """
    prior_bits = float(np.log2(model.prior / (1 - model.prior)))
    frequencies = _frequencies(records, model)
    weighed = [pl.DataFrame(schema=PAIRS)]
    for rules in _groups(blocks):
        some = sample_blocks(blocks.select("record", *rules), 1)
        chunks = -(-pairs_made(records, some) // settings.PAIRS_AT_ONCE)
        with _linker(_with_blocks(records, some), model, rules, with_patterns=False) as linker:
            _register_frequencies(linker, frequencies, records[some["record"]])
            found = linker.inference.predict(
                threshold_match_weight=at_least_bits + prior_bits, num_chunks_left=max(chunks, 1)
            )
            relation = found.db_api.duckdb_con.table(found.physical_name).project(
                "least(record_l, record_r) AS left, greatest(record_l, record_r) AS right, "
                "match_weight"
            )
            pairs = pl.DataFrame(relation.to_arrow_table())
        bits = (pl.col("match_weight") - prior_bits).round(6).alias("bits")
        weighed.append(pairs.select("left", "right", bits).cast(PAIRS))
    return pl.concat(weighed).unique(["left", "right"], keep="any").sort("left", "right")


def _groups(blocks: pl.DataFrame) -> list[list[str]]:
    """The rules in groups that bring few enough records together to be compared in memory.

    A pair that rules of two groups make is weighed twice, to the same weight.
    """
    groups: list[list[str]] = []
    together = np.zeros(blocks.height, dtype=np.bool_)
    for rule in (c for c in blocks.columns if c.startswith("b_")):
        own = blocks[rule].is_not_null().to_numpy()
        together |= own
        if groups and together.sum() <= RECORDS_AT_ONCE:
            groups[-1].append(rule)
        else:
            groups.append([rule])
            together = own.copy()
    return groups


def _with_blocks(records: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """The records that are in a block, with their blocks."""
    return pl.concat([records[blocks["record"]], blocks.drop("record")], how="horizontal")


def as_splink(model: Model) -> dict[str, object]:
    """The model as a settings file of Splink; its columns are those of :func:`blocking.derive`."""
    return _splink_settings(model, [f"b_{rule}" for rule in BLOCKS], with_patterns=False)


def _usable(records: pl.DataFrame, comparison: Comparison) -> bool:
    """Whether enough records carry the field for a comparison to mean anything."""
    sides = records.group_by("leaked").agg(
        pl.any_horizontal(pl.col(source(c)).is_not_null() for c in comparison.columns)
        .sum()
        .alias("n")
    )
    accounts = sides.filter(~pl.col("leaked"))["n"].sum()
    return int(accounts) >= _LEAST_ACCOUNTS and int(sides["n"].sum()) > _LEAST_ACCOUNTS


def _random_patterns(records: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Counted agreement patterns of random pairs: records dealt into blocks by a mixed number."""
    mixed = records["record"].hash(seed=settings.SEED).rank("ordinal").alias("b_random")
    drawn = mixed <= settings.RANDOM_RECORDS
    some = records.filter(drawn).with_columns(mixed.filter(drawn))
    size = max(2, 2 * settings.RANDOM_PAIRS // max(some.height, 1))
    dealt = some.with_columns(
        pl.col("b_random") // size,
        pl.lit(value=True).alias("open"),
        pl.lit(value=False).alias("leaked"),
        pl.col("record").alias("unit"),
    )
    with _linker(dealt, model, ["b_random"], with_patterns=True) as linker:
        return _counted(linker, model, ())


def _patterns(records: pl.DataFrame, blocks: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Counted agreement patterns of (a sample of) the candidates, with the rules that made them."""
    rules = [c for c in blocks.columns if c.startswith("b_")]
    if not rules:
        return pl.DataFrame(schema={**dict.fromkeys(_gammas(model), pl.Int32), "n": pl.Int64})
    every = max(-(-pairs_made(records, blocks) // settings.TRAINING_PAIRS), 1)
    sampled = _with_blocks(records, sample_blocks(blocks, every))
    with _linker(sampled, model, rules, with_patterns=True) as linker:
        return _counted(linker, model, rules).with_columns(pl.col("n") * every)


def _splink_settings(
    model: Model, rules: Sequence[str], *, with_patterns: bool
) -> dict[str, object]:
    allowed = "NOT (l.leaked AND r.leaked) AND l.unit <> r.unit AND (l.open OR r.open)"
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": model.prior,
        "retain_matching_columns": with_patterns,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": list(rules) if with_patterns else [],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.{rule} = r.{rule} AND {allowed}", "sql_dialect": "duckdb"}
            if rule.startswith("b_")
            else {"blocking_rule": rule, "sql_dialect": "duckdb"}
            for rule in rules
        ],
        "comparisons": [
            _splink_comparison(c, model.same[i], model.chance[i], frequencies=not with_patterns)
            for i, c in enumerate(model.comparisons)
        ],
    }


def _splink_comparison(
    comparison: Comparison, same: Floats, chance: Floats, *, frequencies: bool
) -> dict[str, object]:
    levels: list[dict[str, object]] = [
        {
            "sql_condition": comparison.missing,
            "label_for_charts": "missing",
            "is_null_level": True,
        }
    ]
    for i, level in enumerate(comparison.levels):
        entry: dict[str, object] = {
            "sql_condition": level.condition,
            "label_for_charts": level.label,
            "m_probability": float(same[i]),
            "u_probability": float(chance[i]),
        }
        if level.frequency_of is not None and frequencies:
            entry["tf_adjustment_column"] = level.frequency_of
            entry["tf_adjustment_weight"] = 1.0
            entry["tf_minimum_u_value"] = settings.FREQUENCY_FLOOR
            entry["disable_tf_exact_match_detection"] = True
        levels.append(entry)
    levels.append(
        {
            "sql_condition": "ELSE",
            "label_for_charts": "else",
            "m_probability": float(same[-1]),
            "u_probability": float(chance[-1]),
        }
    )
    return {
        "output_column_name": comparison.name,
        "comparison_levels": levels,
        "comparison_description": comparison.name,
    }


@contextmanager
def _linker(
    records: pl.DataFrame, model: Model, rules: Sequence[str], *, with_patterns: bool
) -> Iterator[Linker]:
    """A Splink linker over *records*, in memory, without spill files, gone after the block."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect(
        ":memory:",
        config={
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET enable_external_access = false")
        api = DuckDBAPI(connection=connection)
        needed = [*_needed(model), *rules]
        table = api.register(derive(records, needed).to_arrow(), table_name="records")
        yield Linker(
            table,
            _splink_settings(model, rules, with_patterns=with_patterns),
            log_level=None,
            validate_settings=False,
        )
    finally:
        connection.close()


def _needed(model: Model) -> list[str]:
    """The columns that conditions read; DuckDB is given no others."""
    conditions = [
        text for c in model.comparisons for text in (c.missing, *(x.condition for x in c.levels))
    ]
    named = {name for text in conditions for name in _COLUMN.findall(text)}
    rated = {x.frequency_of for c in model.comparisons for x in c.levels if x.frequency_of}
    return ["record", "leaked", "open", "unit", *sorted(named | rated)]


def _frequencies(records: pl.DataFrame, model: Model) -> dict[str, pl.DataFrame]:
    """Per column of which rare values weigh more: how often another person has a value."""
    columns = {
        level.frequency_of
        for comparison in model.comparisons
        for level in comparison.levels
        if level.frequency_of is not None
    }
    own = 1 + model.prior * (records.height - 1)
    return {column: others_with(_counts(records, column), own) for column in sorted(columns)}


def _counts(records: pl.DataFrame, column: str) -> pl.DataFrame:
    """The values of *column*, and the ``count`` of records that have each."""
    made_of = source(column)
    counts = records[made_of].drop_nulls().value_counts()
    if made_of == column:
        return counts
    values = derive(counts, [column]).with_columns(counts["count"])
    return values.drop_nulls().group_by(column).agg(pl.col("count").sum())


def _register_frequencies(
    linker: Linker, frequencies: Mapping[str, pl.DataFrame], records: pl.DataFrame
) -> None:
    """Tell Splink how often another person has the values of *records*."""
    for column, rated in frequencies.items():
        coded = column in records.columns
        values = records.select(column) if coded else derive(records, [column])
        met = plain(rated.join(values, on=column, how="semi"))
        table = linker._db_api.register(  # noqa: SLF001 -- Splink hands out no other way
            met.to_arrow(), table_name=f"frequencies_of_{column}"
        )
        linker.table_management.register_term_frequency_lookup(table, column)


def others_with(counts: pl.DataFrame, own: float) -> pl.DataFrame:
    """Per value of a column ``tf_<column>``: the share of records of other people that have it.

    *counts*: the column, and ``count``.

    Splink's own count would take a person's other records for other people, which makes every rare
    value look common in a small case; so what one person has on average (*own* records) is taken
    off. A value that nobody else was seen with is rated by how usual it is at all for values of
    this column to be shared: often for names, hardly ever for mobiles (after Good 1953).
    """
    column = next(name for name in counts.columns if name != "count")
    known = max(int(counts["count"].sum()), 1)
    excess = (pl.col("count") - own).clip(lower_bound=0.0)
    shared = float(counts.select((excess > 0).dot(pl.col("count"))).item() or 0.0) / known
    least = min(max(shared, settings.LEAST_SHARED), settings.HALF)
    share = excess.clip(lower_bound=least) / known
    return counts.select(column, share.alias(f"tf_{column}"))


def _gammas(model: Model) -> list[str]:
    """Splink's columns of levels."""
    return [f"gamma_{c.name}" for c in model.comparisons]


def _counted(linker: Linker, model: Model, rules: Sequence[str]) -> pl.DataFrame:
    """Agreement patterns with their number ``n``; per rule, whether it makes the pair."""
    found = linker.inference.predict(threshold_match_weight=None)
    gammas = _gammas(model)
    flags = [f"coalesce({rule}_l = {rule}_r, false) AS {rule}" for rule in rules]
    columns = ", ".join([*gammas, *flags])
    names = ", ".join([*gammas, *rules])
    relation = found.db_api.duckdb_con.sql(
        f"SELECT {columns}, count(*) AS n FROM {found.physical_name} "  # noqa: S608 -- our names
        f"GROUP BY ALL ORDER BY {names}"
    )
    return pl.DataFrame(relation.to_arrow_table())
