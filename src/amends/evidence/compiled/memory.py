"""Eight bytes of memory at a time: one load tells of eight bytes whether one of them matters.

The caller answers for the bounds: reading at ``place`` touches ``data[place:place + 8]``. The
lowest byte of a word is the first one in memory (so do all machines that Amends runs on).
"""

# ruff: noqa: ANN401, ARG001  # Numba's generators of code have no types and a fixed signature

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

WORD: Final = 8
HIGH_BITS: Final = np.uint64(0x8080808080808080)
LOW_BITS: Final = np.uint64(0x0101010101010101)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any, bits: int) -> Any:
    """The address of ``array[place]`` as that of a number of so many bits."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), ir.IntType(bits).as_pointer())


def _load(_typing: Any, data: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index = arguments
        at = _pointer(context, builder, signature.args[0], array, index, 64)
        return builder.load(at, align=1)

    return types.uint64(data, types.intp), generate


def _store(bits: int, kind: Any) -> Callable[[Any, Any, Any, Any], Any]:
    def store(_typing: Any, data: Any, place: Any, word: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array, index, value = arguments
            at = _pointer(context, builder, signature.args[0], array, index, bits)
            builder.store(value, at, align=1)
            return context.get_dummy_value()

        return types.void(data, types.intp, kind), generate

    return store


def _lowest(_typing: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        zeros = builder.cttz(arguments[0], ir.IntType(1)(1))
        return builder.lshr(zeros, ir.IntType(64)(3))

    return types.intp(types.uint64), generate


load_word = cast("Callable[[Octets, int], np.uint64]", intrinsic(_load))
"""The eight bytes ``data[place:place + 8]`` as one number."""
store_word = cast("Callable[[Octets, int, np.uint64], None]", intrinsic(_store(64, types.uint64)))
"""Write one number as the eight bytes ``data[place:place + 8]``."""
store_half = cast("Callable[[Octets, int, np.uint32], None]", intrinsic(_store(32, types.uint32)))
"""Write one number as the four bytes ``data[place:place + 4]``."""
lowest_byte = cast("Callable[[np.uint64], int]", intrinsic(_lowest))
"""Which byte of a number (0 to 7) holds its lowest bit that is set; the number is not zero."""
