"""Facts about a country that several rooms look up: names by frequency, administrative divisions.

The tables lie beside this module; where they come from stands in README.md. They are read once.
"""

import csv
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent


@cache
def rows(table: str) -> tuple[MappingProxyType[str, str], ...]:
    """The rows of a table (``surnames``, ``given-name-characters``, ``county-codes`` …)."""
    with (_FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(MappingProxyType(row) for row in csv.DictReader(file))


@cache
def surnames() -> MappingProxyType[str, float]:
    """Chinese surname → bearers per million."""
    return MappingProxyType({row["surname"]: float(row["per_million"]) for row in rows("surnames")})


@cache
def given_name_characters() -> MappingProxyType[str, float]:
    """Character of given names → bearers per million among people born 1980 to 1989."""
    column = "born_1980_1989"
    table = rows("given-name-characters")
    return MappingProxyType({row["character"]: float(row[column]) for row in table})


@cache
def divisions() -> MappingProxyType[str, str]:
    """Code of an administrative division (2, 4 or 6 digits) → its name (GB/T 2260)."""
    tables = ("province-codes", "city-codes", "county-codes")
    return MappingProxyType({row["code"]: row["name"] for name in tables for row in rows(name)})
