"""What a column really is whose header says something near: a ``password`` of digests. Pure.

Some headers are used for two things. Which one it is, the values tell; they are asked for those
fields alone, so that a header keeps its word everywhere else.
"""

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from amends.evidence import lexicon
from amends.evidence.tells import MOST, chinese_names, hashes, latin_names, matching

_CHOSEN: Final = re.compile("nick|alias|handle|login|qq|we_?chat|weixin|wx|昵称|网名|登[录陆]|微信")
"""Names that people choose for themselves stay what their header says."""


def _names(values: pl.Series) -> float:
    return max(chinese_names(values), latin_names(values))


_TRUER: Final[dict[str, tuple[Callable[[pl.Series], float], str]]] = {
    "pwd": (hashes, "pwdhash"),
    "username": (_names, "name"),
    "nationality": (matching(lexicon.ETHNICITY), "ethnicity"),
    "contacts": (_names, "contact_person"),
}
"""Field of a header → what tells that its values are another, and which."""


def truer(field: str, word: str, values: pl.Series) -> str:
    """The field that a header of *field* stands over, judged by its values."""
    if field not in _TRUER or (field == "username" and _CHOSEN.search(word)):
        return field
    test, instead = _TRUER[field]
    return instead if test(values) >= MOST else field
