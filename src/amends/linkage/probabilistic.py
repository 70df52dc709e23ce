"""Pairs that exact keys cannot decide: candidates, comparison, training and weights.

Splink 5 on DuckDB makes the candidates, compares them and weighs them; the model it weighs by is
trained here, by expectation-maximisation on counted agreement patterns with a prior and a floor,
because Splink's own stops with an error when a level never occurs among matches. Blocking values
are made as columns first, so that the number of pairs is known, and bounded, before a pair is
made. Same records and settings, same weights: samples are chosen by record number, never drawn.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
from splink import DuckDBAPI, Linker

from amends.linkage import settings
from amends.linkage.shortforms import SHORT_FORMS
from amends.linkage.settings import BLOCKS, COMPARISONS, Comparison

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_ID: Final = ("record_l", "record_r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was learnt: per comparison the share of each level among same and among random pairs.

    Arrays are in the order of the levels, best first, else last.
    """

    comparisons: tuple[Comparison, ...]
    same: tuple[Floats, ...]
    chance: tuple[Floats, ...]
    prior: float

    def as_json(self) -> dict[str, object]:
        """The model as a Splink settings dictionary (without blocking rules)."""
        return _splink_settings(self, ("1 = 0",), with_patterns=False)


def derive(records: pl.DataFrame) -> pl.DataFrame:
    """*records* (canonical columns, ``record`` from 0) with what comparisons and blocking need."""
    tokens = pl.col("name").str.split(" ")
    phone = pl.col("phone").cast(pl.String)
    derived = records.with_columns(
        tokens.alias("tokens"),
        tokens.list.len().fill_null(0).alias("parts"),
        tokens.list.sort().list.join(" ").alias("name_sorted"),
        pl.col("first").str.slice(0, 1).alias("initial"),
        pl.col("first").replace(SHORT_FORMS).alias("root"),
        phone.alias("phone_text"),
        pl.col("postcode").str.extract(r"^([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}$").alias("district"),
        pl.col("postcode").str.extract(r"^([a-z]+|\d{2})").alias("area"),
        pl.col("birth").str.slice(0, 4).alias("year"),
        pl.col("birth").str.slice(4, 4).alias("day"),
        pl.col("first").str.slice(0, 2).alias("first2"),
        pl.col("first").str.slice(0, 3).alias("first3"),
        pl.col("last").str.slice(0, 2).alias("last2"),
        pl.col("last").str.slice(0, 4).alias("last4"),
        phone.str.slice(0, 7).alias("phone_head"),
        phone.str.slice(4, 7).alias("phone_tail"),
        pl.col("email").str.extract(r"^([^@]{5,})@").alias("email_local"),
        pl.col("idno_text").str.slice(0, 14).alias("idno_head"),
        pl.col("idno_text").str.slice(6).alias("idno_tail"),
    )
    return derived.with_columns(
        pl.coalesce("district", pl.col("postcode").str.slice(0, 4)).alias("district")
    )


def block_columns(records: pl.DataFrame) -> pl.DataFrame:
    """``record`` and one integer column per blocking rule; null where the rule makes no pair.

    Of every rule the largest blocks are left out until its pairs are within the budget.
    """
    budget = min(settings.PAIRS_PER_RULE_MAX, settings.PAIRS_PER_RECORD * records.height)
    columns: list[pl.Series] = [records["record"]]
    for name, parts in BLOCKS.items():
        whole = pl.all_horizontal(pl.col(p).is_not_null() for p in parts)
        key = pl.when(whole).then(pl.struct(parts).hash(seed=settings.SEED))
        frame = records.select(key.alias("key")).with_columns(pl.len().over("key").alias("size"))
        useful = pl.col("key").is_not_null() & pl.col("size").is_between(2, _cap(frame, budget))
        columns.append(
            frame.select(pl.when(useful).then("key").cast(pl.UInt64).alias(f"b_{name}"))[:, 0]
        )
    blocks = pl.DataFrame(columns)
    return blocks.drop([c for c in blocks.columns if blocks[c].null_count() == blocks.height])


def _cap(frame: pl.DataFrame, budget: int) -> int:
    """The largest block size (at most BLOCK_MAX) up to which all blocks' pairs fit the budget."""
    sizes = frame.filter(pl.col("key").is_not_null()).group_by("size").len().sort("size")
    size = sizes["size"].to_numpy().astype(np.int64)
    pairs = np.cumsum(sizes["len"].to_numpy().astype(np.int64) * (size - 1) // 2)
    fitting = size[(pairs <= budget) & (size <= settings.BLOCK_MAX)]
    return int(fitting.max(initial=0))


def train(records: pl.DataFrame, blocks: pl.DataFrame) -> Model:
    """Learn the model from *records* (see :func:`derive`) and their own candidate pairs."""
    comparisons = tuple(c for c in COMPARISONS if _usable(records, c))
    start = Model(
        comparisons=comparisons,
        same=tuple(_start(c) for c in comparisons),
        chance=tuple(np.full(len(c.levels) + 1, 1 / (len(c.levels) + 1)) for c in comparisons),
        prior=1 / max(records.height, 2),
    )
    return _maximise(
        start, _random_patterns(records, start), _patterns(records, blocks, start), records.height
    )


def weigh(
    records: pl.DataFrame, blocks: pl.DataFrame, model: Model, *, at_least_bits: float
) -> pl.DataFrame:
    """Candidate pairs: ``left``, ``right`` (records, left < right) and ``bits``, sorted.

    ``bits`` is the evidence alone (log2 of the likelihood ratio), without the prior.
    """
    rules = [c for c in blocks.columns if c.startswith("b_")]
    empty = {"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64}
    if not rules:
        return pl.DataFrame(schema=empty)
    prior_bits = float(np.log2(model.prior / (1 - model.prior)))
    with _linker(records.join(blocks, on="record"), model, rules, with_patterns=False) as linker:
        _register_frequencies(linker, records, model)
        found = linker.inference.predict(threshold_match_weight=at_least_bits + prior_bits)
        pairs = pl.from_arrow(found.as_pyarrow_table())
    assert isinstance(pairs, pl.DataFrame)
    return pairs.select(
        pl.min_horizontal(*_ID).cast(pl.Int64).alias("left"),
        pl.max_horizontal(*_ID).cast(pl.Int64).alias("right"),
        (pl.col("match_weight") - prior_bits).round(6).alias("bits"),
    ).sort("left", "right")


def _usable(records: pl.DataFrame, comparison: Comparison) -> bool:
    """Whether enough records carry the field for a comparison to mean anything."""
    sides = records.group_by("leaked").agg(
        pl.any_horizontal(pl.col(c).is_not_null() for c in comparison.columns).sum().alias("n")
    )
    accounts = sides.filter(~pl.col("leaked"))["n"].sum()
    return int(accounts) >= 2 and int(sides["n"].sum()) >= 3


def _start(comparison: Comparison) -> Floats:
    values = [level.agrees_if_same for level in comparison.levels] + [comparison.else_if_same]
    return np.asarray(values) / sum(values)


def _random_patterns(records: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Counted agreement patterns of random pairs: records dealt into blocks by a mixed number."""
    size = max(2, min(records.height, 2 * settings.RANDOM_PAIRS // max(records.height, 1)))
    dealt = records.with_columns(
        (pl.col("record").hash(seed=settings.SEED).rank("ordinal") // size).alias("b_random"),
        pl.lit(value=True).alias("open"),
        pl.lit(value=False).alias("leaked"),
        pl.col("record").alias("unit"),
    )
    with _linker(dealt, model, ["b_random"], with_patterns=True) as linker:
        return _counted(linker, model, ())


def _patterns(records: pl.DataFrame, blocks: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Counted agreement patterns of (a sample of) the candidates, with the rules that made them."""
    rules = [c for c in blocks.columns if c.startswith("b_")]
    sampled, every = _sample_blocks(blocks, rules, settings.TRAINING_PAIRS)
    with _linker(records.join(sampled, on="record"), model, rules, with_patterns=True) as linker:
        return _counted(linker, model, rules).with_columns(pl.col("n") * every)


def _sample_blocks(
    blocks: pl.DataFrame, rules: Sequence[str], pairs: int
) -> tuple[pl.DataFrame, int]:
    """One block in so many that about *pairs* candidates remain; and that number."""
    total = sum(_pairs_of(blocks[rule]) for rule in rules)
    every = -(-total // pairs) if total > pairs else 1
    if every == 1:
        return blocks, 1
    kept = (
        pl.when(pl.col(rule).hash(seed=settings.SEED) % every == 0).then(pl.col(rule))
        for rule in rules
    )
    return blocks.with_columns(kept), every


def _pairs_of(keys: pl.Series) -> int:
    sizes = keys.drop_nulls().value_counts()["count"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _maximise(start: Model, chance: pl.DataFrame, found: pl.DataFrame, records: int) -> Model:
    """Expectation-maximisation over counted patterns of random pairs and of candidates.

    Every blocking rule is a population of its own, with its own share of matches; the comparisons
    that a rule fixes are left out of it (as in Splink's training), and the shares of the levels
    are common to all. Random pairs tell what agreement by chance is, once the few of them that
    are one person by the same model are taken out: in a small case those would be most of it.
    """
    trial = _Patterns.of(chance, start, ())
    candidates = _Patterns.of(found, start, [c for c in found.columns if c.startswith("b_")])
    everything = range(len(start.comparisons))
    same, prior = list(start.same), start.prior
    by_chance = _chance(trial, np.zeros(len(trial.n)), start)
    share = dict.fromkeys(candidates.rules, 0.3)
    for _ in range(settings.EM_ITERATIONS):
        seen = [s * settings.PRIOR_PAIRS for s in start.same]
        for rule, inside in candidates.rules.items():
            active = [i for i in everything if not _fixes(rule, start.comparisons[i])]
            bits = candidates.bits(same, by_chance, active)[inside]
            expected = candidates.n[inside] * _probability(bits, share[rule])
            part = float(expected.sum()) / max(float(candidates.n[inside].sum()), 1.0)
            share[rule] = min(max(part, 1e-6), 1 - 1e-6)
            for i in active:
                seen[i] = seen[i] + _level_sums(candidates.level[i][inside], expected, same[i])
        same = [np.maximum(s / s.sum(), settings.FLOOR) for s in seen]
        prior = _prior(candidates.bits(same, by_chance, everything), candidates.n, records)
        one_person = _probability(trial.bits(same, by_chance, everything), prior)
        by_chance = _chance(trial, one_person, start)
    return Model(
        comparisons=start.comparisons, same=tuple(same), chance=tuple(by_chance), prior=prior
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """Agreement patterns as arrays: numbers, level places per comparison, rules that made them."""

    n: Floats
    level: tuple[Ints, ...]
    rules: dict[str, npt.NDArray[np.bool_]]

    @classmethod
    def of(cls, counted: pl.DataFrame, model: Model, rules: Sequence[str]) -> "_Patterns":
        return cls(
            n=counted["n"].to_numpy().astype(np.float64),
            level=tuple(_level_index(counted, c) for c in model.comparisons),
            rules={rule: counted[rule].to_numpy() for rule in rules},
        )

    def bits(
        self, same: Sequence[Floats], chance: Sequence[Floats], active: Sequence[int] | range
    ) -> Floats:
        """log2 likelihood ratio of each pattern by the *active* comparisons."""
        total = np.zeros(len(self.n))
        for i in active:
            weights = np.append(np.log2(same[i] / chance[i]), 0.0)  # the last, -1, is missing
            total += weights[self.level[i]]
        return total


def _probability(bits: Floats, prior: float) -> Floats:
    odds = prior / (1 - prior) * np.exp2(np.clip(bits, -100, 100))
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def _level_sums(level: Ints, weight: Floats, like: Floats) -> Floats:
    known = level >= 0
    return np.bincount(level[known], weights=weight[known], minlength=len(like))


def _chance(trial: _Patterns, one_person: Floats, model: Model) -> list[Floats]:
    """Level shares of random pairs of different persons, each level as if seen half a time more."""
    result = []
    for i, comparison in enumerate(model.comparisons):
        seen = _level_sums(trial.level[i], trial.n * (1 - one_person), model.same[i])
        seen[:-1] += settings.HALF
        seen[-1] += settings.HALF + (0.0 if seen[-1] else float(len(comparison.levels)))
        result.append(np.maximum(seen / seen.sum(), settings.FLOOR / 10))
    return result


def _prior(bits: Floats, n: Floats, records: int) -> float:
    """The share of same pairs among all pairs, such that it is what the weights then give."""
    pairs = max(records * (records - 1) / 2, 1.0)
    prior = 1 / max(records, 2)
    for _ in range(50):
        same = float((n * _probability(bits, prior)).sum())
        prior = min(max(same / pairs, 0.01 / pairs), 0.5)
    return prior


def _level_index(patterns: pl.DataFrame, comparison: Comparison) -> Ints:
    """Per pattern the level's place (0 best), or -1 where a value is missing."""
    gamma = patterns[f"gamma_{comparison.name}"].to_numpy().astype(np.int64)
    return np.where(gamma < 0, -1, len(comparison.levels) - gamma)


def _fixes(rule: str, comparison: Comparison) -> bool:
    """Whether agreement on the rule's columns decides (part of) the comparison."""
    made_of = {
        "name": {"name", "name_sorted", "first", "root", "last", "first2", "first3", "last2", "last4"},
        "birth": {"birth", "year", "day"},
        "place": {"postcode", "district", "birth_place"},
        "phone": {"phone_text", "phone_head", "phone_tail"},
        "email": {"email", "email_local"},
        "idno": {"idno_text", "idno_head", "idno_tail"},
    }
    return bool(made_of.get(comparison.name, set()) & set(BLOCKS[rule.removeprefix("b_")]))


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
            entry["tf_minimum_u_value"] = settings.FLOOR
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
        table = api.register(records.to_arrow(), table_name="records")
        yield Linker(
            table,
            _splink_settings(model, rules, with_patterns=with_patterns),
            log_level=None,
            validate_settings=False,
        )
    finally:
        connection.close()


def _register_frequencies(linker: Linker, records: pl.DataFrame, model: Model) -> None:
    """Tell Splink how often another person has the same value.

    Its own count would take the person's other records for other people, which makes every rare
    value look common in a small case; so the records that one person has on average are taken off.
    """
    own = 1 + model.prior * (records.height - 1)
    columns = {
        level.frequency_of
        for comparison in model.comparisons
        for level in comparison.levels
        if level.frequency_of is not None
    }
    for column in sorted(columns):
        known = records.select(column).drop_nulls()
        others = (pl.col("len") - own).clip(lower_bound=settings.HALF) / max(known.height, 1)
        table = known.group_by(column).len().select(column, others.alias(f"tf_{column}"))
        frequencies = linker._db_api.register(  # noqa: SLF001 -- Splink hands out no other way
            table.sort(column).to_arrow(), table_name=f"frequencies_of_{column}"
        )
        linker.table_management.register_term_frequency_lookup(frequencies, column)


def _counted(linker: Linker, model: Model, rules: Sequence[str]) -> pl.DataFrame:
    """Agreement patterns with their number ``n``; per rule, whether it makes the pair."""
    found = linker.inference.predict(threshold_match_weight=None)
    gammas = [f"gamma_{c.name}" for c in model.comparisons]
    flags = [f"coalesce({rule}_l = {rule}_r, false) AS {rule}" for rule in rules]
    columns = ", ".join([*gammas, *flags])
    names = ", ".join([*gammas, *rules])
    relation = found.db_api.duckdb_con.sql(
        f"SELECT {columns}, count(*) AS n FROM {found.physical_name} GROUP BY ALL ORDER BY {names}"
    )
    counted = pl.from_arrow(relation.to_arrow_table())
    assert isinstance(counted, pl.DataFrame)
    return counted


def parameters(model: Model) -> Mapping[str, object]:
    """The learnt shares, rounded, for the record of a run."""
    return {
        "prior": round(model.prior, 12),
        "same": {
            c.name: [round(float(v), 6) for v in model.same[i]]
            for i, c in enumerate(model.comparisons)
        },
        "chance": {
            c.name: [round(float(v), 8) for v in model.chance[i]]
            for i, c in enumerate(model.comparisons)
        },
    }
