"""Commitments of all new awards, some at a time: what :mod:`amends.roster.commitment` says of one.

Every step is hashed for many awards at once, in threads, so no other process learns of anybody.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import processors, worked_ahead
from amends.kernel.compiled.messages import Rows, texts_of
from amends.kernel.compiled.sha2 import SHA256, SHA512
from amends.roster.commitment import (
    AWARD_HEAD,
    FIELD_HEAD,
    HIDDEN,
    NONCE_LABEL,
    SALT_BYTES,
    SEED_BYTES,
    SHOWN,
    Bound,
    normal_value,
    person_head,
    salts_label,
    told_name,
)
from amends.roster.entries import AWARDS, EntryType

AT_ONCE = 50_000
_MOST_BYTES = 0xFFFF
_DIGEST = f"S{SHA256.digest_bytes}"

_AS_IT_IS = {
    "idno": r"^[0-9]{17}[0-9X]$",
    "name": r"^[\x{4E00}-\x{9FFF}]+$",
    "phone": r"^[0-9]+$",
}
"""Values that have their normal form already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """``entries``: AWARD entries, rows of ``AWARDS``; ``openings``: what is sealed of each."""

    first_award: int
    entries: npt.NDArray[np.void]
    openings: list[bytes]


def committed(bound: Bound, awards: pl.DataFrame, at_once: int = AT_ONCE) -> Iterator[Committed]:
    """Commit to *awards*, in order, each with a seed of its own from the operating system.

    Args:
        bound: what of the case they are bound to.
        awards: award_index (one after the other), class, amount_minor, categories, and the
            ``HIDDEN`` fields as they were found.
        at_once: how many awards are in memory together; changes nothing.
    """

    def work(some: pl.DataFrame) -> Committed:
        seeds = np.frombuffer(os.urandom(SEED_BYTES * some.height), dtype=np.uint8)
        hidden = [normal(name, some[name]) for name in HIDDEN]
        first = int(some["award_index"][0])
        made, openings = commit_columns(
            bound, first, seeds.reshape(-1, SEED_BYTES), some["categories"], hidden
        )
        entries = np.zeros(some.height, AWARDS)
        entries["type"] = EntryType.AWARD
        entries["class"] = some["class"].to_numpy()
        entries["amount"] = some["amount_minor"].to_numpy()
        entries["commitment"] = made.view("V32").ravel()
        return Committed(first_award=first, entries=entries, openings=openings)

    return (made for _, made in worked_ahead(awards.iter_slices(at_once), work, processors()))


def commit_columns(
    bound: Bound, first: int, seeds: Rows, categories: pl.Series, hidden: Sequence[pl.Series]
) -> tuple[Rows, list[bytes]]:
    """:func:`amends.roster.commitment.commit` of many awards.

    Args:
        bound: what of the case they are bound to.
        first: the index of the first award.
        seeds: a row each.
        categories: as they are told.
        hidden: the ``HIDDEN`` fields in their normal form.

    Returns:
        a row of each commitment, and what is kept of each award (``Opening.packed``).
    """
    index = pl.int_range(first, first + len(seeds), eager=True).cast(pl.String)
    shown = (index, bound.case, categories, bound.currency)
    digests = np.concatenate(
        [_field_digests(seeds, HIDDEN, hidden), _field_digests(seeds, SHOWN, shown)], axis=1
    )
    kept = np.concatenate([seeds, digests[:, : len(HIDDEN)].reshape(len(seeds), -1)], axis=1)
    width, octets = kept.shape[1], kept.tobytes()
    openings = [
        octets[at * width : (at + 1) * width] + codes.encode()
        for at, codes in enumerate(categories)
    ]
    ordered = np.sort(digests.view(_DIGEST), axis=1).view(np.uint8).reshape(len(seeds), -1)
    roots = SHA256.digests(ordered, head=person_head(digests.shape[1]))
    nonces = SHA256.keyed_by_each(seeds, NONCE_LABEL)
    return SHA256.digests(np.concatenate([nonces, roots], axis=1), head=AWARD_HEAD), openings


def _field_digests(
    seeds: Rows, fields: tuple[str, ...], values: Sequence[pl.Series | str]
) -> npt.NDArray[np.uint8]:
    """:func:`amends.roster.commitment.field_digest` of the fields of many: by award and field."""
    salts = SHA512.keyed_by_each(seeds, salts_label(fields))
    found = np.empty((len(seeds), len(fields), SHA256.digest_bytes), dtype=np.uint8)
    for at, (field, value) in enumerate(zip(fields, values, strict=True)):
        column = pl.repeat(value, len(seeds), eager=True) if isinstance(value, str) else value
        texts = texts_of(column)
        name, sizes = told_name(field), np.diff(texts.bounds)
        if sizes.max(initial=0) > _MOST_BYTES:
            raise OverflowError("a field has 65,535 bytes at most")
        rows = np.empty((len(seeds), SALT_BYTES + len(name) + 2), dtype=np.uint8)
        rows[:, :SALT_BYTES] = salts[:, at * SALT_BYTES : (at + 1) * SALT_BYTES]
        rows[:, SALT_BYTES:-2] = np.frombuffer(name, dtype=np.uint8)
        rows[:, -2:] = sizes.astype(">u2").view(np.uint8).reshape(-1, 2)
        found[:, at] = SHA256.digests(rows, texts, head=FIELD_HEAD)
    return found


def normal(field: str, values: pl.Series) -> pl.Series:
    """:func:`amends.roster.commitment.normal_value` of a column; a missing value is empty."""
    told = values.fill_null("")
    odd = ~told.str.contains(_AS_IT_IS[field]) & (told != "")
    mended = [normal_value(field, value) for value in told.filter(odd)]
    return told.scatter(odd.arg_true(), pl.Series(mended, dtype=pl.String))
