"""Every number and rule that the determination is made by, in one place; recorded with each run.

Nothing here is fitted to the truth of a case. What is compared, and how, stands in
:mod:`~amends.linkage.comparisons`.
"""

from dataclasses import asdict
from typing import Final

from amends.linkage.comparisons import COMPARISONS

ENGINES: Final = {"amends": "amends' compiled kernel", "splink": "splink 5 on duckdb"}
SEED: Final = 20261121

EXACT_PROBABILITY: Final = 0.999
"""Stated for a match by an exact key that nothing contradicts; it is not estimated."""

KEY_MAX_ACCOUNTS: Final = 24
"""A mobile or address on more accounts than this (a call centre, a placeholder) joins nobody."""

USERNAME_SHOWN: Final = 20
USERNAME_CONTRADICTS: Final = 0.02
"""User names are keys only where the case shows that they are: of at least so many that two named
accounts share, at most this share may stand with two national numbers or unlike names."""

NAME_SIMILAR: Final = 0.88
"""Jaro-Winkler similarity from which two names under one mobile, address or device agree. Strict,
because families share those, and surnames: two Han names of three characters must be equal."""

NUMBER_NAME_SIMILAR: Final = 0.5
"""Likewise under one national number, whose check digit already speaks against a slip."""

BLOCK_PAIRS_MAX: Final = 80_000
"""A blocking value that makes more pairs than this (400 records) makes none."""

PAIRS_AT_ONCE: Final = 250_000
SPLINK_PAIRS_AT_ONCE: Final = 5_000_000
"""Pairs that are compared in one go, by either engine; memory grows with it."""

PAIRS_PER_RECORD: Final = 10
"""Candidate pairs that one blocking rule may make for every record that is looked for (leaked, or
without a national number); its largest blocks are left out first."""

TRAINING_PAIRS: Final = 500_000
RANDOM_PAIRS: Final = 500_000
RANDOM_RECORDS: Final = 100_000
EM_ITERATIONS: Final = 25
SETTLED: Final = 1e-9
"""A share that moves by no more than this part of itself is found."""

PRIOR_PAIRS: Final = 40.0
"""Weight of the starting values, as if that many pairs of one person had been seen."""

HALF: Final = 0.5
"""What never happened is counted as half a time (Krichevsky and Trofimov 1981)."""

LEAST_SHARED: Final = 0.01
"""Least part of a person that is expected to share a value that was seen with nobody else."""

FREQUENCY_FLOOR: Final = 1e-8
"""No value is rarer than this: among all people of a country somebody else may have it."""

FLOOR: Final = 1e-5
"""No probability of a level is below it: one odd pair must not outweigh all other evidence."""

END_SIGNS: Final = 4
"""What usual masks leave of the end of a number."""

SHOWN_SIGNS: Final = 7
"""A masked text that shows fewer is not compared: too many have it."""

DEVICE_SIGNS: Final = 14
"""A shorter device number is compared whole."""

SHORT_NAME_SIGNS: Final = 2
"""Signs of a name in which one slip may make any other."""

NEVER: Final = 1e-30
"""Share of a level that one person's records never have: a hundred bits that nothing outweighs."""

JOIN_PROBABILITY: Final = 0.5
"""Accounts are one person from this mean probability: both answers are decisions here, so the
likelier one is taken (a leaked row, which may also be left to a person, needs the threshold)."""

LEAST_BITS: Final = -6.0
"""Pairs of less than this (log2 of the odds that they are one person) are not kept."""

NOT_COMPARED_BITS: Final = -4.0
"""Weight of a pair in a cluster that no blocking rule brought together."""

TORN_PROBABILITY: Final = 0.5
"""Of a row whose key several people carry after readers have parted their accounts: a doubt."""

DOUBT: Final = 0.05
"""What is as unlikely as this is no alternative that a reader is told of."""

ALTERNATIVES: Final = 3
"""Most people whom a reader is told that a row may be of."""

CLUSTER_MAX: Final = 2_000
"""A larger set of connected records is cut at higher weights before it is clustered."""


BLOCKS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name",),
    "name_sorted": ("name_sorted",),
    "root_last": ("root", "last"),
    "postcode": ("postcode",),
    "birth_last": ("birth", "last"),
    "birth_root": ("birth", "root"),
    "birth_place": ("birth", "birth_place"),
    "birth_district": ("birth", "district"),
    "last_district": ("last", "district"),
    "root_district": ("root", "district"),
    "last_place": ("last", "birth_place"),
    "root_place": ("root", "birth_place"),
    "last4_place": ("last4", "birth_place"),
    "year_place": ("year", "birth_place"),
    "occupation_place": ("occupation", "birth_place"),
    "occupation_district": ("occupation", "district"),
    "starts": ("first3", "last4"),
    "starts_day": ("first2", "last2", "day"),
    "phone": ("phone_text",),
    "phone_head_last": ("phone_head", "last"),
    "phone_tail_last": ("phone_tail", "last"),
    "email": ("email",),
    "email_local": ("email_local",),
    "username": ("username",),
    "device": ("device",),
    "idno": ("idno_text",),
    "idno_head": ("idno_head",),
    "idno_tail": ("idno_tail",),
    "idno_ends": ("idno_ends",),
    "device_head": ("device_head",),
    "device_tail": ("device_tail",),
    "last": ("last",),
    "last4": ("last4",),
    "root": ("root",),
    "birth": ("birth",),
    "district": ("district",),
    "phone_head": ("phone_head",),
    "phone_tail": ("phone_tail",),
    "phone_ends": ("phone_ends",),
}
"""Blocking rules: two records are candidates when they agree on all columns of one of these.

A rule of one common column (a surname) still finds what shares a rare one: of every rule only the
blocks that fit its budget of pairs are used, smallest first. What begins, ends, or does both like a
number is the same whichever of its signs is wrong, lost or masked: one of the three always holds.
"""

WITNESSES: Final = (
    "last",
    "root",
    "start",
    "birth",
    "year",
    "day",
    "address",
    "postcode",
    "district",
    "birth_place",
    "occupation",
    "phone_head",
    "phone_tail",
    "phone_ends",
    "email_start",
    "email_end",
    "idno_start",
    "idno_end",
    "username",
    "device_start",
    "device_end",
)
"""Columns of which one must agree, too, in records that only a loose rule brings together."""

LOOSE: Final[dict[str, tuple[str, ...]]] = {
    "last": ("last", "start"),
    "last4": ("last", "start"),
    "root": ("root",),
    "birth": ("birth", "year", "day"),
    "district": ("district", "postcode"),
    "phone_head": ("phone_head",),
    "phone_tail": ("phone_tail",),
    "phone_ends": ("phone_ends",),
}
"""Rules of one column that many share, and witnesses who say no more than it does.

They come last among the rules, so that no stricter one leaves a pair to them.
"""


_NUMBERS: Final = (
    "SEED",
    "EXACT_PROBABILITY",
    "KEY_MAX_ACCOUNTS",
    "USERNAME_SHOWN",
    "USERNAME_CONTRADICTS",
    "NAME_SIMILAR",
    "NUMBER_NAME_SIMILAR",
    "BLOCK_PAIRS_MAX",
    "PAIRS_PER_RECORD",
    "TRAINING_PAIRS",
    "RANDOM_RECORDS",
    "PAIRS_AT_ONCE",
    "RANDOM_PAIRS",
    "EM_ITERATIONS",
    "SETTLED",
    "PRIOR_PAIRS",
    "HALF",
    "LEAST_SHARED",
    "FREQUENCY_FLOOR",
    "FLOOR",
    "END_SIGNS",
    "SHOWN_SIGNS",
    "DEVICE_SIGNS",
    "SHORT_NAME_SIGNS",
    "NEVER",
    "JOIN_PROBABILITY",
    "LEAST_BITS",
    "NOT_COMPARED_BITS",
    "TORN_PROBABILITY",
    "DOUBT",
    "ALTERNATIVES",
    "CLUSTER_MAX",
)


def recorded(engine: str) -> dict[str, object]:
    """All of the above as plain values, for the record of a run by *engine*."""
    module = globals()
    numbers = {name: module[name] for name in sorted(_NUMBERS)}
    return {
        "engine": ENGINES[engine],
        **numbers,
        "comparisons": [asdict(comparison) for comparison in COMPARISONS],
        "blocks": BLOCKS,
        "witnesses": WITNESSES,
        "loose": LOOSE,
    }
