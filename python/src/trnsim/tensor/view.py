"""The tensor that kernels see: a view of a storage with methods and operators.

What is geometry makes another view; what needs an instruction is recorded by `recording.recorder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, SupportsIndex

from ..places import fail
from . import arithmetic, indexing, patterns, recording, reshaping
from .dtypes import DType
from .geometry import View
from .indices import Dynamic
from .storage import Storage


class NkiTensor(View):
    """A tensor of a kernel: a view of a storage."""

    __slots__ = ()

    def _made(self, storage: Storage, dtype: DType, shape: tuple[int, ...], strides: tuple[int, ...],
             offset: int = 0, dynamic: Dynamic | None = None, blocks: int = 0) -> NkiTensor:
        return NkiTensor(storage, dtype, shape, strides, offset, dynamic, blocks)

    @property
    def data(self) -> NkiTensor:
        """The tensor itself, as grids of tiles have theirs under this name (NKI 0.7)."""
        return self

    # Views of a part: indexing.py

    def __getitem__(self, key: Any) -> NkiTensor:
        return indexing.get(self, key)

    def slice(self, dim: SupportsIndex, start: SupportsIndex, end: SupportsIndex, step: SupportsIndex = 1) -> NkiTensor:
        """A range of one dimension."""
        return indexing.slice_dim(self, dim, start, end, step)

    def select(self, dim: SupportsIndex, index: Any) -> NkiTensor:
        """One position of a dimension, which goes: a number, a register, or a tensor of one element."""
        return indexing.select(self, dim, index)

    def vector_select(self, dim: SupportsIndex, vector_offset: NkiTensor) -> NkiTensor:
        """Positions of the first dimension by a tensor of indices, one for each row of the result."""
        return indexing.vector_select(self, dim, vector_offset)

    def __iter__(self) -> Iterator[NkiTensor]:
        for i in range(self.shape[0]):
            yield self[i]

    # Views in another shape: reshaping.py

    def reshape(self, *sizes: Any, shape: Any = None) -> NkiTensor:
        """The elements in the same order; one extent may be -1, and `nl.par_dim` follows block dimensions."""
        return reshaping.reshape(self, sizes, shape)

    def reshape_dim(self, dim: SupportsIndex, shape: Sequence[SupportsIndex]) -> NkiTensor:
        """One dimension split into several."""
        return reshaping.reshape_dim(self, dim, shape)

    def flatten_dims(self, start_dim: SupportsIndex, end_dim: SupportsIndex) -> NkiTensor:
        """Neighbouring dimensions, the last one included, as one."""
        return reshaping.flatten_dims(self, start_dim, end_dim)

    def expand_dim(self, dim: SupportsIndex) -> NkiTensor:
        """A dimension of one element more, in front of `dim`."""
        return reshaping.expand_dim(self, dim)

    def expand_dims(self, dim: SupportsIndex) -> NkiTensor:
        """A dimension of one element more, in front of `dim`."""
        return reshaping.expand_dim(self, dim)

    def squeeze_dim(self, dim: SupportsIndex) -> NkiTensor:
        """Without a dimension of one element."""
        return reshaping.squeeze_dim(self, dim)

    def permute(self, dims: Sequence[SupportsIndex]) -> NkiTensor:
        """The dimensions in another order; on chip the partition dimension stays first."""
        return reshaping.permute(self, dims)

    def rearrange(self, src_pattern: Sequence[Any], dst_pattern: Sequence[Any],
                  fixed_sizes: dict[str, Any] | None = None) -> NkiTensor:
        """As einops: splits, permutes and merges named dimensions; nested tuples are groups."""
        return reshaping.rearrange(self, src_pattern, dst_pattern, fixed_sizes)

    def broadcast(self, dim: SupportsIndex, size: SupportsIndex) -> NkiTensor:
        """A dimension of one element repeated; on chip not that of the partitions."""
        return reshaping.broadcast(self, dim, size)

    # Views of the storage, whatever its shape and type: patterns.py

    def ap(self, pattern: Sequence[Sequence[int]], offset: SupportsIndex | None = None, scalar_offset: Any = None,
           vector_offset: NkiTensor | None = None, indirect_dim: SupportsIndex = 0, dtype: Any = None) -> NkiTensor:
        """A view by a raw pattern `[[step, count], …]` of the storage, whatever view this is."""
        return patterns.access_pattern(self, pattern, offset, scalar_offset, vector_offset, indirect_dim, dtype)

    def view(self, dtype: Any) -> NkiTensor:
        """The same bytes as another element type; the last dimension scales."""
        return patterns.reinterpreted(self, dtype)

    def reinterpret_cast(self, dtype: Any) -> NkiTensor:
        """The same bytes as another element type; the last dimension scales."""
        return patterns.reinterpreted(self, dtype)

    def indirect(self, index: NkiTensor, num_elem: SupportsIndex | None = None) -> NkiTensor:
        """Refused: an addressing mode that is not simulated."""
        return patterns.indirect(self, index, num_elem)

    # Instructions: arithmetic.py

    def astype(self, dtype: Any) -> Any:
        """A new tile with the same values in another element type."""
        return arithmetic.astype(self, dtype)

    def __add__(self, other: Any) -> Any:
        return arithmetic.binary("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return arithmetic.binary("add", other, self)

    def __iadd__(self, other: Any) -> Any:
        return arithmetic.add_in_place(self, other)

    def __sub__(self, other: Any) -> Any:
        return arithmetic.binary("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return arithmetic.binary("subtract", other, self)

    def __isub__(self, other: Any) -> Any:
        return arithmetic.in_place(self, "subtract", other)

    def __mul__(self, other: Any) -> Any:
        return arithmetic.binary("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return arithmetic.binary("multiply", other, self)

    def __imul__(self, other: Any) -> Any:
        return arithmetic.in_place(self, "multiply", other)

    def __truediv__(self, other: Any) -> Any:
        return arithmetic.binary("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.binary("divide", other, self)

    def __itruediv__(self, other: Any) -> Any:
        return arithmetic.in_place(self, "divide", other)

    def __pow__(self, other: Any) -> Any:
        return arithmetic.binary("power", self, other)

    def __and__(self, other: Any) -> Any:
        return arithmetic.binary("bitwise_and", self, other)

    def __or__(self, other: Any) -> Any:
        return arithmetic.binary("bitwise_or", self, other)

    def __xor__(self, other: Any) -> Any:
        return arithmetic.binary("bitwise_xor", self, other)

    def __lshift__(self, other: Any) -> Any:
        return arithmetic.binary("left_shift", self, other)

    def __rshift__(self, other: Any) -> Any:
        return arithmetic.binary("right_shift", self, other)

    # A compiled class with comparisons inherits no hash. Tensors are equal to themselves alone.
    def __hash__(self) -> int:
        return object.__hash__(self)

    def __lt__(self, other: Any) -> Any:
        return arithmetic.binary("less", self, other)

    def __le__(self, other: Any) -> Any:
        return arithmetic.binary("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return arithmetic.binary("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return arithmetic.binary("greater_equal", self, other)

    def __neg__(self) -> Any:
        return arithmetic.negative(self)

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
        recording.rules.truth(self)
        if self.origin is None:
            return True  # "was the optional argument given?": it was
        raise fail("a tensor in Python's if, while, and, or, not",
                   "its values are known only when the program runs: use nl.where or a predicate")
