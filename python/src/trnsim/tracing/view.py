"""Views: a storage seen through a shape, strides and an offset.

Strides count elements of the view's type in the flattened storage, the partition dimension included,
as NKI's `.ap()` does (NKI documentation, "NKI Access Patterns"). A view costs no instruction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import NkiValidationError, UnsupportedError
from .dtypes import DType, as_dtype
from .places import current_place
from .registers import VirtualRegister
from .spaces import MemoryRegion
from .storage import Storage


class DynamicSlice:
    """`nl.ds(start, size)`."""

    __slots__ = ("size", "start")

    def __init__(self, start: Any, size: int) -> None:
        self.start = start
        self.size = size

    def __repr__(self) -> str:
        return f"nl.ds({self.start}, {self.size})"


class Dynamic:
    """A view's start that is known at run time: index × stride elements are added to the offset."""

    __slots__ = ("index", "kind", "stride")

    def __init__(self, kind: str, index: Any, stride: int) -> None:
        #: "scalar" (one index), "vector" (one per row) or "register".
        self.kind = kind
        self.index = index
        self.stride = stride


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
        from .allocate import contiguous

        storage = self.storage
        return NkiTensor(storage, storage.dtype, storage.shape, contiguous(storage.shape))

    @property
    def name(self) -> str:
        return self.storage.name

    @property
    def address(self) -> tuple[int, int] | None:
        return self.storage.address

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NkiTensor]:
        for i in range(self.shape[0]):
            yield self[i]

    def is_contiguous(self) -> bool:
        expected = 1
        for extent, stride in zip(reversed(self.shape), reversed(self.strides)):
            if extent != 1 and stride != expected:
                return False
            expected *= extent
        return True

    def is_indirect(self) -> bool:
        return self.dynamic is not None

    def get_pattern(self) -> list[list[int]]:
        return [[stride, extent] for stride, extent in zip(self.strides, self.shape)]

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

    def __repr__(self) -> str:
        from .peek import describe

        return describe(self)

    # Making views

    def _with(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int,
              dynamic: Dynamic | None = None, blocks: int = 0) -> NkiTensor:
        return NkiTensor(self.storage, self.dtype, shape, strides, offset, dynamic or self.dynamic, blocks)

    def _fail(self, message: str, remedy: str | None = None) -> NkiValidationError:
        return NkiValidationError(message, remedy=remedy, place=current_place())

    def __getitem__(self, key: Any) -> NkiTensor:
        if type(key) is not tuple:
            key = tuple(key) if isinstance(key, tuple) else (key,)
        shape, strides = self.shape, self.strides
        rank = len(shape)
        given = 0
        has_ellipsis = False
        for part in key:
            kind = type(part)
            if kind is slice or kind is int or kind is DynamicSlice:
                given += 1
            elif part is Ellipsis:
                has_ellipsis = True
            elif part is None:
                continue
            elif kind is np.ndarray or (isinstance(part, np.ndarray)):
                from .grids import index_by_grids

                return index_by_grids(self, key)
            else:
                given += 1
        if given == rank + 1 and rank == self.blocks + 1 and self.storage.on_chip:
            # A tile always has a free dimension: that of one element per partition has an extent of 1.
            rank += 1
            shape, strides = (*shape, 1), (*strides, 1)
        if given > rank:
            raise self._fail(f"{given} indices for a tensor of shape {list(shape)}",
                             "leave out the indices that are too many")
        new_shape: list[int] = []
        new_strides: list[int] = []
        offset = self.offset
        dynamic = self.dynamic
        keep = self.blocks if self.storage.on_chip else -1
        blocks_left = 0
        at = 0
        if not has_ellipsis and given < rank:
            key = (*key, Ellipsis)
        for part in key:
            kind = type(part)
            if kind is slice:
                if part.step is None or part.step == 1:
                    extent = shape[at]
                    start = part.start
                    stop = part.stop
                    if (start is None or type(start) is int) and (stop is None or type(stop) is int):
                        start = 0 if start is None else start
                        stop = extent if stop is None else stop
                        if start < 0 or stop < 0 or stop > extent:
                            start, stop, _ = slice(start, stop).indices(extent)
                        step = 1
                    else:
                        start, stop, step = self._slice(part, shape[at])
                else:
                    start, stop, step = self._slice(part, shape[at])
                count = (stop - start + step - 1) // step if step > 0 else (start - stop - step - 1) // -step
                if count <= 0:
                    raise self._fail(f"slice {_text(part)} of dimension {at} of a tensor of shape "
                                     f"{list(shape)} is empty", "the end is the index after the last")
                offset += start * strides[at]
                new_shape.append(count)
                new_strides.append(strides[at] * step)
                if at < self.blocks:
                    blocks_left += 1
                at += 1
            elif kind is int:
                extent = shape[at]
                if not -extent <= part < extent:
                    raise self._fail(f"index {part} exceeds dimension {at} of a tensor of shape "
                                     f"{list(shape)}", f"indices go from 0 to {extent - 1}")
                offset += (part + extent if part < 0 else part) * strides[at]
                if at == keep:
                    # A partition dimension stays, whatever its extent.
                    new_shape.append(1)
                    new_strides.append(strides[at])
                at += 1
            elif part is Ellipsis:
                while at < rank - (given - _used(key, part)):
                    new_shape.append(shape[at])
                    new_strides.append(strides[at])
                    if at < self.blocks:
                        blocks_left += 1
                    at += 1
            elif part is None:
                new_shape.append(1)
                new_strides.append(0)
            elif kind is DynamicSlice:
                start = part.start
                size = int(part.size)
                if isinstance(start, (VirtualRegister, NkiTensor)):
                    dynamic = self._dynamic(dynamic, start, strides[at])
                    start = 0
                else:
                    start = _index(start)
                    if start < 0 or start + size > shape[at]:
                        raise self._fail(f"{part!r} exceeds dimension {at} of a tensor of shape "
                                         f"{list(shape)}", "shorten it, or mask the last tile")
                offset += start * strides[at]
                new_shape.append(size)
                new_strides.append(strides[at])
                if at < self.blocks:
                    blocks_left += 1
                at += 1
            elif isinstance(part, VirtualRegister):
                dynamic = self._dynamic(dynamic, part, strides[at])
                if at == keep:
                    raise self._fail("a register cannot choose a partition",
                                     "load the rows with dma_copy, which can start anywhere")
                at += 1
            elif isinstance(part, NkiTensor):
                if part.size == 1:
                    dynamic = self._dynamic(dynamic, part, strides[at])
                    at += 1
                else:
                    from .grids import index_by_tile

                    return index_by_tile(self, key)
            else:
                value = _index(part)
                extent = shape[at]
                if not -extent <= value < extent:
                    raise self._fail(f"index {value} exceeds dimension {at} of a tensor of shape "
                                     f"{list(shape)}", f"indices go from 0 to {extent - 1}")
                offset += (value + extent if value < 0 else value) * strides[at]
                if at == keep:
                    new_shape.append(1)
                    new_strides.append(strides[at])
                at += 1
        return NkiTensor(self.storage, self.dtype, tuple(new_shape), tuple(new_strides), offset, dynamic,
                         blocks_left)

    def _dynamic(self, current: Dynamic | None, index: Any, stride: int) -> Dynamic:
        if current is not None:
            raise self._fail("a view has one dynamic index at most", "compute one index from both")
        if isinstance(index, VirtualRegister):
            return Dynamic("register", index, stride)
        return Dynamic("scalar", index, stride)

    def _slice(self, part: slice, extent: int) -> tuple[int, int, int]:
        for bound in (part.start, part.stop, part.step):
            if isinstance(bound, (VirtualRegister, NkiTensor)):
                raise self._fail("a slice with a dynamic bound", "write nl.ds(start, size)")
        start = None if part.start is None else _index(part.start)
        stop = None if part.stop is None else _index(part.stop)
        step = None if part.step is None else _index(part.step)
        return slice(start, stop, step).indices(extent)

    def __setitem__(self, key: Any, value: Any) -> None:
        from .assign import assign

        assign(self, key, value)

    # The algebra of views

    def _dim(self, dim: int) -> int:
        rank = len(self.shape)
        if not -rank <= dim < rank:
            raise self._fail(f"dimension {dim} of a tensor of shape {list(self.shape)}")
        return dim % rank if rank else 0

    def slice(self, dim: int, start: int, end: int, step: int = 1) -> NkiTensor:
        dim = self._dim(dim)
        if not 0 <= start < end <= self.shape[dim] or step < 1:
            raise self._fail(f"slice {start}:{end}:{step} exceeds dimension {dim} of a tensor of shape "
                             f"{list(self.shape)}")
        shape, strides = list(self.shape), list(self.strides)
        shape[dim] = (end - start + step - 1) // step
        strides[dim] *= step
        return self._with(tuple(shape), tuple(strides), self.offset + start * self.strides[dim])

    def select(self, dim: int, index: Any) -> NkiTensor:
        dim = self._dim(dim)
        shape = self.shape[:dim] + self.shape[dim + 1:]
        strides = self.strides[:dim] + self.strides[dim + 1:]
        if isinstance(index, (NkiTensor, VirtualRegister)):
            if self.on_chip and dim == 0:
                raise self._fail("a dynamic index cannot select a partition")
            return self._with(shape, strides, self.offset,
                              self._dynamic(self.dynamic, index, self.strides[dim]))
        index = _index(index)
        if not -self.shape[dim] <= index < self.shape[dim]:
            raise self._fail(f"index {index} exceeds dimension {dim} of a tensor of shape "
                             f"{list(self.shape)}")
        return self._with(shape, strides, self.offset + index % self.shape[dim] * self.strides[dim])

    def vector_select(self, dim: int, vector_offset: NkiTensor) -> NkiTensor:
        dim = self._dim(dim)
        if dim != 0:
            raise self._fail("vector_select works on dimension 0", "permute the tensor first")
        if self.dynamic is not None:
            raise self._fail("a view has one dynamic index at most")
        return self._with((vector_offset.shape[0], *self.shape[1:]), self.strides, self.offset,
                          Dynamic("vector", vector_offset, self.strides[0]))

    def permute(self, dims: Sequence[int]) -> NkiTensor:
        dims = tuple(self._dim(d) for d in dims)
        if sorted(dims) != list(range(len(self.shape))):
            raise self._fail(f"permute{dims} of a tensor of shape {list(self.shape)}")
        if self.on_chip and dims and dims[0] != 0:
            raise self._fail("permute cannot move the partition dimension",
                             "use nc_transpose or dma_transpose")
        return self._with(tuple(self.shape[d] for d in dims), tuple(self.strides[d] for d in dims),
                          self.offset)

    def broadcast(self, dim: int, size: int) -> NkiTensor:
        dim = self._dim(dim)
        if self.shape[dim] != 1:
            raise self._fail(f"broadcast of dimension {dim}, which has {self.shape[dim]} elements",
                             "only dimensions of one element can be broadcast")
        if self.on_chip and dim == 0 and size != 1:
            raise self._fail("broadcast cannot repeat a partition",
                             "use nc_stream_shuffle, nc_matmul by ones or dma_copy")
        shape, strides = list(self.shape), list(self.strides)
        shape[dim], strides[dim] = size, 0
        return self._with(tuple(shape), tuple(strides), self.offset)

    def broadcast_to(self, shape: Sequence[int]) -> NkiTensor:
        from .broadcasting import broadcast_to

        return broadcast_to(self, tuple(int(s) for s in shape))

    def expand_dim(self, dim: int) -> NkiTensor:
        rank = len(self.shape)
        at = dim if dim >= 0 else dim + rank + 1
        if not 0 <= at <= rank:
            raise self._fail(f"expand_dim({dim}) of a tensor of shape {list(self.shape)}")
        return self._with((*self.shape[:at], 1, *self.shape[at:]),
                          (*self.strides[:at], 0, *self.strides[at:]), self.offset)

    expand_dims = expand_dim

    def squeeze_dim(self, dim: int) -> NkiTensor:
        dim = self._dim(dim)
        if self.shape[dim] != 1:
            raise self._fail(f"squeeze_dim({dim}): the dimension has {self.shape[dim]} elements")
        return self._with(self.shape[:dim] + self.shape[dim + 1:],
                          self.strides[:dim] + self.strides[dim + 1:], self.offset)

    def reshape_dim(self, dim: int, shape: Sequence[int]) -> NkiTensor:
        dim = self._dim(dim)
        extents = _infer(tuple(shape), self.shape[dim])
        if extents is None:
            raise self._fail(f"reshape_dim({dim}, {tuple(shape)}): the dimension has {self.shape[dim]} "
                             "elements")
        strides = []
        step = self.strides[dim]
        for extent in reversed(extents):
            strides.append(step)
            step *= extent
        return self._with((*self.shape[:dim], *extents, *self.shape[dim + 1:]),
                          (*self.strides[:dim], *reversed(strides), *self.strides[dim + 1:]), self.offset)

    def flatten_dims(self, start_dim: int, end_dim: int) -> NkiTensor:
        start, end = self._dim(start_dim), self._dim(end_dim)
        extent, stride = self.shape[end], self.strides[end]
        for d in range(end - 1, start - 1, -1):
            if self.shape[d] != 1 and extent != 1 and self.strides[d] != stride * extent:
                raise self._fail(f"dimensions {start} to {end} of shape {list(self.shape)}, strides "
                                 f"{list(self.strides)} are no run", "copy the tensor first")
            if extent == 1:
                stride = self.strides[d]
            extent *= self.shape[d]
        return self._with((*self.shape[:start], extent, *self.shape[end + 1:]),
                          (*self.strides[:start], stride, *self.strides[end + 1:]), self.offset)

    def reshape(self, *sizes: Any, shape: Any = None) -> NkiTensor:
        given = sizes if shape is None else (shape,)
        wanted = tuple(given[0]) if len(given) == 1 and not isinstance(given[0], (int, np.integer)) else tuple(given)
        blocks = 0
        if any(isinstance(extent, ParDim) for extent in wanted):
            blocks = next(i for i, extent in enumerate(wanted) if isinstance(extent, ParDim))
            wanted = tuple(extent.size if isinstance(extent, ParDim) else extent for extent in wanted)
        extents = _infer(tuple(int(e) for e in wanted), self.size)
        if extents is None:
            raise self._fail(f"reshape to {list(wanted)}: the tensor of shape {list(self.shape)} has "
                             f"{self.size} elements", "the product of the extents stays the same")
        strides = _reshaped(self.shape, self.strides, extents)
        if strides is None:
            raise self._fail(f"reshape of shape {list(self.shape)}, strides {list(self.strides)} to "
                             f"{list(extents)} needs a copy", "copy the tensor first")
        return self._with(extents, strides, self.offset, blocks=blocks)

    def rearrange(self, src_pattern: Sequence[Any], dst_pattern: Sequence[Any],
                  fixed_sizes: dict[str, int] | None = None) -> NkiTensor:
        """As einops: splits, permutes and merges named dimensions; nested tuples are groups."""
        sizes = dict(fixed_sizes or {})
        if len(src_pattern) != len(self.shape):
            raise self._fail(f"rearrange: {len(src_pattern)} names for shape {list(self.shape)}")
        strides: dict[str, int] = {}
        for part, extent, stride in zip(src_pattern, self.shape, self.strides):
            group = (part,) if isinstance(part, str) else tuple(part)
            open_names = [name for name in group if name not in sizes]
            known = 1
            for name in group:
                known *= sizes.get(name, 1)
            if len(open_names) > 1 or (open_names and extent % known) or (not open_names and known != extent):
                raise self._fail(f"rearrange: {part!r} does not fit {extent} elements")
            if open_names:
                sizes[open_names[0]] = extent // known
            for name in reversed(group):
                strides[name] = stride
                stride *= sizes[name]
        flat = [name for part in dst_pattern for name in ((part,) if isinstance(part, str) else part)]
        if sorted(flat) != sorted(strides):
            raise self._fail(f"rearrange: {dst_pattern!r} does not have the names of {src_pattern!r}")
        view = self._with(tuple(sizes[n] for n in flat), tuple(strides[n] for n in flat), self.offset)
        at = 0
        for part in dst_pattern:
            if not isinstance(part, str):
                if len(part) > 1:
                    view = view.flatten_dims(at, at + len(part) - 1)
            at += 1
        return view

    def ap(self, pattern: Sequence[Sequence[int]], offset: int | None = None, scalar_offset: Any = None,
           vector_offset: NkiTensor | None = None, indirect_dim: int = 0, dtype: Any = None) -> NkiTensor:
        """A view by a raw pattern `[[step, count], …]` of the storage, whatever view this is.

        A pattern whose partition step is that of a slice of columns is one of the slice: its offset counts from there.
        """
        kind = self.dtype if dtype is None else as_dtype(dtype)
        if self._is_columns(pattern):
            pattern = [[self.partition_stride * self.dtype.itemsize // kind.itemsize, pattern[0][1]], *pattern[1:]]
            base = self.offset * self.dtype.itemsize // kind.itemsize
            offset = base if offset is None else base + _index(offset)
        if offset is None:
            offset = self.offset * self.dtype.itemsize // kind.itemsize
        elif isinstance(offset, VirtualRegister):
            raise self._fail("offset is a register", "pass it as scalar_offset")
        strides = tuple([_index(pair[0]) for pair in pattern])
        shape = tuple([_index(pair[1]) for pair in pattern])
        if min(shape, default=1) < 1:
            raise self._fail(f".ap pattern {list(map(list, pattern))} has an empty dimension")
        offset = _index(offset)
        dynamic = None
        if scalar_offset is not None and vector_offset is not None:
            raise self._fail("scalar_offset and vector_offset exclude each other")
        if scalar_offset is not None or vector_offset is not None:
            extents = self.shape if self._is_whole() else self.storage.shape
            stride = 1
            for extent in extents[indirect_dim + 1:]:
                stride *= extent
            stride = stride * self.storage.dtype.itemsize // kind.itemsize
            if vector_offset is not None:
                if indirect_dim != 0:
                    raise self._fail("vector_offset works with indirect_dim=0")
                dynamic = Dynamic("vector", vector_offset, stride)
            elif isinstance(scalar_offset, VirtualRegister):
                dynamic = Dynamic("register", scalar_offset, stride)
            elif isinstance(scalar_offset, NkiTensor):
                dynamic = Dynamic("scalar", scalar_offset, stride)
            else:
                offset += _index(scalar_offset) * stride
        return NkiTensor(self.storage, kind, shape, strides, offset, dynamic)

    def _is_columns(self, pattern: Sequence[Sequence[int]]) -> bool:
        """Whether this is a run of columns of a wider tensor on chip, and `pattern` steps through its own rows."""
        if not self.storage.on_chip or not self.shape or not pattern:
            return False
        width = self.size // self.shape[0]
        step = self.partition_stride
        return (width < step and _index(pattern[0][0]) == width and self.strides[0] == step
                and NkiTensor(self.storage, self.dtype, self.shape[1:], self.strides[1:]).is_contiguous())

    def _is_whole(self) -> bool:
        return self.offset == 0 and self.size == self.storage.elements and self.is_contiguous() \
            and self.dtype.itemsize == self.storage.dtype.itemsize

    def view(self, dtype: Any) -> NkiTensor:
        """The same bytes as another element type; the last dimension scales."""
        kind = as_dtype(dtype)
        if kind.itemsize == self.dtype.itemsize:
            return NkiTensor(self.storage, kind, self.shape, self.strides, self.offset, self.dynamic,
                             self.blocks)
        old, new = self.dtype.itemsize, kind.itemsize
        if not self.shape or (self.strides[-1] != 1 and self.shape[-1] != 1):
            raise self._fail("view(dtype) of a tensor whose last dimension is strided",
                             "copy it first, or use .ap(dtype=…)")
        last = self.shape[-1] * old
        if last % new or self.offset * old % new or any(s * old % new for s in self.strides[:-1]):
            raise self._fail(f"view({kind}): {self.shape[-1]} elements of {old} bytes at offset "
                             f"{self.offset} are no whole elements of {new} bytes")
        dynamic = self.dynamic
        if dynamic is not None:
            dynamic = Dynamic(dynamic.kind, dynamic.index, dynamic.stride * old // new)
        return NkiTensor(self.storage, kind, (*self.shape[:-1], last // new),
                         (*(s * old // new for s in self.strides[:-1]), 1), self.offset * old // new, dynamic)

    reinterpret_cast = view

    def indirect(self, index: NkiTensor, num_elem: int | None = None) -> NkiTensor:
        raise UnsupportedError("indirect() is an addressing mode of NeuronCore-v4 (trn3) that is not simulated",
                               place=current_place(),
                               remedy="gather with dma_copy and vector_offset, or nc_n_gather")

    # Instructions

    def astype(self, dtype: Any) -> NkiTensor:
        from .lowering import copy

        return copy(self, dtype=dtype)

    def _binary(self, op: str, other: Any, reverse: bool = False) -> Any:
        from .lowering import binary

        return binary(op, other, self) if reverse else binary(op, self, other)

    def __add__(self, other: Any) -> Any:
        return self._binary("add", other)

    def __radd__(self, other: Any) -> Any:
        return self._binary("add", other, True)

    def __sub__(self, other: Any) -> Any:
        return self._binary("subtract", other)

    def __rsub__(self, other: Any) -> Any:
        return self._binary("subtract", other, True)

    def __mul__(self, other: Any) -> Any:
        return self._binary("multiply", other)

    def __rmul__(self, other: Any) -> Any:
        return self._binary("multiply", other, True)

    def __truediv__(self, other: Any) -> Any:
        return self._binary("divide", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary("divide", other, True)

    def __pow__(self, other: Any) -> Any:
        return self._binary("power", other)

    def __and__(self, other: Any) -> Any:
        return self._binary("bitwise_and", other)

    def __or__(self, other: Any) -> Any:
        return self._binary("bitwise_or", other)

    def __xor__(self, other: Any) -> Any:
        return self._binary("bitwise_xor", other)

    def __lshift__(self, other: Any) -> Any:
        return self._binary("left_shift", other)

    def __rshift__(self, other: Any) -> Any:
        return self._binary("right_shift", other)

    def __lt__(self, other: Any) -> Any:
        return self._binary("less", other)

    def __le__(self, other: Any) -> Any:
        return self._binary("less_equal", other)

    def __gt__(self, other: Any) -> Any:
        return self._binary("greater", other)

    def __ge__(self, other: Any) -> Any:
        return self._binary("greater_equal", other)

    def __neg__(self) -> Any:
        return self._binary("multiply", -1.0)

    def __iadd__(self, other: Any) -> Any:
        from .assign import accumulate

        return accumulate(self, other)

    def __isub__(self, other: Any) -> Any:
        from .assign import update

        return update(self, "subtract", other)

    def __imul__(self, other: Any) -> Any:
        from .assign import update

        return update(self, "multiply", other)

    def __itruediv__(self, other: Any) -> Any:
        from .assign import update

        return update(self, "divide", other)

    # Values, while tracing

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        from .peek import values

        found = values(self)
        return found if dtype is None else found.astype(dtype)

    def __bool__(self) -> bool:
        if self.origin is None:
            return True  # "was the optional argument given?": it was
        raise self._fail("a tensor in Python's if, while, and, or, not",
                         "its values are known only when the program runs: use nl.where or a predicate")


class ParDim:
    """`nl.par_dim(n)`: marks the partition dimension of a shape."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = int(size)

    def __index__(self) -> int:
        return self.size

    __int__ = __index__


def _used(key: tuple[Any, ...], until: Any) -> int:
    """Indices that consume a dimension before the ellipsis."""
    count = 0
    for part in key:
        if part is until:
            return count
        if part is not None:
            count += 1
    return count


def _text(part: slice) -> str:
    text = f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return text if part.step is None else f"{text}:{part.step}"


def _index(value: Any) -> int:
    """A Python integer from whatever kernels use as one."""
    if type(value) is int:
        return value
    try:
        return int(value.__index__())
    except AttributeError:
        pass
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise NkiValidationError(f"{value!r} is no index", remedy="use integers: // instead of /",
                             place=current_place())


def _infer(shape: tuple[int, ...], size: int) -> tuple[int, ...] | None:
    """`shape` with its -1 filled in; `None` if the sizes disagree."""
    known = 1
    for extent in shape:
        if extent != -1:
            known *= extent
    if -1 in shape:
        if shape.count(-1) > 1 or known == 0 or size % known:
            return None
        return tuple(size // known if extent == -1 else extent for extent in shape)
    return shape if known == size else None


def _reshaped(shape: tuple[int, ...], strides: tuple[int, ...], wanted: tuple[int, ...]
              ) -> tuple[int, ...] | None:
    """Strides of the same elements in the shape `wanted`; `None` where no strides do it."""
    # Runs: neighbouring dimensions that are one longer dimension.
    runs: list[list[int]] = []
    for extent, stride in zip(shape, strides):
        if extent == 1:
            continue
        if runs and runs[-1][1] == stride * extent:
            runs[-1][0] *= extent
            runs[-1][1] = stride
        else:
            runs.append([extent, stride])
    result: list[int] = []
    position = len(runs) - 1
    left, step = (runs[position] if runs else (1, 1))
    for extent in reversed(wanted):
        if extent == 1:
            result.append(step if left != 1 else 1)
            continue
        if left == 1 and position > 0:
            position -= 1
            left, step = runs[position]
        if left % extent:
            return None
        result.append(step)
        step *= extent
        left //= extent
    return tuple(reversed(result))
