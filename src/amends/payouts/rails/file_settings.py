"""Reading the small TOML files that say what a contract with a bank or a counter says."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.kernel.saying import said
from amends.kernel.tomltable import Table, a_text, read_table


def table_of(path: Path) -> Table:
    """The table that a file is.

    Raises:
        CaseFileError: it is missing, or no TOML in UTF-8.
    """
    missing = said("{path}: there is no such file; docs/reference/banks.md has one", path=path)
    return read_table(path, missing=missing)


def an_amount_alone(value: object) -> str:
    """An amount without its currency."""
    if not isinstance(value, str) or re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,3})?", value) is None:
        raise ValueError(said('is an amount like "50000.00"'))
    return value


def a_zone(value: object) -> str:
    """A zone of the IANA database."""
    try:
        return ZoneInfo(a_text(value)).key
    except (KeyError, OSError, ValueError):
        raise ValueError(said('is a zone like "Asia/Shanghai"')) from None
