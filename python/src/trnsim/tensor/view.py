"""Views: a storage seen through a shape, strides and an offset.

Strides count elements of the view's type in the flattened storage, the partition dimension included,
as NKI's `.ap()` does (NKI documentation, "NKI Access Patterns"). A view costs no instruction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..places import fail
from . import arithmetic, indexing, patterns, reshaping
from .dtypes import DType
from .indices import Dynamic
from .shapes import contiguous, is_contiguous
from .spaces import MemoryRegion
from .storage import Storage


class NkiTensor:
    """A tensor of a kernel: a view of a storage."""

    __slots__ = ("_core", "blocks", "dtype", "dynamic", "offset", "origin", "shape", "storage", "strides")

    storage: Storage
    dtype: DType
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    dynamic: Dynamic | None

    def __init__(self, storage: Storage, dtype: DType, shape: tuple[int, ...], strides: tuple[int, ...],
                 offset: int = 0, dynamic: Dynamic | None = None, blocks: int = 0) -> None:
        self.storage = storage
        self.dtype = dtype
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.dynamic = dynamic
        #: Leading block dimensions of the first API generation; the partition dimension follows.
        self.blocks = blocks
        self._core: Any = None
        #: For tiles that an operation has just made: how to write it elsewhere instead.
        self.origin: Any = None

    def _with(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int,
              dynamic: Dynamic | None = None, blocks: int = 0) -> NkiTensor:
        """Another view of the same elements' storage, in the same type."""
        return NkiTensor(self.storage, self.dtype, shape, strides, offset, dynamic or self.dynamic, blocks)

    # What it is

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def buffer(self) -> MemoryRegion:
        return self.storage.region

    @property
    def base_tensor(self) -> NkiTensor:
        """The whole tensor that this is a view of, in its own type; public kernels of NKI 0.3 take it."""
        storage = self.storage
        return NkiTensor(storage, storage.dtype, storage.shape, contiguous(storage.shape))

    @property
    def name(self) -> str:
        return self.storage.name

    @property
    def address(self) -> tuple[int, int] | None:
        return self.storage.address

    @property
    def on_chip(self) -> bool:
        return self.storage.on_chip

    @property
    def partition_stride(self) -> int:
        """Elements of this view's type in one partition of the storage."""
        storage = self.storage
        if storage.dtype.itemsize == self.dtype.itemsize:
            return storage.free
        return storage.free * storage.dtype.itemsize // self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def is_contiguous(self) -> bool:
        return is_contiguous(self.shape, self.strides)

    def is_indirect(self) -> bool:
        return self.dynamic is not None

    def get_pattern(self) -> list[list[int]]:
        """`[[step, count], …]`, as `.ap()` takes it."""
        return [[stride, extent] for stride, extent in zip(self.strides, self.shape)]

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
    broadcast_to = reshaping.broadcast_to

    # Views of the storage, whatever its shape and type: patterns.py

    ap = patterns.access_pattern
    view = patterns.reinterpreted
    reinterpret_cast = patterns.reinterpreted
    indirect = patterns.indirect

    # Instructions: arithmetic.py, and assign.py, which builds on views

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
        from ..language.assign import assign

        assign(self, key, value)

    # Values, while tracing: peek.py, which builds on views

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        from ..record.peek import values

        found = values(self)
        return found if dtype is None else found.astype(dtype)

    def __repr__(self) -> str:
        from ..record.peek import describe

        return describe(self)

    def __bool__(self) -> bool:
        if self.origin is None:
            return True  # "was the optional argument given?": it was
        raise fail("a tensor in Python's if, while, and, or, not",
                   "its values are known only when the program runs: use nl.where or a predicate")
