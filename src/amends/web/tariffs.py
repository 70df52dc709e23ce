"""Tariffs side by side, as both the console and programs may ask for them."""

from typing import Final

from amends.awards.simulating import OWN, Simulated, UnknownTariffError, simulate_tariffs
from amends.kernel.saying import said
from amends.kernel.tarifffile import preset_names
from amends.vault.opened import OpenCase

_MOST: Final = 4


def beside(opened: OpenCase, words: str) -> Simulated:
    """The case's tariff beside those that *words* name, with commas: presets, never files.

    Raises:
        UnknownTariffError: one of them is none.
    """
    wanted = [word.strip() for word in words.split(",") if word.strip()][:_MOST]
    return simulate_tariffs(opened, [OWN, *map(_known, wanted)])


def _known(word: str) -> str:
    if word.partition(":")[0] in {OWN, *preset_names()}:
        return word
    raise UnknownTariffError(
        said(
            "there is no tariff {name}: name one of {known}",
            name=word[:40],
            known=", ".join(preset_names()),
        )
    )
