"""Jaro-Winkler likeness (Winkler 1990) of two runs of signs in one flat array.

The signs may be octets or code points: each kind of array has a kernel of its own.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba.core import typing as numba_typing
from numba.extending import intrinsic

from amends.kernel.compiling import borrowing, compiled

Signs = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
"""Texts as octets of UTF-8, or as code points."""

PREFIX_MAX: Final = 4
PREFIX_WEIGHT: Final = 0.1
_WORD: Final = 64
BOOST_FROM: Final = 0.7


@intrinsic
def _fused(_context: object, one: object, other: object, more: object) -> object:
    """*one* times *other* and *more*, rounded once, as DuckDB's compiler makes it."""

    def generate(_target: object, builder: Any, _signature: object, arguments: Any) -> object:  # noqa: ANN401 -- LLVM's
        return builder.fma(*arguments)

    return numba_typing.signature(one, one, other, more), generate  # type: ignore[no-untyped-call, attr-defined]


@borrowing
def similarity(signs: Signs, a: int, a_end: int, b: int, b_end: int) -> float:
    """Jaro-Winkler similarity (Winkler 1990), from 0 to 1; 0 where a text is empty."""
    one, other = a_end - a, b_end - b
    if one == 0 or other == 0:
        return 0.0
    window = max(max(one, other) // 2 - 1, 0)
    if one <= _WORD and other <= _WORD:
        common, swapped = _short(signs, a, one, b, other, window)
    else:
        common, swapped = _long(signs, a, one, b, other, window)
    likeness = jaro(common, swapped, one, other)
    if likeness <= BOOST_FROM:
        return likeness
    prefix = 0
    while prefix < min(PREFIX_MAX, one, other) and signs[a + prefix] == signs[b + prefix]:
        prefix += 1
    return boosted(likeness, prefix)


@borrowing
def jaro(common: int, swapped: int, one: int, other: int) -> float:
    """Jaro similarity of texts of *one* and *other* signs, so many of them *common*."""
    if common == 0:
        return 0.0
    return (common / one + common / other + (common - swapped // 2) / common) / 3.0


@borrowing
def boosted(likeness: float, prefix: int) -> float:
    """A Jaro similarity above :data:`BOOST_FROM` with a *prefix* of so many signs in common."""
    return _fused(prefix * PREFIX_WEIGHT, 1.0 - likeness, likeness)  # type: ignore[call-arg]


@borrowing
def _short(signs: Signs, a: int, one: int, b: int, other: int, window: int) -> tuple[int, int]:
    """Signs in common, and of these how many stand elsewhere; texts of at most 64."""
    taken, met = np.uint64(0), np.uint64(0)
    common = 0
    for t in range(other):
        sign = signs[b + t]
        for p in range(max(0, t - window), min(one, t + window + 1)):
            bit = np.uint64(1) << np.uint64(p)
            if signs[a + p] == sign and taken & bit == np.uint64(0):
                taken |= bit
                met |= np.uint64(1) << np.uint64(t)
                common += 1
                break
    swapped, p = 0, 0
    if common:
        for t in range(other):
            if met >> np.uint64(t) & np.uint64(1):
                while taken >> np.uint64(p) & np.uint64(1) == np.uint64(0):
                    p += 1
                swapped += signs[a + p] != signs[b + t]
                p += 1
    return common, swapped


@compiled
def _long(signs: Signs, a: int, one: int, b: int, other: int, window: int) -> tuple[int, int]:
    """As :func:`_short`, for texts of any length."""
    taken = np.zeros(one, dtype=np.uint8)
    met = np.zeros(other, dtype=np.uint8)
    common = 0
    for t in range(other):
        for p in range(max(0, t - window), min(one, t + window + 1)):
            if taken[p] == 0 and signs[a + p] == signs[b + t]:
                taken[p] = met[t] = 1
                common += 1
                break
    swapped, p = 0, 0
    for t in range(other):
        if met[t]:
            while taken[p] == 0:
                p += 1
            swapped += signs[a + p] != signs[b + t]
            p += 1
    return common, swapped
