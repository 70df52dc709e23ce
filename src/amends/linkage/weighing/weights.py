"""Why a pair looks like one person: each comparison of the model, its level and weight in bits.

The model of a run is a settings file of Splink; its conditions are evaluated by DuckDB on the two
records alone. What the levels do not tell is given as the rest: how rare the values are, and how
many others the row resembles.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from amends.linkage.weighing.blocking import derive

_COLUMN: Final = re.compile(r"\b([a-z_0-9]+)_[lr]\b")
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One comparison: its name, its level in words, its weight; what is missing weighs nothing."""

    comparison: str
    level: str
    bits: float


def weights(left: pl.DataFrame, right: pl.DataFrame, model: Mapping[str, object]) -> list[Weight]:
    """The comparisons of two records (one row each, canonical columns), strongest first."""
    comparisons = model.get("comparisons")
    if not isinstance(comparisons, list) or not comparisons:
        return []
    needed = sorted({name for one in comparisons for name in _named(one)})
    pair = pl.concat(
        [
            derive(record, needed).rename({name: f"{name}_{side}" for name in needed})
            for record, side in ((left, "l"), (right, "r"))
        ],
        how="horizontal",
    )
    connection = duckdb.connect(":memory:", config={"temp_directory": ""})
    try:
        connection.execute("SET enable_external_access = false")
        connection.register("pair", pair.to_arrow())
        found = [_weight(connection, one) for one in comparisons]
    finally:
        connection.close()
    return sorted(found, key=lambda one: (-abs(one.bits), one.comparison))


def rest_bits(probability: float, found: list[Weight]) -> float:
    """What the levels do not explain of the probability, in bits."""
    odds = max(probability, _LEAST) / max(1 - probability, _LEAST)
    return math.log2(odds) - sum(one.bits for one in found)


def _named(comparison: Mapping[str, object]) -> set[str]:
    """The columns that a comparison reads."""
    return {
        name
        for level in _levels(comparison)
        for name in _COLUMN.findall(str(level["sql_condition"]))
    }


def _levels(comparison: Mapping[str, object]) -> list[Mapping[str, object]]:
    levels = comparison["comparison_levels"]
    assert isinstance(levels, list)  # noqa: S101 -- a settings file of Splink
    return levels


def _weight(connection: duckdb.DuckDBPyConnection, comparison: Mapping[str, object]) -> Weight:
    """The first level whose condition holds."""
    levels = _levels(comparison)
    cases = " ".join(
        f"WHEN {level['sql_condition']} THEN {place}"
        for place, level in enumerate(levels)
        if level["sql_condition"] != "ELSE"
    )
    statement = f"SELECT CASE {cases} ELSE {len(levels) - 1} END FROM pair"  # noqa: S608 -- ours
    row = connection.execute(statement).fetchone()
    level = levels[int(row[0]) if row else -1]
    same, chance = level.get("m_probability"), level.get("u_probability")
    known = isinstance(same, float) and isinstance(chance, float) and same > 0 and chance > 0
    return Weight(
        comparison=str(comparison["output_column_name"]),
        level=str(level.get("label_for_charts", "")),
        bits=math.log2(float(str(same)) / float(str(chance))) if known else 0.0,
    )
