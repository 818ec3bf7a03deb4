"""The tensor that kernels see: a view of a storage with methods and operators.

What is geometry makes another view; what needs an instruction is recorded by `recording.recorder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..places import fail
from . import arithmetic, indexing, patterns, recording, reshaping
from .geometry import View


class NkiTensor(View):
    """A tensor of a kernel: a view of a storage."""

    __slots__ = ()

    # Views of a part: indexing.py

    __getitem__ = indexing.get
    slice = indexing.slice_dim
    select = indexing.select
    vector_select = indexing.vector_select

    def __iter__(self) -> Iterator[NkiTensor]:
        for i in range(self.shape[0]):
            yield self[i]

    # Views in another shape: reshaping.py

    reshape = reshaping.reshape
    reshape_dim = reshaping.reshape_dim
    flatten_dims = reshaping.flatten_dims
    expand_dim = reshaping.expand_dim
    expand_dims = reshaping.expand_dim
    squeeze_dim = reshaping.squeeze_dim
    permute = reshaping.permute
    rearrange = reshaping.rearrange
    broadcast = reshaping.broadcast

    # Views of the storage, whatever its shape and type: patterns.py

    ap = patterns.access_pattern
    view = patterns.reinterpreted
    reinterpret_cast = patterns.reinterpreted
    indirect = patterns.indirect

    # Instructions: arithmetic.py

    astype = arithmetic.astype
    __add__ = arithmetic.operator("add")
    __radd__ = arithmetic.reflected("add")
    __iadd__ = arithmetic.add_in_place
    __sub__ = arithmetic.operator("subtract")
    __rsub__ = arithmetic.reflected("subtract")
    __isub__ = arithmetic.in_place("subtract")
    __mul__ = arithmetic.operator("multiply")
    __rmul__ = arithmetic.reflected("multiply")
    __imul__ = arithmetic.in_place("multiply")
    __truediv__ = arithmetic.operator("divide")
    __rtruediv__ = arithmetic.reflected("divide")
    __itruediv__ = arithmetic.in_place("divide")
    __pow__ = arithmetic.operator("power")
    __and__ = arithmetic.operator("bitwise_and")
    __or__ = arithmetic.operator("bitwise_or")
    __xor__ = arithmetic.operator("bitwise_xor")
    __lshift__ = arithmetic.operator("left_shift")
    __rshift__ = arithmetic.operator("right_shift")
    __lt__ = arithmetic.operator("less")
    __le__ = arithmetic.operator("less_equal")
    __gt__ = arithmetic.operator("greater")
    __ge__ = arithmetic.operator("greater_equal")
    __neg__ = arithmetic.negative

    def __setitem__(self, key: Any, value: Any) -> None:
        recording.recorder.assign(self, key, value)

    def broadcast_to(self, shape: Sequence[int]) -> NkiTensor:
        """Dimensions of one element repeated to `shape`; partitions are repeated by instructions."""
        return recording.recorder.broadcast_to(self, tuple(int(s) for s in shape))  # type: ignore[no-any-return]

    # Values, while tracing

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        found = recording.recorder.values(self)
        return found if dtype is None else found.astype(dtype)

    def __repr__(self) -> str:
        return recording.recorder.describe(self)

    def __bool__(self) -> bool:
        if self.origin is None:
            return True  # "was the optional argument given?": it was
        raise fail("a tensor in Python's if, while, and, or, not",
                   "its values are known only when the program runs: use nl.where or a predicate")
