"""What is compared of two records, in which levels; recorded with each run.

``agrees_if_same`` are the starting weights of the model (how often a field of one person looks like
that in two places); they are the prior of the training, which moves them by what the case's own
data show. What random pairs look like is always measured, never assumed.
"""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One degree of agreement, by a condition on the left (``x_l``) and right (``x_r``) record."""

    label: str
    condition: str
    agrees_if_same: float
    frequency_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field (or a group of dependent fields) compared in levels, best first; else is implied."""

    name: str
    columns: tuple[str, ...]
    missing: str
    levels: tuple[Level, ...]
    else_if_same: float
    needs: tuple[str, ...] = field(default=())


def _missing(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


NAME = Comparison(
    name="name",
    columns=("name", "first", "last"),
    missing=_missing("name"),
    levels=(
        Level(
            label="same",
            condition="name_l = name_r",
            agrees_if_same=0.55,
            frequency_of="name",
        ),
        Level(
            label="one slip or other order",
            condition="name_sorted_l = name_sorted_r"
            " OR jaro_winkler_similarity(name_l, name_r) >= 0.95"
            " OR (least(length(name_l), length(name_r)) >= 3"
            " AND damerau_levenshtein(name_l, name_r) <= 1)",
            agrees_if_same=0.12,
        ),
        Level(
            label="same surname, like given name",
            condition="last_l = last_r AND parts_l > 1 AND parts_r > 1"
            " AND (initial_l = initial_r OR root_l = root_r"
            " OR jaro_winkler_similarity(first_l, first_r) >= 0.8"
            " OR list_has_all(tokens_l, tokens_r) OR list_has_all(tokens_r, tokens_l))",
            agrees_if_same=0.08,
            frequency_of="last",
        ),
        Level(
            label="both parts alike",
            condition="jaro_winkler_similarity(name_l, name_r) >= 0.88"
            " OR (jaro_winkler_similarity(last_l, last_r) >= 0.88"
            " AND (root_l = root_r OR jaro_winkler_similarity(first_l, first_r) >= 0.88))",
            agrees_if_same=0.05,
        ),
        Level(
            label="same surname",
            condition="last_l = last_r",
            agrees_if_same=0.06,
            frequency_of="last",
        ),
        Level(
            label="same given name",
            condition="root_l = root_r",
            agrees_if_same=0.04,
            frequency_of="root",
        ),
        Level(
            label="a part in common",
            condition="list_has_any(tokens_l, tokens_r)",
            agrees_if_same=0.05,
        ),
    ),
    else_if_same=0.05,
)

BIRTH = Comparison(
    name="birth",
    columns=("birth",),
    missing=_missing("birth"),
    levels=(
        Level(
            label="same day",
            condition="birth_l = birth_r AND right(birth_l, 4) <> '0101'",
            agrees_if_same=0.55,
        ),
        Level(
            label="same year, day unknown in both",
            condition="birth_l = birth_r",
            agrees_if_same=0.15,
        ),
        Level(
            label="one digit off",
            condition="damerau_levenshtein(birth_l, birth_r) <= 1",
            agrees_if_same=0.12,
        ),
        Level(
            label="same year",
            condition="left(birth_l, 4) = left(birth_r, 4)",
            agrees_if_same=0.06,
        ),
        Level(
            label="two digits off",
            condition="damerau_levenshtein(birth_l, birth_r) <= 2",
            agrees_if_same=0.04,
        ),
    ),
    else_if_same=0.08,
)

PLACE = Comparison(
    name="place",
    columns=("postcode", "birth_place"),
    missing="(postcode_l IS NULL OR postcode_r IS NULL)"
    " AND (birth_place_l IS NULL OR birth_place_r IS NULL)",
    levels=(
        Level(
            label="same postcode",
            condition="postcode_l = postcode_r",
            agrees_if_same=0.5,
            frequency_of="postcode",
        ),
        Level(
            label="postcode one sign off",
            condition="damerau_levenshtein(postcode_l, postcode_r) <= 1",
            agrees_if_same=0.1,
        ),
        Level(
            label="same place and district",
            condition="birth_place_l = birth_place_r AND district_l = district_r",
            agrees_if_same=0.1,
            frequency_of="birth_place",
        ),
        Level(
            label="same place",
            condition="birth_place_l = birth_place_r",
            agrees_if_same=0.15,
            frequency_of="birth_place",
        ),
        Level(label="same district", condition="district_l = district_r", agrees_if_same=0.06),
        Level(
            label="like place",
            condition="jaro_winkler_similarity(birth_place_l, birth_place_r) >= 0.9",
            agrees_if_same=0.03,
        ),
        Level(label="same area", condition="area_l = area_r", agrees_if_same=0.03),
    ),
    else_if_same=0.08,
)

OCCUPATION = Comparison(
    name="occupation",
    columns=("occupation",),
    missing=_missing("occupation"),
    levels=(
        Level(
            label="same",
            condition="occupation_l = occupation_r",
            agrees_if_same=0.8,
            frequency_of="occupation",
        ),
    ),
    else_if_same=0.2,
)

GENDER = Comparison(
    name="gender",
    columns=("gender",),
    missing=_missing("gender"),
    levels=(Level(label="same", condition="gender_l = gender_r", agrees_if_same=0.96),),
    else_if_same=0.04,
)

PHONE = Comparison(
    name="phone",
    columns=("phone_text",),
    missing=_missing("phone_text"),
    levels=(
        Level(
            label="same",
            condition="phone_text_l = phone_text_r",
            agrees_if_same=0.6,
            frequency_of="phone_text",
        ),
        Level(
            label="one digit off",
            condition="damerau_levenshtein(phone_text_l, phone_text_r) <= 1",
            agrees_if_same=0.2,
        ),
    ),
    else_if_same=0.2,
)

EMAIL = Comparison(
    name="email",
    columns=("email",),
    missing=_missing("email"),
    levels=(
        Level(
            label="same", condition="email_l = email_r", agrees_if_same=0.5, frequency_of="email"
        ),
        Level(
            label="two signs off",
            condition="damerau_levenshtein(email_l, email_r) <= 2",
            agrees_if_same=0.2,
        ),
    ),
    else_if_same=0.3,
)

IDNO = Comparison(
    name="idno",
    columns=("idno_text",),
    missing=_missing("idno_text"),
    levels=(
        Level(
            label="same",
            condition="idno_text_l = idno_text_r",
            agrees_if_same=0.7,
            frequency_of="idno_text",
        ),
        Level(
            label="two signs off",
            condition="damerau_levenshtein(idno_text_l, idno_text_r) <= 2",
            agrees_if_same=0.27,
        ),
    ),
    else_if_same=0.03,
)

ADDRESS = Comparison(
    name="address",
    columns=("address",),
    missing=_missing("address"),
    levels=(
        Level(label="same", condition="address_l = address_r", agrees_if_same=0.6),
        Level(
            label="alike",
            condition="jaro_winkler_similarity(address_l, address_r) >= 0.93",
            agrees_if_same=0.2,
        ),
    ),
    else_if_same=0.2,
)

USERNAME = Comparison(
    name="username",
    columns=("username",),
    missing=_missing("username"),
    levels=(
        Level(
            label="same",
            condition="username_l = username_r",
            agrees_if_same=0.5,
            frequency_of="username",
        ),
    ),
    else_if_same=0.5,
)

DEVICE = Comparison(
    name="device",
    columns=("device",),
    missing=_missing("device"),
    levels=(
        Level(
            label="same", condition="device_l = device_r", agrees_if_same=0.3, frequency_of="device"
        ),
    ),
    else_if_same=0.7,
)

COMPARISONS: Final = (
    USERNAME,
    DEVICE,
    NAME,
    BIRTH,
    PLACE,
    OCCUPATION,
    GENDER,
    PHONE,
    EMAIL,
    IDNO,
    ADDRESS,
)
