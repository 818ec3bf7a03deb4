"""Block dimensions of the first API generation: `(8, nl.par_dim(128), 512)` is eight tiles with one name.

Each block is a storage of its own, so that it lives only as long as it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..places import fail
from . import recording
from .dtypes import DType
from .indices import DynamicSlice, as_index
from .spaces import MemoryRegion
from .view import NkiTensor


class BlockTensor:
    """Tiles in the order of their block indices, made when they are first used."""

    __slots__ = ("blocks", "dtype", "make", "name", "origin", "region", "shape", "tiles")

    def __init__(self, shape: tuple[int, ...], blocks: int, dtype: DType, region: MemoryRegion, name: str,
                 make: Callable[[tuple[int, ...]], NkiTensor], tiles: dict[tuple[int, ...], NkiTensor]) -> None:
        self.shape = shape
        self.blocks = blocks
        self.dtype = dtype
        self.region = region
        self.name = name
        self.make = make
        self.tiles = tiles
        self.origin = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def buffer(self) -> MemoryRegion:
        return self.region

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def block(self, index: tuple[int, ...]) -> NkiTensor:
        """The tile of a block index."""
        found = self.tiles.get(index)
        if found is None:
            found = self.tiles[index] = self.make(index)
        return found

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if any(part is Ellipsis for part in parts):
            at = next(i for i, part in enumerate(parts) if part is Ellipsis)
            parts = (*parts[:at], *([slice(None)] * (self.ndim - len(parts) + 1)), *parts[at + 1:])
        head, rest = parts[:self.blocks], parts[self.blocks:]
        index: list[int] = []
        for dim, part in enumerate(head):
            if isinstance(part, np.ndarray) and part.size == 1:
                part = int(part.reshape(())[()])
            if isinstance(part, (slice, DynamicSlice, np.ndarray)):
                return self._part(parts, dim)
            value = as_index(part)
            if not 0 <= value < self.shape[dim]:
                raise fail(f"index {value} exceeds block dimension {dim} of shape {list(self.shape)}",
                           f"indices go from 0 to {self.shape[dim] - 1}")
            index.append(value)
        if len(index) < self.blocks:
            return self._sub(tuple(index))
        tile = self.block(tuple(index))
        return tile[rest] if rest else tile

    def _sub(self, prefix: tuple[int, ...]) -> BlockTensor:
        """What is left when some block dimensions are indexed."""
        used = len(prefix)
        return BlockTensor(self.shape[used:], self.blocks - used, self.dtype, self.region, self.name,
                           lambda index: self.block(prefix + index), {})

    def _part(self, parts: tuple[Any, ...], dim: int) -> Any:
        part = parts[dim]
        if isinstance(part, np.ndarray):
            raise fail("a block dimension is indexed by one number", "loop over the blocks")
        if isinstance(part, DynamicSlice):
            start, count = as_index(part.start), int(part.size)
        else:
            start, stop, step = part.indices(self.shape[dim])
            if step != 1:
                raise fail("a block dimension is sliced without step")
            count = stop - start
        before = tuple(as_index(p) for p in parts[:dim])
        outer = self._sub(before) if before else self

        def make(index: tuple[int, ...]) -> NkiTensor:
            return outer.block((index[0] + start, *index[1:]))

        found = BlockTensor((count, *outer.shape[1:]), outer.blocks, self.dtype, self.region, self.name, make, {})
        later = parts[dim + 1:]
        if count == 1:
            return found[(0, *later)]
        if all(isinstance(p, slice) and p == slice(None) for p in later):
            return found
        raise fail("several blocks at once", "loop over the blocks")

    def __setitem__(self, key: Any, value: Any) -> None:
        found = self[key]
        if isinstance(found, BlockTensor):
            for i in range(found.shape[0]):
                found[i] = value if not isinstance(value, BlockTensor) else value[i]
            return
        recording.recorder.assign(found, Ellipsis, value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(self.shape[0]))

    def __len__(self) -> int:
        return self.shape[0]
