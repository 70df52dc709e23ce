"""What a plain ``name`` is in a table of things or records, by the table's name. Pure.

In ``products`` it is nobody's, in ``order_items`` what was bought, in ``medications`` what somebody
takes. Only where its values are no names of people: those are somebody's in any table.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from amends.evidence.categories import lexicon
from amends.evidence.categories.claims import SAID, Claim, Sample, claims_in
from amends.evidence.categories.formats import share
from amends.evidence.categories.looks import chinese_names, latin_names, surnames
from amends.evidence.categories.placeholders import without_placeholders
from amends.evidence.categories.subjects import Rows, Subject

_PLAIN: Final = frozenset(("name", "full_name", "title", "名称", "名字", "mc", "mingcheng"))
_WHAT: Final = ("order", "logistics", "health", "crime")
"""Records of which the name of what they are of is a part."""
_ENOUGH: Final = 20
_SOME: Final = 0.1
_AGAIN: Final = 2
"""Goods and medicines stand at least so often each in a table of records."""


def names_of_things(sample: Sample, claims: Sequence[Claim], subject: Subject) -> list[Claim]:
    """The claims of a column, without that its values are a person's name where they are not."""
    before = list(claims)
    best = min(before, default=None)
    plain = sample.word in _PLAIN and subject.rows in {Rows.THINGS, Rows.RECORDS}
    if not plain or best is None or best.field != "name" or best.rule == "theme":
        return before
    values = without_placeholders(pl.Series(sample.values, dtype=pl.String))
    if best.how in SAID or len(values) < _ENOUGH or _of_people(values):
        return before
    if subject.rows is Rows.THINGS:
        return []
    if values.n_unique() * _AGAIN > len(values):
        return before
    what = next((theme for theme in _WHAT if theme in subject.named), None)
    return [] if what is None else claims_in(sample, what, before)


def _of_people(values: pl.Series) -> bool:
    """Whether some of the values are names that people bear, whole or in part."""
    if max(chinese_names(values), latin_names(values), surnames(values)) > _SOME:
        return True
    return share(values.to_list(), _is_given_name) > _SOME


def _is_given_name(value: str) -> bool:
    return not lexicon.LATIN_NAMES.isdisjoint(value.lower().split())
