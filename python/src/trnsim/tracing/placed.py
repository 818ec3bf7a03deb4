"""Addresses by a rule, as the first API generation's `ncc.sbuf.alloc` and `mod_alloc` give them."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from .dtypes import DType
from .places import current_place
from .spaces import MemoryRegion, PlacedRegion

BANK_BYTES = 2048


def first_address(region: MemoryRegion, dtype: DType, placed: PlacedRegion, partitions: int, free: int
                  ) -> tuple[int, int]:
    """Where a tensor without blocks lies."""
    return _address(region, placed.address_of((), partitions, free * dtype.itemsize))


def _address(region: MemoryRegion, found: Any) -> tuple[int, int]:
    if region is MemoryRegion.psum:
        bank, partition, byte = found
        return int(partition), int(bank) * BANK_BYTES + int(byte)
    partition, byte = found
    return int(partition), int(byte)


def placed_blocks(program: Any, region: MemoryRegion, dtype: DType, shape: tuple[int, ...], name: str,
                  blocks: int, placed: PlacedRegion, found: Any) -> Any:
    raise UnsupportedError(f"'{name}' has blocks and addresses by a rule", place=current_place(),
                           remedy="leave the allocation to the compiler: buffer=nl.sbuf")
