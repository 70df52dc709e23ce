"""Asking for memory some time before it is needed.

Where nodes are looked up all over memory, most of the time goes by waiting for it. Who asks for
what later nodes need, while working on this one, waits little.
"""

# ruff: noqa: ANN401, ARG001  # Numba's generators of code have no types and a fixed signature

from typing import TYPE_CHECKING, Any, Final, cast

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

AHEAD: Final = 16
"""How many nodes ahead to ask: memory has come by then, and is not yet gone again."""

_BYTE = ir.IntType(8).as_pointer()
_INT = ir.IntType(32)
_ASKED = ir.FunctionType(ir.VoidType(), [_BYTE, _INT, _INT, _INT])


def _fetch(_typing: Any, array: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), _BYTE)
        ask = builder.module.declare_intrinsic("llvm.prefetch", [_BYTE], _ASKED)
        to_read, to_keep, as_data = _INT(0), _INT(3), _INT(1)
        builder.call(ask, [address, to_read, to_keep, as_data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


fetch = cast("Callable[[npt.NDArray[Any], int], None]", intrinsic(_fetch))
"""Ask for an element of an array without gaps; it need not be there."""
