"""Use cases of the evidence room: take files in, read them back, destroy them.

Values come back as they were found, trimmed; an empty one is null. Nothing here normalises.
"""

from collections.abc import Sequence

import polars as pl

from amends.kernel.summary import StageSummary
from amends.vault.opened import OpenCase


def intake(opened: OpenCase) -> StageSummary:
    """Read every file that case.toml names into the evidence room, or refuse all of them."""
    raise NotImplementedError(opened)


def read_accounts(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """``account`` (Int64, dense from 0), ``product`` (Enum, categories in alphabetical order),
    ``account_id`` (String), then each of *fields* (String; null where a registry has no such field).
    """
    raise NotImplementedError(opened, fields)


def read_leaked(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """``record`` (Int64, dense from 0 over the kept rows of all files), ``evidence`` (Enum of paths),
    ``row`` (Int64, from 1), ``tranche`` (Int32), then each of *fields* (String, null if absent).
    """
    raise NotImplementedError(opened, fields)


def leaked_categories(opened: OpenCase) -> tuple[list[str], pl.DataFrame]:
    """Codes, and (``record`` Int64, ``mask`` Int64): bit *i* set = the record has ``codes[i]``."""
    raise NotImplementedError(opened)


def read_people(opened: OpenCase, kind: str) -> pl.DataFrame | None:
    """All rows of the people files of a kind: ``path``, ``row`` and their fields (String), or None."""
    raise NotImplementedError(opened, kind)


def quarantined(opened: OpenCase) -> pl.DataFrame:
    """Quarantined rows of the evidence files: ``evidence`` (String), ``row`` (Int64), ``reason``."""
    raise NotImplementedError(opened)


def input_digest(opened: OpenCase) -> str:
    """SHA-256 (hex) over what the newest intake took in; changes when any byte or setting does."""
    raise NotImplementedError(opened)


def destroy(opened: OpenCase) -> StageSummary:
    """Shred the evidence key, remove the encrypted files, write it into the audit trail."""
    raise NotImplementedError(opened)
