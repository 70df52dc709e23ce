"""Thirty-two octets looked at side by side: which are in a range, as bits of a word."""

# ruff: noqa: ANN401, ARG001  # Numba's generators of code have no types and a fixed signature

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from amends.kernel.compiling import borrowing

if TYPE_CHECKING:
    from collections.abc import Callable

    from amends.linkage.compiled.entries import Bytes

AT_ONCE: Final = 32
"""Octets that are looked at; so many there have to be, whatever the rest is."""

_OCTET: Final = ir.IntType(8)
_OCTETS: Final = ir.VectorType(_OCTET, AT_ONCE)
_STEPS: Final = (1, 2, 4, 8, 16)


def _range(_typing: Any, octets: Any, place: Any, low: Any, high: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        data = context.make_array(octets)(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), _OCTETS.as_pointer())
        some = builder.load(address)
        some.align = 1

        def all_of(octet: Any) -> Any:
            one = builder.insert_element(ir.Constant(_OCTETS, ir.Undefined), octet, _INDEX)
            return builder.shuffle_vector(one, ir.Constant(_OCTETS, ir.Undefined), _FIRST)

        above = builder.sub(some, all_of(arguments[2]))
        room = all_of(builder.sub(arguments[3], arguments[2]))
        inside = builder.icmp_unsigned("<=", above, room)
        return builder.zext(builder.bitcast(inside, ir.IntType(AT_ONCE)), ir.IntType(64))

    return types.uint64(octets, types.intp, types.uint8, types.uint8), generate


_INDEX: Final = ir.Constant(ir.IntType(32), 0)
_FIRST: Final = ir.Constant(ir.VectorType(ir.IntType(32), AT_ONCE), None)

within = cast("Callable[[Bytes, int | np.int64, int, int], np.uint64]", intrinsic(_range))
"""Which of the octets from a place on are at least the one and at most the other, as bits."""


@borrowing
def smeared(word: np.uint64) -> np.uint64:
    """All bits of a word of 32 up to the highest that is set."""
    for step in _STEPS:
        word |= word >> np.uint64(step)
    return word
