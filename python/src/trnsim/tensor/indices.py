"""What kernels index tensors with: whole numbers, `nl.ds`, `nl.par_dim`, and starts that are known at run time."""

from __future__ import annotations

from typing import Any

from ..places import fail
from .registers import VirtualRegister


class DynamicSlice:
    """`nl.ds(start, size)`."""

    __slots__ = ("size", "start")

    def __init__(self, start: Any, size: Any) -> None:
        self.start = start
        self.size = size

    def __repr__(self) -> str:
        return f"nl.ds({self.start}, {self.size})"


class ParDim:
    """`nl.par_dim(n)`: marks the partition dimension of a shape."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = int(size)

    def __index__(self) -> int:
        return self.size

    def __int__(self) -> int:
        return self.size


class Dynamic:
    """A view's start that is known at run time: index × stride elements are added to the offset."""

    __slots__ = ("index", "kind", "stride")

    def __init__(self, kind: str, index: Any, stride: int) -> None:
        #: "scalar" (one index), "vector" (one per row) or "register".
        self.kind = kind
        self.index = index
        self.stride = stride


def dynamic_start(current: Dynamic | None, index: Any, stride: int) -> Dynamic:
    """The start that a register or a tensor of one element chooses, for a view whose start is `current` so far."""
    if current is not None:
        raise fail("a view has one dynamic index at most", "compute one index from both")
    return Dynamic("register" if isinstance(index, VirtualRegister) else "scalar", index, stride)


def as_index(value: Any) -> int:
    """A Python integer from whatever kernels use as one."""
    if type(value) is int:
        return value
    try:
        return int(value.__index__())
    except AttributeError:
        pass
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise fail(f"{value!r} is no index", "use integers: // instead of /")
