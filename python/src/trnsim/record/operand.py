"""From a view to the core's access pattern: rows, and up to four strided dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..errors import NkiValidationError
from ..places import current_place, fail
from ..tensor.view import NkiTensor
from .context import program, trace
from .encoding import signed

#: Added to the number of free dimensions where a register moves the pattern.
_MOVED: Final = 8
_INT32: Final = range(-(1 << 31), 1 << 31)


class Pattern:
    """Rows and free dimensions of a view, whatever its storage: loops make the same ones again and again."""

    __slots__ = ("data", "elements", "free", "key", "offset", "row_start", "row_stride", "rows")

    def __init__(self, row_start: int, rows: int, row_stride: int, offset: int, free: list[tuple[int, int]]) -> None:
        self.row_start = row_start
        self.rows = rows
        self.row_stride = row_stride
        self.offset = offset
        self.free = free
        #: What follows the tensor's number in a record.
        self.data = self.encoded()
        #: What tells the place of one pattern of a tensor from another.
        self.key: Any = (row_start, rows, offset, tuple(free))
        #: Elements of a row.
        self.elements = 1
        for _, extent in free:
            self.elements *= extent

    def encoded(self, dynamic: Any = None) -> bytes:
        """The pattern's bytes in a record, moved by a register where `dynamic` says so."""
        numbers = [self.row_start, self.rows, self.row_stride, self.offset]
        pairs = [number for pair in self.free for number in pair]
        for number in (self.row_start, self.rows, *pairs):
            if not _INT32.start <= number < _INT32.stop:
                raise fail(f"{number} in an access pattern does not fit into 32 bits", "work on a part of the tensor")
        is_moved = dynamic is not None and dynamic.kind == "register"
        if is_moved:
            pairs += (dynamic.index.number, dynamic.stride)
        extents = bytes((len(self.free) + (_MOVED if is_moved else 0),))
        return b"".join((*map(signed, numbers), extents, *map(signed, pairs)))


class CoreOperand:
    """Rows and free dimensions of a view, as the core has them."""

    __slots__ = ("data", "elements", "pattern", "rows", "tensor")

    def __init__(self, tensor: bytes, pattern: Pattern, dynamic: Any) -> None:
        #: The value of a field, and its begin, which names the tensor.
        self.tensor = tensor
        self.data = tensor + (pattern.data if dynamic is None else pattern.encoded(dynamic))
        self.pattern = pattern
        # What nearly every operation compares.
        self.rows = pattern.rows
        self.elements = pattern.elements

    @property
    def row_start(self) -> int:
        return self.pattern.row_start

    @property
    def offset(self) -> int:
        return self.pattern.offset

    @property
    def free(self) -> list[tuple[int, int]]:
        return self.pattern.free

    @property
    def key(self) -> Any:
        return self.pattern.key


#: Patterns by what makes them; emptied when full, so that a kernel of any length fits in memory.
_patterns: dict[tuple[Any, ...], Pattern] = {}
_PATTERN_LIMIT: Final = 200_000


def _remember(key: tuple[Any, ...], pattern: Pattern) -> Pattern:
    if len(_patterns) >= _PATTERN_LIMIT:
        _patterns.clear()
    _patterns[key] = pattern
    return pattern


def merged(dims: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same elements in the same order with as few dimensions as possible."""
    result: list[tuple[int, int]] = []
    for stride, extent in dims:
        if extent == 1:
            continue
        if result and result[-1][0] == stride * extent:
            result[-1] = (stride, result[-1][1] * extent)
        else:
            result.append((stride, extent))
    return result


def core_operand(view: NkiTensor, what: str = "operand") -> CoreOperand:
    """The operand of an engine or a DMA; cached on the view."""
    found = view._core
    if found is None:
        found = view._core = _make(view, what)
    return found  # type: ignore[no-any-return]


def operand_value(view: NkiTensor, what: str = "operand") -> bytes:
    """The operand as a field's value."""
    found = view._core
    if found is None:
        found = view._core = _make(view, what)
    return found.data  # type: ignore[no-any-return]


def _make(view: NkiTensor, what: str) -> CoreOperand:
    storage = view.storage
    if view.beyond is not None:
        grid = view.beyond[0]
        low, high = grid.reach(view.shape)
        raise fail(f"{what}: indices {low} to {high} lead out of dimension {grid.dim} of '{storage.name}', which has {grid.extent} "
                   "elements", "give a mask, such as mask=i < n, or shorten the index", "tensor_access_out_of_bound")
    if view.dtype is storage.dtype:
        tensor, stride = storage.operand, storage.free
    else:
        tensor, stride = program().alias(storage, view.dtype), view.partition_stride
    if storage.on_chip:
        key: tuple[Any, ...] = (view.shape, view.strides, view.offset, stride, view.blocks)
        pattern = _patterns.get(key) or _remember(key, _on_chip(view, what))
    else:
        key = (view.shape, view.strides, view.offset)
        pattern = _patterns.get(key) or _remember(key, _in_hbm(view, what))
    return CoreOperand(tensor, pattern, view.dynamic)


def _on_chip(view: NkiTensor, what: str) -> Pattern:
    per_partition = view.partition_stride
    shape, strides = view.shape, view.strides
    row_start, offset = divmod(view.offset, per_partition)
    rows = 1
    at = 0
    if view.blocks:
        # Blocks that are left over must be single; the partition dimension follows.
        while at < view.blocks and at < len(shape):
            if shape[at] != 1:
                raise NkiValidationError(
                    f"{what} has {shape[at]} blocks, an instruction works on one",
                    remedy="index the block dimension", place=current_place())
            at += 1
    if at < len(shape):
        rows = shape[at]
        if rows > 1 and strides[at] != per_partition:
            # Dimensions before the partitions that are runs of partitions themselves.
            run, expected, last = 1, per_partition, -1
            for dim in range(len(shape) - 1, at - 1, -1):
                if strides[dim] == expected and (strides[dim] % per_partition == 0) and shape[dim] > 1:
                    run *= shape[dim]
                    expected *= shape[dim]
                    last = max(last, dim)
            lead = 1
            for dim in range(at, last + 1):
                lead *= shape[dim]
            if last < 0 or lead != run:
                raise NkiValidationError(
                    f"{what}: the first dimension of a tensor in {view.storage.region.value} is the "
                    f"partition dimension; shape {list(shape)}, strides {list(strides)} of a tensor with "
                    f"{per_partition} elements in a partition skip or mix partitions",
                    remedy="take whole partitions; transpose or copy to change the layout",
                    place=current_place())
            rows = run
            at = last
        at += 1
    return Pattern(row_start, rows, 0, offset, _few(list(zip(strides[at:], shape[at:])), what))


def _few(dims: list[tuple[int, int]], what: str) -> list[tuple[int, int]]:
    """Free dimensions, no more than an access pattern has."""
    # Most operands have one, which is never too many.
    if len(dims) > 1 and len(dims) > (limit := trace().machine.free_dimensions):
        dims = merged(dims)
        if len(dims) > limit:
            raise NkiValidationError(
                f"{what} has {len(dims)} free dimensions, an access pattern has at most "
                f"{limit}", remedy="split the instruction, or copy the tensor first",
                place=current_place())
    return dims


def fits(view: NkiTensor) -> bool:
    """Whether one access pattern holds the view."""
    limit = trace().machine.free_dimensions
    if view.ndim - 1 - view.blocks <= limit:
        return True
    return len(merged(list(zip(view.strides[1:], view.shape[1:])))) <= limit


def pieces(*views: NkiTensor) -> Iterator[tuple[NkiTensor, ...]]:
    """Views of one shape, cut along their outer free dimensions until an access pattern holds each."""
    first = views[0]
    if all(fits(view) for view in views) or any(view.shape != first.shape for view in views):
        yield views
        return
    dim = next(d for d in range(1, first.ndim) if first.shape[d] > 1)
    for i in range(first.shape[dim]):
        yield from pieces(*(view.select(dim, i) for view in views))


def _in_hbm(view: NkiTensor, what: str) -> Pattern:
    shape, strides = view.shape, view.strides
    if not shape:
        rows, row_stride, dims = 1, 0, []
    else:
        rows, row_stride = shape[0], strides[0]
        dims = list(zip(strides[1:], shape[1:]))
    return Pattern(0, rows, row_stride, view.offset, _few(dims, what))
