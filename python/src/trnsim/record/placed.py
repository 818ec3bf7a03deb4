"""Addresses by a rule, as the first API generation's `ncc.sbuf.alloc` and `mod_alloc` give them."""

from __future__ import annotations

import inspect
from typing import Any

from ..tensor.dtypes import DType
from ..tensor.spaces import MemoryRegion, PlacedRegion
from .context import trace


def first_address(region: MemoryRegion, dtype: DType, placed: PlacedRegion, partitions: int, free: int
                  ) -> tuple[int, int]:
    """Where a tensor without blocks lies."""
    return block_address(region, dtype, placed, (), (), partitions, free)


def _call(function: Any, index: tuple[int, ...], partitions: int, size: int) -> Any:
    """The author's function; by the documented names, so that one may be bound beforehand with functools.partial."""
    named = {"idx": index, "pdim_size": partitions, "fdim_size": size}
    try:
        inspect.signature(function).bind(**named)
    except TypeError:
        return function(index, partitions, size)
    return function(**named)


def block_address(region: MemoryRegion, dtype: DType, placed: PlacedRegion, index: tuple[int, ...],
                  extents: tuple[int, ...], partitions: int, free: int) -> tuple[int, int]:
    """(partition, byte) of a block."""
    size = free * dtype.itemsize
    if placed.address_of is not None:
        found = _call(placed.address_of, index, partitions, size)
        if region is MemoryRegion.psum:
            bank, partition, byte = found
            return int(partition), int(bank) * trace().machine.bank_bytes + int(byte)
        partition, byte = found
        return int(partition), int(byte)
    base_byte, base_bank, base_partition, in_partitions, in_free = placed.slots
    slot = _slot(index, tuple(in_free) or (1,) * len(index))
    row = _slot(index, tuple(in_partitions) or (1,) * len(index))
    if region is MemoryRegion.psum:
        machine = trace().machine
        return int(base_partition + row * partitions), int((base_bank + slot) % machine.banks * machine.bank_bytes)
    return int(base_partition + row * partitions), int(base_byte + slot * size)


def _slot(index: tuple[int, ...], counts: tuple[int, ...]) -> int:
    """Blocks take turns: in each dimension index modulo count, the last fastest."""
    slot = 0
    for i, count in zip(index, counts):
        slot = slot * count + i % count
    return slot
