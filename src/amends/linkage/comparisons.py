"""What is compared of two records, in which levels; recorded with each run.

Everything here is data: a level is any of some sets of conditions, a condition is a relation of two
values of one column that does not depend on which is left. The engines make of it what they run on:
SQL, or a program for the compiled kernel (see :mod:`~amends.linkage.weighing.probabilistic`).

``agrees_if_same`` are the starting weights of the model (how often a field of one person looks like
that in two places); they are the prior of the training, which moves them by what the case's own
data show. What random pairs look like is always measured, never assumed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Relation(StrEnum):
    """What a condition asks of two values; where one is missing the answer is no."""

    SAME = "same"
    SLIPS = "slips"
    """Damerau-Levenshtein distance of at most ``limit`` (1 or 2)."""
    LIKE = "like"
    """Jaro-Winkler similarity of at least ``limit``."""
    CONTAINED = "contained"
    """All parts of one, between spaces, are among the parts of the other."""
    SHARING = "sharing"
    """A part in common."""
    TWO_OF_THREE = "two of three"
    """Two of three Han signs are the same, each in its place; all values have three."""
    FITS = "fits"
    """Each may be what the other was before signs were masked: ``*`` is any run of signs."""
    BEGINS = "begins"
    """The shorter, of at least ``limit`` octets, is the beginning of the longer."""
    BOTH = "both"
    """Both have a value, whatever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A relation of two values of a column (see :func:`blocking.derive`)."""

    relation: Relation
    column: str
    limit: float = 0.0


Alternatives = tuple[tuple[Condition, ...], ...]
"""Any of these, each of which is all of its conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One degree of agreement; with ``frequency_of`` a rare value of that column weighs more.

    ``never``: two records of one person do not look like that, whatever the case's data seem to
    say; so it is not learnt, and no other agreement outweighs it.
    """

    label: str
    when: Alternatives
    agrees_if_same: float
    frequency_of: str | None = None
    never: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field (or a group of dependent fields) compared in levels, best first; else is implied.

    ``known``: where both records have one of these columns the comparison is made, else missing.
    """

    name: str
    known: tuple[str, ...]
    levels: tuple[Level, ...]
    else_if_same: float


def same(*columns: str) -> tuple[Condition, ...]:
    """All of *columns* are equal."""
    return tuple(Condition(relation=Relation.SAME, column=column) for column in columns)


def slips(column: str, most: int) -> tuple[Condition, ...]:
    """At most *most* signs wrong, missing, too many, or in each other's place."""
    return (Condition(relation=Relation.SLIPS, column=column, limit=most),)


def like(column: str, least: float) -> tuple[Condition, ...]:
    """Of a Jaro-Winkler similarity of *least* or more."""
    return (Condition(relation=Relation.LIKE, column=column, limit=least),)


def contained(column: str) -> tuple[Condition, ...]:
    """The parts of one are all among the parts of the other."""
    return (Condition(relation=Relation.CONTAINED, column=column),)


def sharing(column: str) -> tuple[Condition, ...]:
    """A part in common."""
    return (Condition(relation=Relation.SHARING, column=column),)


def two_of_three(column: str) -> tuple[Condition, ...]:
    """Of three Han signs each, of which one may be another."""
    return (Condition(relation=Relation.TWO_OF_THREE, column=column),)


def fits(column: str) -> tuple[Condition, ...]:
    """What one shows and the other masks is all that they differ in."""
    return (Condition(relation=Relation.FITS, column=column),)


def begins(column: str, least: int) -> tuple[Condition, ...]:
    """One is the beginning, of *least* signs or more, of the other."""
    return (Condition(relation=Relation.BEGINS, column=column, limit=least),)


def both(column: str) -> tuple[Condition, ...]:
    """Both have a value."""
    return (Condition(relation=Relation.BOTH, column=column),)


NAME = Comparison(
    name="name",
    known=("name_form",),
    levels=(
        Level(
            label="same",
            when=(same("name"),),
            agrees_if_same=0.55,
            frequency_of="name",
        ),
        Level(
            label="one slip or other order",
            when=(same("name_sorted"), like("letters", 0.95), slips("letters_long", 1)),
            agrees_if_same=0.12,
        ),
        Level(
            label="same surname, like given name",
            when=(
                same("last_of_parts", "initial"),
                same("last_of_parts", "root"),
                same("last_of_parts") + like("letters_first", 0.8),
                same("last_of_parts") + contained("name"),
            ),
            agrees_if_same=0.08,
            frequency_of="last",
        ),
        Level(
            label="both parts alike",
            when=(
                like("letters", 0.88),
                same("root") + like("letters_last", 0.88),
                like("letters_last", 0.88) + like("letters_first", 0.88),
                two_of_three("han_three"),
            ),
            agrees_if_same=0.05,
        ),
        Level(
            label="same surname",
            when=(same("last"),),
            agrees_if_same=0.06,
            frequency_of="last",
        ),
        Level(
            label="same given name",
            when=(same("root"),),
            agrees_if_same=0.04,
            frequency_of="root",
        ),
        Level(
            label="a part in common",
            when=(sharing("name"),),
            agrees_if_same=0.05,
        ),
        Level(label="fits the mask", when=(fits("name_form"),), agrees_if_same=0.02),
    ),
    else_if_same=0.05,
)

BIRTH = Comparison(
    name="birth",
    known=("birth",),
    levels=(
        Level(
            label="same day",
            when=(same("birth_day"),),
            agrees_if_same=0.55,
        ),
        Level(
            label="same year, day unknown in both",
            when=(same("birth"),),
            agrees_if_same=0.15,
        ),
        Level(
            label="one digit off",
            when=(slips("birth", 1),),
            agrees_if_same=0.12,
        ),
        Level(
            label="same year",
            when=(same("year"),),
            agrees_if_same=0.06,
        ),
        Level(
            label="two digits off",
            when=(slips("birth", 2),),
            agrees_if_same=0.04,
        ),
    ),
    else_if_same=0.08,
)

PLACE = Comparison(
    name="place",
    known=("postcode", "birth_place"),
    levels=(
        Level(
            label="same postcode",
            when=(same("postcode"),),
            agrees_if_same=0.5,
            frequency_of="postcode",
        ),
        Level(
            label="postcode one sign off",
            when=(slips("postcode", 1),),
            agrees_if_same=0.1,
        ),
        Level(
            label="same place and district",
            when=(same("birth_place", "district"),),
            agrees_if_same=0.1,
            frequency_of="birth_place",
        ),
        Level(
            label="same place",
            when=(same("birth_place"),),
            agrees_if_same=0.15,
            frequency_of="birth_place",
        ),
        Level(label="same district", when=(same("district"),), agrees_if_same=0.06),
        Level(
            label="like place",
            when=(like("birth_place", 0.9),),
            agrees_if_same=0.03,
        ),
        Level(label="same area", when=(same("area"),), agrees_if_same=0.03),
    ),
    else_if_same=0.08,
)

OCCUPATION = Comparison(
    name="occupation",
    known=("occupation",),
    levels=(
        Level(
            label="same",
            when=(same("occupation"),),
            agrees_if_same=0.8,
            frequency_of="occupation",
        ),
    ),
    else_if_same=0.2,
)

GENDER = Comparison(
    name="gender",
    known=("gender",),
    levels=(Level(label="same", when=(same("gender"),), agrees_if_same=0.96),),
    else_if_same=0.04,
)

PHONE = Comparison(
    name="phone",
    known=("phone_form",),
    levels=(
        Level(
            label="same",
            when=(same("phone_text"),),
            agrees_if_same=0.6,
            frequency_of="phone_text",
        ),
        Level(
            label="one digit off",
            when=(slips("phone_form", 1),),
            agrees_if_same=0.2,
        ),
        Level(
            label="masked or cut",
            when=(fits("phone_form"), begins("phone_form", 7)),
            agrees_if_same=0.05,
        ),
    ),
    else_if_same=0.2,
)
"""Seven digits are what a mobile that is masked as usual shows, and what tells its exchange."""

EMAIL = Comparison(
    name="email",
    known=("email_form",),
    levels=(
        Level(label="same", when=(same("email"),), agrees_if_same=0.5, frequency_of="email"),
        Level(
            label="two signs off",
            when=(slips("email", 2),),
            agrees_if_same=0.2,
        ),
        Level(label="fits the mask", when=(fits("email_form"),), agrees_if_same=0.03),
    ),
    else_if_same=0.3,
)

IDNO = Comparison(
    name="idno",
    known=("idno_form",),
    levels=(
        Level(
            label="same",
            when=(same("idno_text"),),
            agrees_if_same=0.7,
            frequency_of="idno_text",
        ),
        Level(
            label="two signs off",
            when=(slips("idno_text", 2),),
            agrees_if_same=0.27,
        ),
        Level(
            label="masked or cut",
            when=(fits("idno_form"), begins("idno_form", 12)),
            agrees_if_same=0.05,
        ),
        Level(
            label="two right numbers",
            when=(both("idno_right"),),
            agrees_if_same=0.0,
            never=True,
        ),
    ),
    else_if_same=0.03,
)
"""The check digit of a right number answers every slip of one sign, so two right numbers that are
more than a sign and its check digit apart are no slip: they are two persons'. Twelve signs are
where a number was first given, and the month of birth."""

ADDRESS = Comparison(
    name="address",
    known=("address",),
    levels=(
        Level(label="same", when=(same("address"),), agrees_if_same=0.6),
        Level(
            label="alike",
            when=(like("address", 0.93),),
            agrees_if_same=0.2,
        ),
    ),
    else_if_same=0.2,
)

USERNAME = Comparison(
    name="username",
    known=("username",),
    levels=(
        Level(
            label="same",
            when=(same("username"),),
            agrees_if_same=0.5,
            frequency_of="username",
        ),
    ),
    else_if_same=0.5,
)

DEVICE = Comparison(
    name="device",
    known=("device",),
    levels=(
        Level(label="same", when=(same("device"),), agrees_if_same=0.3, frequency_of="device"),
        Level(
            label="one sign off, or cut",
            when=(slips("device", 1), begins("device", 11)),
            agrees_if_same=0.03,
        ),
    ),
    else_if_same=0.7,
)
"""The first eight digits of an IMEI are its model's (3GPP TS 23.003): only more than them tell."""

COMPARISONS: Final = (
    IDNO,
    NAME,
    PHONE,
    USERNAME,
    EMAIL,
    BIRTH,
    DEVICE,
    OCCUPATION,
    PLACE,
    ADDRESS,
    GENDER,
)
"""Those that say much for little work first: a pair that cannot be likely any more is left."""
