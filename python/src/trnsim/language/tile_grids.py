"""`nl.tiles`, `nl.blocks`, `nl.alloc_tiles`, `nl.alloc_blocks` (NKI 0.7): tensors by coordinates of tiles and of blocks of tiles.

A grid is a view: it records nothing, and `data` is the tensor of what is selected. What the documentation of SDK 2.33 does not say is
`assumed` here: tiles that share an allocation on chip lie side by side in row-major order of their coordinates, and a dimension
in front of the tiles' is gone once a number has chosen in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import KernelTypeError, KernelValueError, NkiValidationError, UnsupportedError
from ..places import current_place
from ..record.allocate import ndarray
from ..tensor.dtypes import DType
from ..tensor.registers import VirtualRegister
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor


class _Selection(NamedTuple):
    """What is selected along a dimension of the elements."""

    start: int
    stop: int
    #: Whether a number chose it, so that it is no coordinate any more.
    is_chosen: bool = False

    @property
    def extent(self) -> int:
        return self.stop - self.start


class NkiGrid:
    """A tensor by coordinates: of tiles (`NkiTileGrid`) or of blocks (`NkiBlockGrid`). Made by nl.tiles and its siblings."""

    __slots__ = ("_dense", "_selected", "_tensor", "_tile")

    def __init__(self, tensor: NkiTensor, tile: tuple[int, ...], selected: tuple[_Selection, ...], dense: tuple[int, ...] | None = None) -> None:
        self._tensor = tensor
        self._tile = tile
        self._selected = selected
        #: Of tiles that lie side by side on chip: how many along each dimension of the elements.
        self._dense = dense

    # Geometry

    @property
    def _front(self) -> int:
        """Dimensions in front of those that are tiled."""
        return len(self._selected) - len(self._tile)

    @property
    def _steps(self) -> tuple[int, ...]:
        """Elements from one coordinate to the next, along each dimension of the elements."""
        return (1,) * self._front + self._tile

    @property
    def shape(self) -> tuple[int, ...]:
        """Coordinates along each dimension in which nothing is chosen; the last one may be smaller than the others."""
        return tuple(-(-part.extent // step) for part, step in zip(self._selected, self._steps) if not part.is_chosen)

    @property
    def tile_shape(self) -> tuple[int, ...]:
        """Elements of a whole tile."""
        return self._tile

    @property
    def element_shape(self) -> tuple[int, ...]:
        """Elements that are selected along each dimension."""
        return tuple(part.extent for part in self._shown)

    @property
    def _shown(self) -> tuple[_Selection, ...]:
        return tuple(part for dim, part in enumerate(self._selected) if dim >= self._front or not part.is_chosen)

    @property
    def index_step_elements(self) -> tuple[int, ...]:
        """Elements from one coordinate to the next, along each dimension in which nothing is chosen."""
        return tuple(step for part, step in zip(self._selected, self._steps) if not part.is_chosen)

    @property
    def is_remainder(self) -> bool:
        """Whether a tile of the selection is smaller than `tile_shape`."""
        return any(part.extent % extent != 0 for part, extent in zip(self._selected[self._front:], self._tile))

    @property
    def buffer(self) -> Any:
        """The memory that it is in."""
        return self._tensor.buffer

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._tensor.dtype

    def __len__(self) -> int:
        if not self.shape:
            raise KernelTypeError("len() of one tile", place=current_place())
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {list(self.shape)} of tiles {list(self._tile)} in {self._tensor!r}>"

    # Selections

    def _with(self, selected: tuple[_Selection, ...]) -> Any:
        return type(self)(self._tensor, self._tile, selected, self._dense)

    def __getitem__(self, key: Any) -> Any:
        """A part, by numbers, which choose, and slices without a step."""
        keys = list(key) if isinstance(key, tuple) else [key]
        open_dims = [dim for dim, part in enumerate(self._selected) if not part.is_chosen]
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            keys[at:at + 1] = [slice(None)] * (len(open_dims) - len(keys) + 1)
        if len(keys) > len(open_dims):
            raise NkiValidationError(f"{len(keys)} coordinates for a grid of shape {list(self.shape)}", place=current_place())
        selected = list(self._selected)
        for dim, part in zip(open_dims, keys):
            selected[dim] = self._part(dim, part)
        return self._with(tuple(selected))

    def _part(self, dim: int, key: Any) -> _Selection:
        found, step = self._selected[dim], self._steps[dim]
        count = -(-found.extent // step)
        if isinstance(key, (VirtualRegister, NkiTensor)):
            raise UnsupportedError("a grid by a coordinate that is known when the program runs", place=current_place(),
                                   remedy="use .ap(…, scalar_offset=…) of the tensor; index_step_elements says how far coordinates are apart")
        if isinstance(key, slice):
            if key.step not in (None, 1):
                raise KernelValueError(f"a slice of a grid with step {key.step}", remedy="slices of grids have no step", place=current_place())
            first, behind, _ = key.indices(count)
            if first >= behind:
                raise KernelValueError(f"slice {key.start}:{key.stop} of {count} coordinates is empty", place=current_place())
            return _Selection(found.start + first * step, min(found.start + behind * step, found.stop))
        try:
            index = int(key.__index__())
        except AttributeError:
            raise KernelTypeError(f"a coordinate of a grid is {type(key).__name__}", remedy="a number or a slice", place=current_place()) from None
        if not -count <= index < count:
            raise NkiValidationError(f"coordinate {index} exceeds dimension {dim} of a grid of shape {list(self.shape)}", place=current_place())
        first = found.start + index % count * step
        return _Selection(first, min(first + step, found.stop), True)

    # The tensor

    @property
    def is_data_representable(self) -> bool:
        """Whether what is selected is one tensor: on chip not where tiles lie above each other."""
        if self._dense is None:
            return True
        tiles = [-(-part.extent // step) for part, step in zip(self._selected, (1,) * self._front + self._tile)]
        return all(count == 1 for count in tiles[:-1]) and (tiles[-1] == 1 or len(self._tile) == 2)

    @property
    def data(self) -> NkiTensor:
        """What is selected as one tensor, an operand of instructions.

        Raises:
            NkiValidationError: where `is_data_representable` is false.
        """
        if not self.is_data_representable:
            raise NkiValidationError(f"tiles of a grid of shape {list(self.shape)} are no one tensor on chip: they lie above each other",
                                     remedy="choose one tile, or neighbours along the last dimension", place=current_place())
        if self._dense is None:
            return self._tensor[tuple(part.start if dim < self._front and part.is_chosen else slice(part.start, part.stop)
                                      for dim, part in enumerate(self._selected))]
        number = 0
        for part, step, count in zip(self._selected, self._steps, self._dense):
            number = number * count + part.start // step
        size = 1
        for extent in self._tile[1:]:
            size *= extent
        parts = self._selected[self._front:]
        rows = self._tensor[0:parts[0].extent, number * size:]
        if len(self._tile) == 2:
            return rows[:, 0:parts[1].extent]
        whole = rows[:, 0:size].reshape((parts[0].extent, *self._tile[1:]))
        return whole[tuple(slice(0, part.extent) for part in parts)]


class NkiTileGrid(NkiGrid):
    """A tensor by coordinates of tiles: `grid[i, j]` is a grid of one tile, `grid[i, j].data` its tensor."""

    __slots__ = ()


class NkiBlockGrid(NkiGrid):
    """A tensor by coordinates of blocks, each of `block_shape` tiles."""

    __slots__ = ("_block",)

    def __init__(self, tensor: NkiTensor, tile: tuple[int, ...], selected: tuple[_Selection, ...], dense: tuple[int, ...] | None = None,
                 block: tuple[int, ...] = ()) -> None:
        super().__init__(tensor, tile, selected, dense)
        self._block = block

    @property
    def _steps(self) -> tuple[int, ...]:
        return (1,) * self._front + tuple(tile * count for tile, count in zip(self._tile, self._block))

    @property
    def block_shape(self) -> tuple[int, ...]:
        """Tiles of a whole block."""
        return self._block

    def _with(self, selected: tuple[_Selection, ...]) -> NkiBlockGrid:
        return NkiBlockGrid(self._tensor, self._tile, selected, self._dense, self._block)


def _shape(value: Any, what: str, least: int = 1) -> tuple[int, ...]:
    """A shape of positive integers."""
    if type(value) is not tuple or not all(type(extent) is int for extent in value):
        raise KernelTypeError(f"{what} is {value!r}", remedy="a tuple of integers", place=current_place())
    if len(value) < least or any(extent < 1 for extent in value):
        raise KernelValueError(f"{what} is {value}", remedy=f"at least {least} positive extents", place=current_place())
    return value


def _opened(source: NkiGrid) -> tuple[_Selection, ...]:
    """A selection all of whose tiled dimensions are coordinates again."""
    return tuple(part if dim < source._front else part._replace(is_chosen=False) for dim, part in enumerate(source._selected))


def _of(source: Any, tile_shape: Any, what: str) -> tuple[NkiTensor, tuple[int, ...], tuple[_Selection, ...], tuple[int, ...] | None]:
    """What a grid over a tensor or over another grid is made of."""
    if isinstance(source, NkiGrid):
        tile = source._tile if tile_shape is None else _shape(tile_shape, "tile_shape", 2)
        if source._dense is not None and tile != source._tile:
            raise UnsupportedError(f"{what} with other tiles than those that were allocated", place=current_place(),
                                   remedy=f"tile_shape={source._tile}, or leave it out")
        return source._tensor, tile, _opened(source), source._dense
    if not isinstance(source, NkiTensor):
        raise KernelTypeError(f"{what} of {type(source).__name__}", remedy="pass a tensor or a grid", place=current_place())
    if tile_shape is None:
        raise KernelTypeError(f"{what} of a tensor without tile_shape", remedy="tile_shape=(rows, columns)", place=current_place())
    tile = _shape(tile_shape, "tile_shape", 2)
    _require_rank(tile, source.shape)
    return source, tile, tuple(_Selection(0, extent) for extent in source.shape), None


def _require_rank(tile: Sequence[int], shape: Sequence[int]) -> None:
    if len(tile) > len(shape):
        raise KernelValueError(f"tile_shape {tuple(tile)} has more dimensions than the elements, {tuple(shape)}", place=current_place())


def tiles(source: Any, *, tile_shape: Any = None) -> NkiTileGrid:
    return NkiTileGrid(*_of(source, tile_shape, "nl.tiles"))


def blocks(source: Any, *, tile_shape: Any = None, block_shape: Any) -> NkiBlockGrid:
    tensor, tile, selected, dense = _of(source, tile_shape, "nl.blocks")
    block = _shape(block_shape, "block_shape", 2)
    if len(block) != len(tile):
        raise KernelValueError(f"block_shape {block} and tile_shape {tile} have different numbers of dimensions", place=current_place())
    return NkiBlockGrid(tensor, tile, selected, dense, block)


def alloc_tiles(*, tile_shape: Any, element_shape: Any, buffer: Any, dtype: Any, address: Any = None, name: str = "") -> NkiTileGrid:
    tile, elements = _shape(tile_shape, "tile_shape", 2), _shape(element_shape, "element_shape", 2)
    _require_rank(tile, elements)
    if not isinstance(buffer, MemoryRegion):
        raise KernelTypeError(f"buffer is {buffer!r}", remedy="nl.sbuf, nl.psum or nl.shared_hbm", place=current_place())
    selected = tuple(_Selection(0, extent) for extent in elements)
    if not buffer.is_on_chip:
        return NkiTileGrid(ndarray(elements, dtype, buffer, name, address), tile, selected)
    front = len(elements) - len(tile)
    counts = elements[:front] + tuple(-(-extent // step) for extent, step in zip(elements[front:], tile))
    free = 1
    for extent in (*counts, *tile[1:]):
        free *= extent
    return NkiTileGrid(ndarray((tile[0], free), dtype, buffer, name, address), tile, selected, counts)


def alloc_blocks(*, tile_shape: Any, block_shape: Any, element_shape: Any, buffer: Any, dtype: Any, address: Any = None,
                 name: str = "") -> NkiBlockGrid:
    return blocks(alloc_tiles(tile_shape=tile_shape, element_shape=element_shape, buffer=buffer, dtype=dtype, address=address, name=name),
                  block_shape=block_shape)


__all__ = ["NkiBlockGrid", "NkiGrid", "NkiTileGrid", "alloc_blocks", "alloc_tiles", "blocks", "tiles"]
