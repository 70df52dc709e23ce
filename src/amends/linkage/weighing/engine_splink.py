"""The second engine: Splink 5 on DuckDB, given the same blocks and the same comparisons as SQL.

DuckDB works in memory, within a limit, and writes no spill file: what it compares may not touch a
disk in clear. Splink makes the pairs and weighs them; what the weights are is learnt before
(see :mod:`~amends.linkage.weighing.learning`).
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.comparisons import Comparison, Condition, Level, Relation
from amends.linkage.settings import BLOCKS
from amends.linkage.weighing.blocking import Blocks, derive, witnesses_of
from amends.linkage.weighing.frequencies import Frequencies, table_of
from amends.linkage.weighing.learning import PAIRS, Floats, Ints, Model, Patterns
from amends.linkage.weighing.records import Records

if TYPE_CHECKING:
    from splink import Linker

RECORDS_AT_ONCE: Final = 2_000_000
"""Records that DuckDB is given at once, with all that is compared of them."""

_ALLOWED: Final = "NOT (l.leaked AND r.leaked) AND l.unit <> r.unit AND (l.open OR r.open)"
_COLUMN: Final = re.compile(r"\b([a-z_0-9]+)_[lr]\b")


class SplinkEngine:
    """Splink. See :class:`~amends.linkage.weighing.probabilistic.Engine`."""

    name = "splink"

    def patterns(
        self, records: Records, blocks: Blocks, comparisons: Sequence[Comparison]
    ) -> Patterns:
        """Counted agreement patterns of the pairs that *blocks* make."""
        flat = tuple(np.full(len(c.levels) + 1, 1 / (len(c.levels) + 1)) for c in comparisons)
        model = Model(comparisons=tuple(comparisons), same=flat, chance=flat, prior=0.01)
        with _linker(_with_blocks(records, blocks), model, blocks, training=True) as linker:
            counted = _counted(linker, model, blocks.rules)
        return Patterns(
            n=counted["n"].to_numpy().astype(np.float64),
            level=tuple(_level_index(counted, c) for c in comparisons),
            rules={rule: counted[f"b_{rule}"].to_numpy() for rule in blocks.rules},
        )

    def weigh(
        self,
        records: Records,
        blocks: Blocks,
        model: Model,
        frequencies: Frequencies,
        *,
        at_least_bits: float,
        spend: bool = False,  # noqa: ARG002 -- DuckDB is given its own copy in any case
    ) -> pl.DataFrame:
        """Candidate pairs with their evidence, sorted."""
        prior_bits = float(np.log2(model.prior / (1 - model.prior)))
        weighed = [pl.DataFrame(schema=PAIRS)]
        for group in _groups(blocks):
            some = blocks.of(group)
            chunks = -(-some.pairs_made // settings.SPLINK_PAIRS_AT_ONCE)
            table = _with_blocks(records, some)
            with _linker(table, model, some, training=False) as linker:
                _register_frequencies(linker, frequencies, records, table)
                found = linker.inference.predict(
                    threshold_match_weight=at_least_bits + prior_bits,
                    num_chunks_left=max(chunks, 1),
                )
                relation = found.db_api.duckdb_con.table(found.physical_name).project(
                    "least(record_l, record_r) AS left, greatest(record_l, record_r) AS right, "
                    "match_weight"
                )
                pairs = pl.DataFrame(relation.to_arrow_table())
            bits = (pl.col("match_weight") - prior_bits).round(6).alias("bits")
            weighed.append(pairs.select("left", "right", bits).cast(PAIRS))
        return pl.concat(weighed).unique(["left", "right"], keep="any").sort("left", "right")


def as_splink(model: Model) -> dict[str, object]:
    """The model as a settings file of Splink; its columns are those of :func:`blocking.derive`.

    How rare values are is not in it: that is the case's data, not what was learnt of it.
    """
    columns = set(needed(model))
    rules = [
        " AND ".join(
            [
                *(f"l.{c} = r.{c}" for c in parts),
                _ALLOWED,
                *_any(c for c in witnesses_of(rule) if c in columns),
            ]
        )
        for rule, parts in BLOCKS.items()
        if columns.issuperset(parts)
    ]
    return _splink_settings(model, (), rules, training=False)


def _any(columns: Iterable[str]) -> list[str]:
    """The condition that two records agree in one of *columns*, if there are any."""
    agree = " OR ".join(f"l.{column} = r.{column}" for column in columns)
    return [f"({agree})"] if agree else []


def _rules(blocks: Blocks) -> list[str]:
    """Which pairs *blocks* make, rule by rule."""
    return [
        " AND ".join(
            [f"l.m_{rule} = r.m_{rule}", _ALLOWED, *_any(f"w_{at}" for at in np.flatnonzero(asked))]
        )
        for rule, asked in zip(blocks.rules, blocks.asked, strict=True)
    ]


def _groups(blocks: Blocks) -> list[list[int]]:
    """The rules in groups that bring few enough records together to be compared in memory.

    A pair that rules of two groups make is weighed twice, to the same weight.
    """
    groups: list[list[int]] = []
    together = np.zeros(len(blocks.records), dtype=np.bool_)
    for rule in range(len(blocks.rules)):
        own = blocks.of_each(blocks.members[rule]) > 0
        together |= own
        if groups and together.sum() <= RECORDS_AT_ONCE:
            groups[-1].append(rule)
        else:
            groups.append([rule])
            together = own.copy()
    return groups


def _with_blocks(records: Records, blocks: Blocks) -> pl.DataFrame:
    """The records that are in a block, with two columns per rule, each a block or null.

    ``b_<rule>`` is the record's, ``m_<rule>`` the same where its pairs are made; ``w_<at>`` is what
    it says of a witness, or null.
    """
    ids = pl.DataFrame(
        [
            pl.Series(f"{name}_{rule}", blocks.of_each(own)).replace(0, None)
            for r, rule in enumerate(blocks.rules)
            for name, own in (("b", blocks.members[r]), ("m", blocks.making(r)))
        ]
        + [
            pl.Series(f"w_{at}", blocks.witnesses[:, at]).replace(0, None)
            for at in range(blocks.witnesses.shape[1])
        ]
    )
    return pl.concat(
        [
            records.some(blocks.records)
            .frame()
            .with_columns(pl.Series("record", blocks.records, dtype=pl.Int64)),
            ids,
        ],
        how="horizontal",
    )


def sql_of(condition: Condition) -> str:  # noqa: PLR0911 -- one for each relation
    """A condition in DuckDB's SQL, on the left (``x_l``) and right (``x_r``) record."""
    left, right = f"{condition.column}_l", f"{condition.column}_r"
    match condition.relation:
        case Relation.SAME:
            return f"{left} = {right}"
        case Relation.SLIPS:
            return f"damerau_levenshtein({left}, {right}) <= {condition.limit:.0f}"
        case Relation.LIKE:
            return f"jaro_winkler_similarity({left}, {right}) >= {condition.limit - 1e-9:.9f}"
        case Relation.CONTAINED:
            one, other = (f"string_split({side}, ' ')" for side in (left, right))
            return f"(list_has_all({one}, {other}) OR list_has_all({other}, {one}))"
        case Relation.SHARING:
            return f"list_has_any(string_split({left}, ' '), string_split({right}, ' '))"
        case Relation.TWO_OF_THREE:
            signs = (f"({left}[{at}] = {right}[{at}])::INT" for at in (1, 2, 3))
            return f"{' + '.join(signs)} > 1"
        case Relation.FITS:
            return f"({_fits_sql(left, right)} OR {_fits_sql(right, left)})"
        case Relation.BEGINS:
            least = f"least(strlen({left}), strlen({right})) >= {condition.limit:.0f}"
            return f"((starts_with({left}, {right}) OR starts_with({right}, {left})) AND {least})"
        case Relation.BOTH:
            return f"({left} IS NOT NULL AND {right} IS NOT NULL)"


def _fits_sql(text: str, masked: str) -> str:
    """Whether *text* is *masked*, of which every ``*`` may be any run of signs."""
    pattern = masked
    for sign, stands in (("!", "!!"), ("%", "!%"), ("_", "!_"), ("*", "%")):
        pattern = f"replace({pattern}, '{sign}', '{stands}')"
    return f"{text} LIKE {pattern} ESCAPE '!'"


def level_sql(level: Level) -> str:
    """When a level holds, unless a better one does."""
    return " OR ".join(" AND ".join(sql_of(condition) for condition in all_) for all_ in level.when)


def missing_sql(comparison: Comparison) -> str:
    """When nothing can be compared."""
    return " AND ".join(f"({c}_l IS NULL OR {c}_r IS NULL)" for c in comparison.known)


def _block_columns(rules: Sequence[str]) -> list[str]:
    return [f"{name}_{rule}" for rule in rules for name in "bm"]


def _splink_settings(
    model: Model, kept: Sequence[str], rules: Sequence[str], *, training: bool
) -> dict[str, object]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": model.prior,
        "retain_matching_columns": training,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": kept if training else [],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in rules
        ],
        "comparisons": [
            _splink_comparison(c, model.same[i], model.chance[i], frequencies=not training)
            for i, c in enumerate(model.comparisons)
        ],
    }


def _splink_comparison(
    comparison: Comparison, same: Floats, chance: Floats, *, frequencies: bool
) -> dict[str, object]:
    levels: list[dict[str, object]] = [
        {
            "sql_condition": missing_sql(comparison),
            "label_for_charts": "missing",
            "is_null_level": True,
        }
    ]
    for i, level in enumerate(comparison.levels):
        entry: dict[str, object] = {
            "sql_condition": level_sql(level),
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
    records: pl.DataFrame, model: Model, blocks: Blocks, *, training: bool
) -> Iterator["Linker"]:
    """A Splink linker over *records*, in memory, without spill files, gone after the block."""
    import duckdb  # noqa: PLC0415 -- 0.3 s with Splink that its engine alone needs
    from splink import DuckDBAPI, Linker  # noqa: PLC0415 -- likewise

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
        texts = derive(records, needed(model))
        kept = _block_columns(blocks.rules)
        made = records.select(*kept, pl.col("^w_.*$"))
        whole = pl.concat([texts, made], how="horizontal")
        table = api.register(whole.to_arrow(), table_name="records")
        yield Linker(
            table,
            _splink_settings(model, kept, _rules(blocks), training=training),
            log_level=None,
            validate_settings=False,
        )
    finally:
        connection.close()


def needed(model: Model) -> list[str]:
    """The columns that conditions read; DuckDB is given no others."""
    conditions = [
        text
        for c in model.comparisons
        for text in (missing_sql(c), *(level_sql(x) for x in c.levels))
    ]
    named = {name for text in conditions for name in _COLUMN.findall(text)}
    rated = {x.frequency_of for c in model.comparisons for x in c.levels if x.frequency_of}
    return ["record", "leaked", "open", "unit", *sorted(named | rated)]


def _register_frequencies(
    linker: "Linker", frequencies: Frequencies, records: Records, table: pl.DataFrame
) -> None:
    """Tell Splink how often another person has the values of *table*."""
    for column, shares in frequencies.items():
        rated = table_of(records, column, shares)
        met = rated.join(derive(table, [column]), on=column, how="semi")
        lookup = linker._db_api.register(  # noqa: SLF001 -- Splink hands out no other way
            met.to_arrow(), table_name=f"frequencies_of_{column}"
        )
        linker.table_management.register_term_frequency_lookup(lookup, column)


def _counted(linker: "Linker", model: Model, rules: Sequence[str]) -> pl.DataFrame:
    """Agreement patterns with their number ``n``; per rule, whether it makes the pair.

    Splink makes a pair by any rule; it counts where its first rule makes it.
    """
    found = linker.inference.predict(threshold_match_weight=None)
    gammas = [f"gamma_{c.name}" for c in model.comparisons]
    flags = [f"coalesce(b_{rule}_l = b_{rule}_r, false) AS b_{rule}" for rule in rules]
    columns = ", ".join([*gammas, *flags])
    cases = [f"WHEN b_{rule}_l = b_{rule}_r THEN m_{rule}_l IS NOT NULL" for rule in rules]
    first = " ".join(["WHEN false THEN false", *cases])
    names = ", ".join([*gammas, *(f"b_{rule}" for rule in rules)])
    relation = found.db_api.duckdb_con.sql(
        f"SELECT {columns}, count(*) AS n FROM {found.physical_name} "  # noqa: S608 -- our names
        f"WHERE CASE {first} END GROUP BY ALL ORDER BY {names}"
    )
    return pl.DataFrame(relation.to_arrow_table())


def _level_index(patterns: pl.DataFrame, comparison: Comparison) -> Ints:
    """Per pattern the level's place (0 best), or -1 where a value is missing."""
    gamma = patterns[f"gamma_{comparison.name}"].to_numpy().astype(np.int64)
    return np.where(gamma < 0, -1, len(comparison.levels) - gamma)
