"""Compiled functions that only borrow arrays: none of them may let one go uncounted."""

import dis
import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import amends
from amends.kernel.compiling import borrowing, compiled

Integers = npt.NDArray[np.int64]
ROOMS = ("evidence", "kernel", "linkage", "payees", "roster")


def _modules() -> list[ModuleType]:
    """All modules of compiled functions."""
    packages = [importlib.import_module(f"{amends.__name__}.{room}.compiled") for room in ROOMS]
    return [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for package in packages
        for one in pkgutil.iter_modules(package.__path__)
    ]


def _borrows(function: Any) -> bool:  # noqa: ANN401 -- Numba has no types
    return bool(function.targetoptions["_nrt"] is False)


def _globals(function: Callable[..., object]) -> set[str]:
    """Names of its module that a *function* uses."""
    return {
        str(one.argval) for one in dis.get_instructions(function) if one.opname == "LOAD_GLOBAL"
    }


def _returns_no_array(function: Any) -> bool:  # noqa: ANN401 -- Numba has no types
    """What :func:`borrowing` asks for."""
    try:
        borrowing(function.py_func)
    except TypeError:
        return False
    return True


def test_who_may_return_an_array_does_not_borrow() -> None:
    """Its caller would let go of what it never held."""

    def same(values: Integers) -> Integers:
        return values

    def with_size(values: Integers) -> tuple[int, Integers]:
        return len(values), values

    for function in (same, with_size):
        with pytest.raises(TypeError, match="may return an array"):
            borrowing(function)


def test_who_borrows_asks_nobody_for_an_array() -> None:
    """An array that is made for it would never be let go of."""
    borrowers, wrong = 0, []
    for module in _modules():
        for name, function in vars(module).items():
            if not hasattr(function, "py_func") or not _borrows(function):
                continue
            borrowers += 1
            for called in _globals(function.py_func):
                other = vars(importlib.import_module(function.__module__)).get(called)
                if hasattr(other, "py_func") and not _returns_no_array(other):
                    wrong.append((name, called))
    assert not wrong
    assert borrowers > 100


def test_what_begins_with_an_underscore_is_called_by_compiled_functions_alone() -> None:
    """There is no way to call it from Python, and to try is refused before anything breaks."""

    @borrowing
    def _inner(value: int) -> int:
        return value + 1

    @compiled
    def outer(value: int) -> int:
        return _inner(value) * 2

    assert outer(20) == 42
    with pytest.raises(TypeError, match="_inner is called by compiled functions alone"):
        _inner(20)


def test_arrays_that_were_borrowed_are_still_there() -> None:
    """However often they are lent, and they are let go of in the end."""

    @borrowing
    def total(values: Integers) -> int:
        found = 0
        for value in values:
            found += value
        return found

    @compiled
    def doubled(values: Integers) -> Integers:
        made = np.empty(len(values), dtype=np.int64)
        for at in range(len(values)):
            made[at] = total(values[at : at + 1]) * 2
        return made

    values = np.arange(1000)
    assert doubled(values).tolist() == (values * 2).tolist()
    assert total(values) == 499_500
