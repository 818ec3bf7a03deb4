"""The memories that a tensor can be in, as `nl.sbuf` and its siblings name them."""

from __future__ import annotations

from enum import Enum
from typing import Any


class MemoryRegion(str, Enum):
    """A memory; equal to its name."""

    sbuf = "sbuf"
    psum = "psum"
    hbm = "hbm"
    private_hbm = "private_hbm"
    shared_hbm = "shared_hbm"
    register = "register"

    is_hbm: bool
    is_on_chip: bool

    def __repr__(self) -> str:
        return str(self.value)

    __str__ = __repr__


for _region in MemoryRegion:
    _region.is_hbm = _region.value.endswith("hbm")
    _region.is_on_chip = _region in (MemoryRegion.sbuf, MemoryRegion.psum)


class PlacedRegion:
    """A memory with a rule for addresses, as the first API generation's `ncc.sbuf.alloc(…)` makes."""

    __slots__ = ("address_of", "region", "slots")

    def __init__(self, region: MemoryRegion, address_of: Any, slots: Any = None) -> None:
        self.region = region
        self.address_of = address_of
        self.slots = slots


def as_region(buffer: Any) -> MemoryRegion:
    """The memory that `buffer=` names."""
    if type(buffer) is MemoryRegion:
        return buffer
    if buffer is None:
        return MemoryRegion.sbuf
    if isinstance(buffer, PlacedRegion):
        return buffer.region
    try:
        return MemoryRegion(str(buffer))
    except ValueError:
        known = ", ".join(f"nl.{region.value}" for region in MemoryRegion)
        raise TypeError(f"{buffer!r} is not a memory\n  help: one of {known}") from None
