"""Chinese headers spelled in pinyin, read as their characters: ``ruzhushijian`` 入住时间. Pure.

Only where a header is made of known parts alone; ``headers/spelled.txt`` lists them.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from amends.evidence.categories.words import is_known, read_table

_LEAST: Final = 7
"""Shorter ones may be English words, and the usual ones are listed in ``pinyin.txt``."""
_ENOUGH: Final = 2
_MOST: Final = 40
_LETTERS: Final = re.compile("[a-z]+(?:_[a-z]+)*")


@cache
def in_characters(word: str) -> str | None:
    """The characters that a header spells, if it is made of known parts."""
    letters = word.replace("_", "")
    if not _LEAST <= len(letters) <= _MOST or _LETTERS.fullmatch(word) is None:
        return None
    whole, ends = _parts()
    best: dict[int, tuple[int, str]] = {0: (0, "")}
    for at in range(len(letters)):
        if at not in best:
            continue
        count, said = best[at]
        for stop in range(at + 1, len(letters) + 1):
            part = letters[at:stop]
            spelled = whole.get(part) or (ends.get(part) if at and stop == len(letters) else None)
            if spelled and (stop not in best or best[stop][0] > count + 1):
                best[stop] = (count + 1, said + spelled)
    return best[len(letters)][1] if len(letters) in best else None


@cache
def _parts() -> tuple[dict[str, str], dict[str, str]]:
    """Spelling → characters: of parts that may stand anywhere, and of ends."""
    tables = read_table("spelled")
    pairs = (
        {spelling: said for spelling, _, said in (pair.partition("=") for pair in tables[line])}
        for line in ("parts", "ends")
    )
    whole, ends = pairs
    return whole, ends


def spelled_as_others(words: Sequence[str], headers: Sequence[str]) -> list[str]:
    """Words of headers, short ones in characters too where enough of a table are in pinyin."""
    read = sum(in_characters(word) is not None for word in headers)
    whole, _ = _parts()
    if read < _ENOUGH:
        return list(words)
    return [word if is_known(word) else whole.get(word.replace("_", ""), word) for word in words]
