"""What the values of a column tell: formats, check digits, dictionaries, distribution. Pure.

A tell answers with the share of values that speak for its field, over all values at once. *Certain*
tells hold against any header; *likely* ones may be of other columns too, and count where no header
speaks (some also under a header that nobody knows). What is damaged is the rule: a tell needs most
values, never all. Most tells *need* signs that most columns do not have; where no value has them,
nobody is asked.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from amends.evidence.categories import checksums, lexicon, patterns
from amends.evidence.categories.looks import (
    MOST,
    account_numbers,
    addresses_of_network,
    among,
    amounts,
    births,
    blood_types,
    cards,
    chinese_addresses,
    chinese_names,
    devices,
    genotypes,
    hashes,
    idnos,
    illness_codes,
    latin_addresses,
    latin_names,
    matching,
    moments,
    numbers_around,
    occupations,
    orders,
    other_phones,
    parcel_numbers,
    passwords,
    phones,
    places,
    rarely,
    religions,
    serials,
    share,
    sums,
    surnames,
    user_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A field, what speaks for it, and how much to believe it when all values do."""

    rule: str
    field: str
    strength: float
    test: Callable[[pl.Series], float]
    least: float = MOST
    any_header: bool = False
    """Whether it may speak under a header that nobody knows."""
    needs: str = ""
    """A pattern of what stands in every value that speaks for the field."""


def shares(values: pl.Series, tells: Sequence[Tell]) -> Iterator[tuple[Tell, float]]:
    """Each tell and the share of *values* that speak for its field."""
    text = "\n".join(filter(None, values.to_list()))
    there = {needs: re.search(needs, text) is not None for needs in {tell.needs for tell in tells}}
    for tell in tells:
        yield tell, tell.test(values) if text and there[tell.needs] else 0.0


_HAN: Final = r"[^\x00-\u2e7f]"
_WORD: Final = rf"[^\W\d_]{{2}}|{_HAN}"


CERTAIN: Final = (
    Tell(rule="email", field="email", strength=0.99, test=matching(lexicon.EMAIL), needs="@"),
    Tell(
        rule="check_digit", field="idno", strength=0.99, test=idnos, needs=r"(?:\d[ \-()（）]*){6}"
    ),
    Tell(
        rule="mobile", field="phone", strength=0.97, test=phones, needs=r"(?:\d[\s\-()（）.]*){8}"
    ),
    Tell(
        rule="luhn",
        field="bankcard",
        strength=0.97,
        test=cards,
        needs=r"(?:\d[ \-]*){13}|[A-Z]{2}\d\d",
    ),
    Tell(rule="network", field="ip", strength=0.99, test=addresses_of_network, needs=r"\d\.\d|:"),
    Tell(
        rule="device_form",
        field="device",
        strength=0.9,
        test=devices,
        needs=r"[0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|\d{15}",
    ),
    Tell(
        rule="plate",
        field="plate",
        strength=0.97,
        test=matching(patterns.TOKENS["plate"]),
        needs=_HAN,
    ),
    Tell(
        rule="token",
        field="token",
        strength=0.95,
        test=matching(lexicon.SESSION),
        needs="eyJ|ghp|sk|pk|xox",
    ),
    Tell(
        rule="point", field="location", strength=0.9, test=matching(lexicon.POINT), needs=r"\d\.\d"
    ),
)
"""Formats that hardly anything else has."""

LIKELY: Final = (
    Tell(
        rule="gender", field="gender", strength=0.95, test=among(lexicon.GENDERS), any_header=True
    ),
    Tell(
        rule="device_form",
        field="device",
        strength=0.9,
        test=matching(lexicon.UUID),
        needs="-[0-9A-Fa-f]{4}-",
    ),
    Tell(rule="birth_years", field="birth", strength=0.85, test=births, needs=r"\d{4}"),
    Tell(rule="hash", field="pwdhash", strength=0.85, test=hashes, needs=r"[0-9a-fA-F]{32}|[$*{:]"),
    Tell(rule="postcode", field="postcode", strength=0.75, test=matching(lexicon.POSTCODE)),
    Tell(
        rule="address",
        field="address",
        strength=0.95,
        test=chinese_addresses,
        any_header=True,
        needs=_HAN,
    ),
    Tell(
        rule="street",
        field="address",
        strength=0.9,
        test=latin_addresses,
        any_header=True,
        needs="[A-Za-z]{2}",
    ),
    Tell(
        rule="han_name",
        field="name",
        strength=0.95,
        test=chinese_names,
        any_header=True,
        needs=_HAN,
    ),
    Tell(rule="latin_name", field="name", strength=0.85, test=latin_names, needs="[ ,]"),
    Tell(rule="surname", field="surname", strength=0.8, test=surnames, least=0.8, needs=_HAN),
    Tell(
        rule="phone_form", field="phone", strength=0.85, test=other_phones, least=0.7, needs=r"\d"
    ),
    Tell(
        rule="passport",
        field="passport",
        strength=0.8,
        test=matching(lexicon.PASSPORT),
        least=0.7,
        needs=r"[A-Z]\d{7}",
    ),
    Tell(
        rule="permit",
        field="permit",
        strength=0.75,
        test=matching(lexicon.PERMIT),
        least=0.7,
        needs=r"[A-Z]\d{7}",
    ),
    Tell(
        rule="places",
        field="birth_place",
        strength=0.7,
        test=places,
        least=0.6,
    ),
    Tell(
        rule="occupation",
        field="occupation",
        strength=0.8,
        test=occupations,
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="education",
        field="education",
        strength=0.95,
        test=among(lexicon.EDUCATION),
        any_header=True,
    ),
    Tell(
        rule="marital", field="marital", strength=0.95, test=among(lexicon.MARITAL), any_header=True
    ),
    Tell(
        rule="ethnicity",
        field="ethnicity",
        strength=0.95,
        test=matching(lexicon.ETHNICITY),
        any_header=True,
        needs=_WORD,
    ),
    Tell(rule="blood", field="blood_type", strength=0.9, test=blood_types, least=0.8),
    Tell(
        rule="politic", field="politic", strength=0.95, test=among(lexicon.POLITIC), any_header=True
    ),
    Tell(
        rule="health",
        field="health",
        strength=0.9,
        test=matching(lexicon.HEALTH),
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="illness_code",
        field="health",
        strength=0.85,
        test=illness_codes,
        any_header=True,
        needs=r"[A-Z]\d\d\.",
    ),
    Tell(
        rule="religion",
        field="religion",
        strength=0.95,
        test=religions,
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="disability",
        field="disability",
        strength=0.9,
        test=rarely(lexicon.DISABILITY),
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="crime",
        field="crime",
        strength=0.9,
        test=rarely(lexicon.CRIME),
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="orientation",
        field="sex",
        strength=0.9,
        test=rarely(lexicon.ORIENTATION),
        any_header=True,
        needs=_WORD,
    ),
    Tell(
        rule="question",
        field="secqa",
        strength=0.9,
        test=rarely(lexicon.QUESTION),
        any_header=True,
        needs=_WORD,
    ),
    Tell(rule="genotype", field="gene", strength=0.85, test=genotypes, any_header=True),
    Tell(
        rule="courier",
        field="logistics",
        strength=0.9,
        test=rarely(lexicon.PARCEL),
        any_header=True,
        needs=r"\d{9}|1Z[0-9A-Z]{16}",
    ),
    Tell(
        rule="card_end",
        field="cvv",
        strength=0.8,
        test=rarely(lexicon.CARD_END),
        any_header=True,
        needs="/",
    ),
    Tell(
        rule="employer",
        field="employer",
        strength=0.9,
        test=matching(lexicon.EMPLOYER),
        needs=_WORD,
    ),
    Tell(rule="nationality", field="nationality", strength=0.75, test=among(lexicon.NATIONS)),
    Tell(
        rule="height",
        field="height",
        strength=0.65,
        test=numbers_around(120, 220, 150, 185),
        least=0.9,
        needs=r"\d",
    ),
    Tell(
        rule="weight",
        field="weight",
        strength=0.6,
        test=numbers_around(30, 160, 45, 85),
        least=0.9,
        needs=r"\d",
    ),
    Tell(rule="password", field="pwd", strength=0.7, test=passwords, least=0.9),
    Tell(rule="handle", field="username", strength=0.65, test=user_names, least=0.8),
    Tell(rule="order", field="order", strength=0.65, test=orders, least=0.8, needs=r"20[0-4]\d{5}"),
)
"""Formats that other columns may have as well."""

HINTED: Final = (
    Tell(rule="sum", field="income", strength=0.85, test=sums, least=0.8, needs=r"\d"),
    Tell(rule="sum", field="balance", strength=0.85, test=sums, least=0.8, needs=r"\d"),
    Tell(
        rule="years",
        field="age",
        strength=0.8,
        test=numbers_around(0, 120, 12, 80),
        least=0.8,
        needs=r"\d",
    ),
    Tell(
        rule="account_form",
        field="bankcard",
        strength=0.8,
        test=account_numbers,
        least=0.8,
        needs=r"(?:\d[ \-]?){8}",
    ),
    Tell(
        rule="parcel",
        field="logistics",
        strength=0.85,
        test=parcel_numbers,
        least=0.7,
        needs=r"\d{8}",
    ),
)
"""Formats of many things: they count only where a part of the header says which."""

NOBODYS: Final = (
    Tell(rule="moment", field="time", strength=0.9, test=moments, needs=r"\d{4}|:"),
    Tell(rule="amount", field="amount", strength=0.8, test=amounts, needs=r"\.\d\d"),
    Tell(
        rule="page", field="url", strength=0.95, test=matching(r"(?:https?|ftp)://\S+"), needs="://"
    ),
    Tell(rule="serial", field="serial", strength=0.8, test=serials, least=0.9, needs=r"\d"),
    Tell(
        rule="company",
        field="company_code",
        strength=0.9,
        test=lambda values: share(checksums.company_number(values)),
        needs=r"\d{6}",
    ),
)
"""What a column can be that says nothing of a person by itself."""
