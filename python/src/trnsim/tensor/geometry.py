"""Views without what kernels do with them: a storage seen through a shape, strides and an offset.

Strides count elements of the view's type in the flattened storage, the partition dimension included,
as NKI's `.ap()` does (NKI documentation, "NKI Access Patterns"). A view costs no instruction.
"""

from __future__ import annotations

from typing import Any, TypeVar

from .dtypes import DType
from .indices import Dynamic
from .shapes import contiguous, is_contiguous
from .spaces import MemoryRegion
from .storage import Storage

#: The kind of view that a function is given and gives.
V = TypeVar("V", bound="View")


class View:
    """A storage as a tensor of some shape; `NkiTensor` is the one that kernels see."""

    __slots__ = ("_core", "beyond", "blocks", "dtype", "dynamic", "offset", "origin", "shape", "storage", "strides")

    storage: Storage
    dtype: DType
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    dynamic: Dynamic | None
    blocks: int
    #: Its operand in records, once that has been made.
    _core: Any
    origin: Any
    #: Grids that lead out of their dimensions (`grids.Beyond`), which a mask may yet bring in.
    beyond: Any

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
        self._core = None
        #: For tiles that an operation has just made: how to write it elsewhere instead.
        self.origin = None
        self.beyond = None

    def _made(self: V, storage: Storage, dtype: DType, shape: tuple[int, ...], strides: tuple[int, ...],
             offset: int = 0, dynamic: Dynamic | None = None, blocks: int = 0) -> V:
        """Another view of the same kind."""
        return type(self)(storage, dtype, shape, strides, offset, dynamic, blocks)

    def _with(self: V, shape: tuple[int, ...], strides: tuple[int, ...], offset: int,
              dynamic: Dynamic | None = None, blocks: int = 0) -> V:
        """Another view of the same elements' storage, in the same type."""
        return self._made(self.storage, self.dtype, shape, strides, offset, dynamic or self.dynamic, blocks)

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
    def base_tensor(self: V) -> V:
        """The whole tensor that this is a view of, in its own type; public kernels of NKI 0.3 take it."""
        storage = self.storage
        return self._made(storage, storage.dtype, storage.shape, contiguous(storage.shape))

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
