"""What can be set about the made-up world: how bad its data is, and how people live."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Final

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said

PEOPLE_MAX: Final = 50_000_000
"""Beyond it there would not be enough unassigned mobile numbers for everybody."""

STRANGERS_MAX: Final = 0.5


class World(StrEnum):
    """How bad the data is: a factor on every rate of damage, none on how people live."""

    MILD = "mild"
    MIDDLE = "middle"
    HARSH = "harsh"


class SynthError(AmendsError):
    """The model case cannot be written as asked."""

    code = "synth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Shares from 0 to 1; the defaults are the middle world. docs/reference/synth.md says of what.

    They are invented, not measured in the field: good for comparing programs, not for predictions.
    """

    # How people live.
    registered_only: float = 0.07
    second_account: float = 0.015
    minors: float = 0.04
    deceased: float = 0.0085
    no_mobile: float = 0.06
    guardian_unknown: float = 0.05
    guardian_without_account: float = 0.05
    minority_name: float = 0.01
    foreign_name: float = 0.002
    rare_character: float = 0.004
    sql_dump: float = 0.0
    # What has gone wrong in the registries.
    phone_changed: float = 0.09
    email_changed: float = 0.08
    device_changed: float = 0.2
    family_phone: float = 0.138
    recycled_number: float = 0.015
    registry_missing: float = 0.04
    registry_typo: float = 0.003
    format_noise: float = 0.05
    old_idno: float = 0.05
    # What has gone wrong in the leaked files.
    strangers: float = 0.015
    duplicate_exact: float = 0.02
    duplicate_near: float = 0.02
    row_missing: float = 0.04
    name_typo: float = 0.02
    key_damage: float = 0.04
    birth_typo: float = 0.01
    swapped_columns: float = 0.001
    malformed: float = 0.0005


LIFE: Final = frozenset(
    {
        "registered_only",
        "second_account",
        "minors",
        "deceased",
        "no_mobile",
        "guardian_unknown",
        "guardian_without_account",
        "minority_name",
        "foreign_name",
        "rare_character",
        "sql_dump",
    }
)
"""Rates of how people live: the same in every world. All others are damage."""

DAMAGE_FACTOR: Final[Mapping[World, float]] = {
    World.MILD: 0.5,
    World.MIDDLE: 1.0,
    World.HARSH: 3.0,
}


def rates_of(world: World, overrides: Mapping[str, float] | None = None) -> Rates:
    """The rates of *world*, with some of them set by name.

    Raises:
        SynthError: a name that is no rate, or a value outside 0 to 1.
    """
    names = [field.name for field in fields(Rates)]
    given = dict(overrides or {})
    for name, value in given.items():
        if name not in names:
            raise SynthError(
                said(
                    "there is no rate {name!r}; the rates are: {names}",
                    name=name,
                    names=", ".join(names),
                )
            )
        if not 0.0 <= value <= 1.0:
            raise SynthError(
                said(
                    "rate {name} is {value}; a rate is a share from 0 to 1", name=name, value=value
                )
            )
        if name == "strangers" and value > STRANGERS_MAX:
            raise SynthError(
                said(
                    "rate strangers is {value}; at most {strangers_max} can be strangers",
                    value=value,
                    strangers_max=STRANGERS_MAX,
                )
            )
    factor = DAMAGE_FACTOR[world]
    scaled = {
        name: round(value * factor, 9)
        for name, value in asdict(Rates()).items()
        if name not in LIFE
    }
    return replace(Rates(), **(scaled | given))
