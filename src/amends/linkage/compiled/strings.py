"""Texts as code points in one flat array, and how alike two of them are.

Text *i* is ``codepoints[offsets[i]:offsets[i + 1]]``. All comparisons are of code points, not of
the bytes that they are written in: of two Han names of three characters with one different, two
thirds agree. (In UTF-8 most of the bytes would, because Han characters share their first ones.)
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.compiling import borrowing, compiled
from amends.linkage.compiled.winkler import BOOST_FROM, boosted, jaro, similarity

Octets = npt.NDArray[np.uint8]
CodePoints = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]
Threes = npt.NDArray[np.uint64]

LONGEST: Final = 256
"""Code points that are looked at by a likeness: what is longer is no name."""

_SPACE: Final = 32
_SIGN_BITS: Final = np.uint64(21)
_SIGN: Final = np.uint64((1 << 21) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts without gaps: ``offsets`` has one more entry than there are texts."""

    codepoints: CodePoints
    offsets: Offsets

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.offsets) - 1


class Spelled(NamedTuple):
    """Names, and beside them the same names with sorted parts (:func:`sorted_tokens`).

    ``threes``: a name of three signs without a space as one number, 21 bits a sign, else 0. Most
    Han names are such, and then nothing else has to be looked up.
    """

    codepoints: CodePoints
    by_parts: CodePoints
    offsets: Offsets
    threes: Threes


def spelled(names: Texts) -> Spelled:
    """*names*, ready to be compared."""
    codepoints, offsets = names.codepoints, names.offsets
    by_parts = sorted_tokens(codepoints, offsets)
    return Spelled(codepoints, by_parts, offsets, threes(codepoints, offsets))


def octets_of_all(texts: pl.Series) -> tuple[Octets, Offsets]:
    """The UTF-8 of *texts* one after the other, where each begins, and the end; null is empty."""
    whole = texts.cast(pl.String).fill_null("").rechunk()
    array = whole.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, octets = array.buffers()
    bounds = np.zeros(len(array) + 1, dtype=np.int64)
    if ends is not None and ends.size:
        bounds[:] = np.frombuffer(ends, dtype=np.int64)[array.offset :][: len(bounds)]
    data = np.frombuffer(octets or b"", dtype=np.uint8)
    return data[bounds[0] : bounds[-1]], bounds - bounds[0]


def flat(texts: pl.Series) -> Texts:
    """The code points of *texts* (String; null is an empty text)."""
    codepoints, offsets = decoded(*octets_of_all(texts))
    return Texts(codepoints=codepoints, offsets=offsets)


@compiled
def decoded(octets: Octets, bounds: Offsets) -> tuple[CodePoints, Offsets]:
    """UTF-8 texts, ``octets[bounds[i]:bounds[i + 1]]`` each, as code points and offsets."""
    offsets = np.zeros(len(bounds), dtype=np.int64)
    for i in range(len(bounds) - 1):
        signs = 0
        for at in range(bounds[i], bounds[i + 1]):
            signs += (octets[at] & 0xC0) != 0x80
        offsets[i + 1] = offsets[i] + signs
    codepoints = np.empty(offsets[-1], dtype=np.uint32)
    written(octets, np.uint64(bounds[0]), np.uint64(bounds[-1]), codepoints, 0)
    return codepoints, offsets


@borrowing
def written(
    octets: Octets, start: np.uint64, end: np.uint64, codepoints: CodePoints, to: int
) -> int:
    """Write the code points of ``octets[start:end]`` from *to* on; where they end."""
    for at in range(start, end):
        octet = octets[at]
        if octet & 0xC0 == 0x80:
            codepoints[to - 1] = codepoints[to - 1] << 6 | octet & 0x3F
            continue
        if octet < 0x80:
            codepoints[to] = octet
        elif octet < 0xE0:
            codepoints[to] = octet & 0x1F
        elif octet < 0xF0:
            codepoints[to] = octet & 0x0F
        else:
            codepoints[to] = octet & 0x07
        to += 1
    return to


@borrowing
def order(codepoints: CodePoints, offsets: Offsets, i: int, j: int) -> int:
    """-1, 0 or 1: text *i* stands before, is, or stands after text *j*, by code points."""
    one, other = offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j]
    for at in range(min(one, other)):
        a, b = codepoints[offsets[i] + at], codepoints[offsets[j] + at]
        if a != b:
            return -1 if a < b else 1
    if one == other:
        return 0
    return -1 if one < other else 1


@borrowing
def contains(codepoints: CodePoints, offsets: Offsets, i: int, j: int) -> bool:
    """Whether text *j* lies somewhere within text *i*; an empty one always does."""
    size = offsets[j + 1] - offsets[j]
    for start in range(offsets[i], offsets[i + 1] - size + 1):
        at = 0
        while at < size and codepoints[start + at] == codepoints[offsets[j] + at]:
            at += 1
        if at == size:
            return True
    return False


@borrowing
def jaro_winkler(codepoints: CodePoints, offsets: Offsets, i: int, j: int) -> float:
    """Jaro-Winkler similarity of texts *i* and *j*, from 0 to 1; 0 where one is empty.

    Winkler 1990: four signs of prefix, weight 0.1, from a Jaro similarity of 0.7. On texts of one
    byte a sign it equals DuckDB's ``jaro_winkler_similarity``.
    """
    a, b = offsets[i], offsets[j]
    a_end, b_end = min(offsets[i + 1], a + LONGEST), min(offsets[j + 1], b + LONGEST)
    return similarity(codepoints, a, a_end, b, b_end)


@borrowing
def _spaced(codepoints: CodePoints, offsets: Offsets, i: int) -> bool:
    """Whether text *i* has parts."""
    for at in range(offsets[i], offsets[i + 1]):
        if codepoints[at] == _SPACE:
            return True
    return False


@compiled
def sorted_tokens(codepoints: CodePoints, offsets: Offsets) -> CodePoints:
    """The same texts, at the same offsets, each with its parts (between spaces) in order."""
    result = codepoints.copy()
    for i in range(len(offsets) - 1):
        parts = 1
        for at in range(offsets[i], offsets[i + 1]):
            parts += codepoints[at] == _SPACE
        if parts == 1:
            continue
        bounds = np.zeros(parts + 1, dtype=np.int64)
        bounds[0], found = offsets[i], 0
        for at in range(offsets[i], offsets[i + 1]):
            if codepoints[at] == _SPACE:
                found += 1
                bounds[found] = at + 1
        bounds[parts] = offsets[i + 1] + 1
        _write_sorted(codepoints, bounds, result)
    return result


@compiled
def _write_sorted(codepoints: CodePoints, bounds: Offsets, result: CodePoints) -> None:
    """Part *k* is ``codepoints[bounds[k]:bounds[k + 1] - 1]``; write them in order, with spaces."""
    parts = len(bounds) - 1
    sequence = np.arange(parts)
    for k in range(1, parts):
        at = k
        while at > 0 and _before(codepoints, bounds, sequence[at], sequence[at - 1]):
            sequence[at], sequence[at - 1] = sequence[at - 1], sequence[at]
            at -= 1
    to = bounds[0]
    for k in range(parts):
        part = sequence[k]
        for at in range(bounds[part], bounds[part + 1] - 1):
            result[to] = codepoints[at]
            to += 1
        if k < parts - 1:
            result[to] = _SPACE
            to += 1


@borrowing
def _before(codepoints: CodePoints, bounds: Offsets, i: int, j: int) -> bool:
    one, other = bounds[i + 1] - 1 - bounds[i], bounds[j + 1] - 1 - bounds[j]
    for at in range(min(one, other)):
        a, b = codepoints[bounds[i] + at], codepoints[bounds[j] + at]
        if a != b:
            return bool(a < b)
    return bool(one < other)


@borrowing
def likeness(
    codepoints: CodePoints, by_parts: CodePoints, offsets: Offsets, i: int, j: int
) -> float:
    """How alike names *i* and *j* are, from 0 to 1, whichever is named first.

    1 where one is contained in the other, else Jaro-Winkler of the names or of their sorted parts
    (*by_parts*: :func:`sorted_tokens`).
    """
    if order(codepoints, offsets, i, j) > 0:
        i, j = j, i
    if contains(codepoints, offsets, i, j) or contains(codepoints, offsets, j, i):
        return 1.0
    as_found = jaro_winkler(codepoints, offsets, i, j)
    if not _spaced(codepoints, offsets, i) and not _spaced(codepoints, offsets, j):
        return as_found
    return max(as_found, jaro_winkler(by_parts, offsets, i, j))


@compiled
def threes(codepoints: CodePoints, offsets: Offsets) -> Threes:
    """See :class:`Spelled`."""
    found = np.zeros(len(offsets) - 1, dtype=np.uint64)
    for i in range(len(found)):
        start = offsets[i]
        if offsets[i + 1] - start == 3 and not _spaced(codepoints, offsets, i):
            for at in range(start, start + 3):
                found[i] = found[i] << _SIGN_BITS | np.uint64(codepoints[at])
    return found


@borrowing
def alike(names: Spelled, i: int, j: int) -> float:
    """:func:`likeness` of names *i* and *j*."""
    one, other = names.threes[i], names.threes[j]
    if one == 0 or other == 0:
        return likeness(names.codepoints, names.by_parts, names.offsets, i, j)
    return _alike_threes(one ^ other)


@borrowing
def _alike_threes(differing: np.uint64) -> float:
    """The likeness of two names of three signs, which count where they stand at the same place."""
    last = differing & _SIGN == 0
    second = differing >> _SIGN_BITS & _SIGN == 0
    first = differing >> _SIGN_BITS >> _SIGN_BITS == 0
    same = jaro(first + second + last, 0, 3, 3)
    return boosted(same, first + (first and second)) if same > BOOST_FROM else same
