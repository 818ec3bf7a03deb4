"""Index grids of the first API generation: `t[i * 128 + nl.arange(128)[:, None], nl.arange(512)[None, :]]`.

Grids are NumPy arrays; each is taken apart into a start and a step for each dimension of the result.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..places import fail
from . import recording
from .geometry import V, View
from .indices import Dynamic, DynamicSlice, as_index


class Beyond:
    """A grid that leads out of its dimension: start and steps, by the dimensions of the view."""

    __slots__ = ("dim", "extent", "start", "steps")

    def __init__(self, dim: int, extent: int, start: int, steps: tuple[int, ...]) -> None:
        self.dim = dim
        self.extent = extent
        self.start = start
        self.steps = steps

    def reach(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The first and the last index in a view of a shape."""
        moves = [step * (extent - 1) for step, extent in zip(self.steps, shape)]
        return self.start + sum(min(move, 0) for move in moves), self.start + sum(max(move, 0) for move in moves)

    def leads_out(self, shape: tuple[int, ...]) -> bool:
        low, high = self.reach(shape)
        return low < 0 or high >= self.extent

    def moved(self, offsets: tuple[int, ...]) -> Beyond:
        """The same of a view that begins elsewhere."""
        start = self.start + sum(step * offset for step, offset in zip(self.steps, offsets))
        return Beyond(self.dim, self.extent, start, self.steps)


def index_by_grids(view: V, key: tuple[Any, ...]) -> V:
    """A view by integer grids, one for each dimension."""
    recording.rules.indexed(view, key)
    if any(part is Ellipsis for part in key):
        at = next(i for i, part in enumerate(key) if part is Ellipsis)
        missing = view.ndim - (len(key) - 1)
        key = (*key[:at], *([slice(None)] * missing), *key[at + 1:])
    if len(key) < view.ndim:
        key = (*key, *([slice(None)] * (view.ndim - len(key))))
    if len(key) != view.ndim:
        raise fail(f"{len(key)} indices for a tensor of shape {list(view.shape)}")
    grids = [np.asarray(part) for part in key if isinstance(part, np.ndarray)]
    # A tile of indices has a row for each of its partitions, whatever the rank of the grids.
    deepest = max(grid.ndim for grid in grids)
    tiles = [(part.shape[0],) + (1,) * (deepest - 1) if part.size == part.shape[0] else part.shape
             for part in key if isinstance(part, View) and part.size > 1]
    shape = np.broadcast_shapes(*(grid.shape for grid in grids), *tiles)
    rank = len(shape)
    strides = [0] * rank
    offset = view.offset
    extra: list[tuple[int, int]] = []
    dynamic = view.dynamic
    blocks = 0
    beyond: list[Beyond] = []
    front = _slices_in_front(key)
    for dim, (part, stride) in enumerate(zip(key, view.strides)):
        if isinstance(part, np.ndarray):
            start, steps = linear(part, rank)
            offset += start * stride
            for r, step in enumerate(steps):
                strides[r] += step * stride
            found = Beyond(dim, view.shape[dim], start, (0,) * front + tuple(steps))
            if found.leads_out((1,) * front + shape):
                beyond.append(found)
        elif isinstance(part, slice):
            start, stop, step = part.indices(view.shape[dim])
            extra.append(((stop - start + step - 1) // step, stride * step))
            offset += start * stride
        elif isinstance(part, DynamicSlice):
            extra.append((int(part.size), stride))
            offset += as_index(part.start) * stride
        elif isinstance(part, View):
            dynamic = _by_tile(dynamic, part, key[:dim], stride)
            if part.size > 1:
                strides[0] += stride
        else:
            value = as_index(part)
            if not -view.shape[dim] <= value < view.shape[dim]:
                raise fail(f"index {value} exceeds dimension {dim} of a tensor of shape {list(view.shape)}")
            offset += (value % view.shape[dim]) * stride
    extents = (*(extent for extent, _ in extra[:front]), *shape, *(extent for extent, _ in extra[front:]))
    steps_all = (*(stride for _, stride in extra[:front]), *strides, *(stride for _, stride in extra[front:]))
    result = view._made(view.storage, view.dtype, tuple(int(e) for e in extents),
                        tuple(int(s) for s in steps_all), int(offset), dynamic, blocks)
    if beyond:
        result.beyond = beyond
    return result


def _slices_in_front(key: tuple[Any, ...]) -> int:
    """How many slices stand in front of the grids, whose dimensions come first in the result then, as NumPy has it.

    None where slices are between grids: NumPy puts the dimensions of those first.
    """
    kinds = ["slice" if isinstance(part, (slice, DynamicSlice)) else "grid" for part in key
             if isinstance(part, (slice, DynamicSlice, np.ndarray)) or isinstance(part, View) and part.size > 1]
    front = kinds.index("grid")
    last = len(kinds) - 1 - kinds[::-1].index("grid")
    return 0 if "slice" in kinds[front:last] else front


#: Steps of grids that begin at 0, by shape and contents: loops make the same ones again and again.
_steps: dict[tuple[Any, ...], list[int]] = {}
_STEPS_LIMIT = 10_000


def linear(grid: np.ndarray[Any, Any], rank: int) -> tuple[int, list[int]]:
    """Start and steps of a grid that is linear in each dimension."""
    grid = np.asarray(grid)
    start = int(grid.flat[0])
    key = (rank, grid.shape, grid.dtype.char, (grid - grid.flat[0]).tobytes())
    steps = _steps.get(key)
    if steps is None:
        if len(_steps) >= _STEPS_LIMIT:
            _steps.clear()
        steps = _steps[key] = _linear_steps(grid, start, rank)
    return start, steps


def _linear_steps(grid: np.ndarray[Any, Any], start: int, rank: int) -> list[int]:
    steps = [0] * rank
    lead = rank - grid.ndim
    rebuilt: Any = start
    for dim in range(grid.ndim):
        extent = grid.shape[dim]
        if extent > 1:
            index = [0] * grid.ndim
            index[dim] = 1
            step = int(grid[tuple(index)]) - start
            steps[lead + dim] = step
            axis = [1] * grid.ndim
            axis[dim] = extent
            rebuilt = rebuilt + step * np.arange(extent).reshape(axis)
    if not np.array_equal(np.broadcast_to(rebuilt, grid.shape), grid):
        raise fail("an index that is no linear function of its grids",
                   "split the access, or compute the indices into a tile for an indirect load")
    return steps


def _by_tile(current: Dynamic | None, index: View, before: tuple[Any, ...], stride: int) -> Dynamic:
    if current is not None:
        raise fail("a view has one dynamic index at most")
    if index.size == 1:
        return Dynamic("scalar", index, stride)
    if not all(isinstance(part, (int, np.integer)) for part in before):
        raise _not_first()
    return Dynamic("vector", index, stride)


def _not_first() -> Exception:
    return fail("a tile of indices works on the first dimension that is not given by a number",
                "index the dimensions in front of it with numbers, or gather with nl.gather_flattened", "indirect_indices_free_dim")


def index_by_tile(view: Any, key: tuple[Any, ...]) -> Any:
    """`hbm[tile, …]`: one index for each row."""
    tile = next(part for part in key if isinstance(part, View))
    position = next(i for i, part in enumerate(key) if part is tile)
    if position > 0:
        if not all(isinstance(part, (int, np.integer)) for part in key[:position]):
            raise _not_first()
        return index_by_tile(view[tuple(key[:position])], key[position:])
    rest = view._with((1, *view.shape[1:]), view.strides, view.offset)[(slice(0, 1), *key[1:])]
    return view._made(view.storage, view.dtype, (tile.shape[0], *rest.shape[1:]),
                      (view.strides[0], *rest.strides[1:]), rest.offset, Dynamic("vector", tile, view.strides[0]))


class Grid(np.ndarray):  # type: ignore[type-arg,unused-ignore]
    """An index grid; comparisons remember the affine function that they compare with 0."""

    def _compare(self, other: Any, op: str) -> Any:
        result = getattr(np, op)(np.asarray(self), np.asarray(other)).view(Mask)
        result.difference = np.asarray(self) - np.asarray(other)
        result.op = op
        return result

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, "less")

    def __le__(self, other: Any) -> Any:
        return self._compare(other, "less_equal")

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, "greater")

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, "greater_equal")

    def __eq__(self, other: Any) -> Any:
        return self._compare(other, "equal")

    def __ne__(self, other: Any) -> Any:
        return self._compare(other, "not_equal")

    __hash__ = None  # type: ignore[assignment,unused-ignore]

    def __setitem__(self, key: Any, value: Any) -> None:
        recording.rules.index_assigned()
        super().__setitem__(key, value)


class Mask(np.ndarray):  # type: ignore[type-arg,unused-ignore]
    """Which positions an operation works on."""

    #: Left sides of `mask and mask`, which Python asks for their truth alone.
    pending: list[Any] = []

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(np.asarray(self).reshape(-1)[0])
        if not recording.rules.condition(sys._getframe(1)):
            Mask.pending.append(self)
        return True

    #: The affine function of the position that the comparison took, where it was one comparison.
    difference: Any = None
    op: str = ""


class MGrid:
    """`nl.mgrid[0:128, 0:512]`: open grids, which together make an index."""

    def __getitem__(self, key: Any) -> Grids:
        parts = key if isinstance(key, tuple) else (key,)
        axes = []
        for dim, part in enumerate(parts):
            start, stop, step = int(part.start or 0), int(part.stop), int(part.step or 1)
            shape = [1] * len(parts)
            shape[dim] = -1
            axes.append(np.arange(start, stop, step).reshape(shape).view(Grid))
        return Grids(axes)


class Grids(tuple):  # type: ignore[type-arg]
    """The grids of `mgrid`, also by name: the partitions, then x, y, z and w in the order of the dimensions.

    (`select_and_scatter` of nki-samples has windows [p, width, 3, 3] whose .y and .z are the last two.)
    """

    @property
    def p(self) -> Any:
        return self[0]

    @property
    def x(self) -> Any:
        return self[1]

    @property
    def y(self) -> Any:
        return self[2]

    @property
    def z(self) -> Any:
        return self[3]

    @property
    def w(self) -> Any:
        return self[4]
