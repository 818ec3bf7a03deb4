"""The caller's arrays as tensors of a program."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from ..core.memory import LARGE, shortage
from ..errors import NkiValidationError
from ..record.program import Program
from ..tensor.arrays import element_type, elements, is_array
from ..tensor.nested import PerRank, mapped
from ..tensor.shapes import contiguous
from ..tensor.spaces import MemoryRegion
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor


def ranks_of(*arguments: Any) -> int | None:
    """How many ranks the arguments are for; None if they do not say."""
    counts: set[int] = set()

    def count(item: Any, _: str) -> Any:
        if isinstance(item, PerRank):
            counts.add(len(item))
        return item

    mapped(arguments, count)
    if len(counts) > 1 or 0 in counts:
        raise NkiValidationError(f"arguments have values for {' and '.join(map(str, sorted(counts)))} ranks",
                                 remedy="give each PerRank a value for each rank")
    return counts.pop() if counts else None


def share_of(value: Any, rank: int) -> Any:
    """The arguments of one rank."""
    return mapped(value, lambda item, _: item[rank] if isinstance(item, PerRank) else item)


#: By the identity of a caller's array: it, its elements, and whether they were rounded.
Converted = dict[int, tuple[Any, np.ndarray[Any, Any], bool]]


def array_of(value: Any, name: str, rounded: list[str]) -> np.ndarray[Any, Any]:
    """The elements of a caller's array, if there is memory for the copy that some need."""
    if isinstance(value, np.ndarray) and value.nbytes >= LARGE and not value.flags.c_contiguous:
        found = shortage(value.nbytes, f"'{name}' is not contiguous, and a copy of it needs")
        if found is not None:
            raise NkiValidationError(found, remedy="give a smaller array, or more memory with TRNSIM_MEMORY")
    return elements(value, name, rounded)


class Binder:
    """Makes tensors of the caller's arrays, wherever they are in the arguments."""

    def __init__(self, program: Program, converted: Converted | None = None) -> None:
        self.program = program
        self._converted = converted or {}
        self.inputs: list[tuple[Storage, Any, np.ndarray[Any, Any]]] = []
        #: Names of arrays that came as float64.
        self.rounded: list[str] = []
        self._seen: dict[int, NkiTensor] = {}
        #: Where the kernel begins: its arguments come from there.
        self._place: tuple[CodeType, int] | None = None

    def bind(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
             ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        code = getattr(inspect.unwrap(function), "__code__", None)
        self._place = (code, code.co_firstlineno) if code is not None else None
        names = _parameter_names(function, len(args))
        bound = tuple(mapped(value, self._bound, name) for name, value in zip(names, args))
        named = {}
        for key, value in kwargs.items():
            plain = key.removesuffix(".must_alias_input")
            named[plain] = mapped(value, self._bound, plain)
        return bound, named

    def _bound(self, value: Any, name: str) -> Any:
        return self._tensor(value, name) if is_array(value) and not isinstance(value, NkiTensor) else value

    def _tensor(self, value: Any, name: str) -> NkiTensor:
        found = self._seen.get(id(value))
        if found is not None:
            return found
        known = self._converted.get(id(value))
        if known is None:
            array = array_of(value, name, self.rounded)
        else:
            _, array, is_rounded = known
            if is_rounded and name not in self.rounded:
                self.rounded.append(name)
        if array.size == 0:
            raise NkiValidationError(f"'{name}' of shape {list(array.shape)} has no elements",
                                     remedy="extents of tensors start at 1; call the kernel where there is work")
        kind = element_type(array)
        storage = Storage(self.program.unique_name(name), MemoryRegion.hbm, kind, tuple(array.shape) or (1,), place=self._place)
        storage.role = "input"
        self.program.add(storage)
        tensor = NkiTensor(storage, kind, tuple(array.shape), contiguous(array.shape))
        self.inputs.append((storage, value, array.reshape(storage.shape)))
        self._seen[id(value)] = tensor
        return tensor


def named_arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """Arguments with the names of their parameters."""
    return [*zip(_parameter_names(function, len(args)), args), *kwargs.items()]


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    if type(function) is FunctionType and not function.__dict__:
        # `inspect.signature` takes longer than tracing a small kernel.
        code = function.__code__
        names = list(code.co_varnames[:code.co_argcount])
        return names[:count] + [f"arg{i}" for i in range(len(names), count)]
    names = []
    try:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                names.append(parameter.name)
    except (TypeError, ValueError):
        pass
    return names[:count] + [f"arg{i}" for i in range(len(names), count)]
