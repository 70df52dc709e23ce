"""Compiled functions: one way to compile, kept between runs, correct after a change of the source.

A room's compiled functions lie in a package of their own, those that rooms share in one of the
kernel. What was compiled is kept in the user's cache under a digest of both packages' sources,
because Numba by itself does not see that a function of another file has changed. Where nothing can
be kept (a read-only home) it is compiled each time.
Compiled functions release the interpreter lock, so threads of Python can run them side by side.

Numba counts who refers to an array, as Python does, at every call of one compiled function by
another; threads that share an array then wait for its count. A function that only *borrows* its
arrays (it makes none and returns none) need not count: a column of mobiles is read in 22 ns each
instead of 38. Numba has a private option for that; the tests hold who may borrow.

Numba also compiles, for every function, two ways to call it from outside. That for C is never
needed; that for Python only where Python calls: a compiled function whose name begins with an
underscore is called by compiled ones alone. Without them a fifth of compiling is saved.
"""

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, TypeVar, cast, get_args, get_origin

import numba
import numpy as np
from numba.core import config
from numba.core.registry import CPUDispatcher

from amends.kernel.keeping import kept_in

Function = TypeVar("Function", bound=Callable[..., object])
_DIGEST_SIGNS: Final = 24
_KEPT_IN: Final = "CACHE_DIR"  # Numba's setting, read when a function is decorated
_SCALARS: Final = (int, bool, float, None, np.integer, np.int32, np.int64, np.uint32, np.uint64)
_SHARED: Final = Path(__file__).with_name("compiled")


def compiled(function: Function) -> Function:
    """*function*, compiled by Numba at its first call with each kind of arguments.

    Division by zero gives infinity instead of an exception; indices are not checked.
    """
    return _compiled(function, counting=True)


def borrowing(function: Function) -> Function:
    """Likewise a *function* that makes no array and returns none: it counts nobody who has one.

    What it calls returns no array either.

    Raises:
        TypeError: it may return an array.
    """
    returned = inspect.signature(function).return_annotation
    parts = get_args(returned) if get_origin(returned) is tuple else (returned,)
    if not all(one in _SCALARS for one in parts):
        raise TypeError(function.__qualname__ + " may return an array, whose owners are counted")
    return _compiled(function, counting=False)


def plain(number: int) -> int:
    """*number* as a kernel knows numbers that it works out.

    Functions that are given one that stands in the source would be compiled for it once more.
    """
    return cast("int", np.int64(number))


def _compiled(function: Function, *, counting: bool) -> Function:
    package = Path(inspect.getfile(function)).parent
    place = _place(package)
    options = {"cache": place is not None, "nogil": True, "error_model": "numpy", "_nrt": counting}
    inner = function.__name__.startswith("_")
    options |= {"no_cfunc_wrapper": True, "no_cpython_wrapper": inner}
    before = getattr(config, _KEPT_IN)
    setattr(config, _KEPT_IN, before or str(place))
    try:
        made = cast("Callable[..., Function]", numba.njit)(**options)(function)
    finally:
        setattr(config, _KEPT_IN, before)
    if inner:
        made.__class__ = _Inner
    return cast("Function", made)


class _Inner(CPUDispatcher):
    """A function that Python has no way to call: without this, to call it would end the process."""

    def __call__(self, *_: object) -> None:
        """Say so."""
        raise TypeError(self.py_func.__qualname__ + " is called by compiled functions alone")


@cache
def _place(package: Path) -> Path | None:
    """Where the compiled functions of *package* are kept, as the sources are now; or nowhere."""
    digest = hashlib.sha256()
    for source in (*sorted(_SHARED.glob("*.py")), *sorted(package.glob("*.py"))):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return kept_in("compiled", digest.hexdigest()[:_DIGEST_SIGNS])
