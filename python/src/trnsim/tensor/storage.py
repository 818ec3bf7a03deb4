"""Storages: what an allocation made. Views address them; the program declares them."""

from __future__ import annotations

from typing import Any, Final

from .dtypes import DType
from .spaces import MemoryRegion

#: Members of an Enum take long to look up.
_SBUF: Final = MemoryRegion.sbuf
_PSUM: Final = MemoryRegion.psum


class Storage:
    """A tensor as it lies in memory."""

    __slots__ = ("address", "aliases", "array", "declaration", "dtype", "elements", "first", "free", "last", "lazy", "matmuls", "name",
                 "on_chip", "operand", "place", "region", "role", "shape", "written")

    def __init__(self, name: str, region: MemoryRegion, dtype: DType, shape: tuple[int, ...], *,
                 address: tuple[int, int] | None = None, place: Any = None) -> None:
        self.name = name
        self.region = region
        self.on_chip = region is _SBUF or region is _PSUM
        self.dtype = dtype
        self.shape = shape
        if len(shape) == 2:
            partitions, free = shape
            elements = partitions * free
        else:
            elements = 1
            for extent in shape:
                elements *= extent
            free = elements // shape[0] if shape and shape[0] else elements
        self.elements = elements
        #: Elements of one partition.
        self.free = free
        #: (partition, byte) where the author placed it.
        self.address = address
        self.place = place
        #: First and last instruction that touches it; -1 for none.
        self.first = -1
        self.last = -1
        #: "scratch", "shared" (by the cores of a rank), "input", "output" or "inout".
        self.role = "scratch"
        self.written = False
        #: A value that all elements have until something is written; stored when it is first needed.
        self.lazy: Any = None
        #: How operands of records begin, in its own element type and in others under which it is seen.
        self.operand = b""
        self.aliases: dict[DType, bytes] | None = None
        #: What the program says of it besides its name, where that is known from the start.
        self.declaration = b""
        #: Regions that matmuls wrote, for `accumulate=None`.
        self.matmuls: Any = None
        self.array: Any = None

    @property
    def is_hbm(self) -> bool:
        return self.region.is_hbm

    @property
    def free_bytes(self) -> int:
        return self.free * self.dtype.itemsize

    @property
    def partitions(self) -> int:
        return self.shape[0] if self.shape else 1

    def __repr__(self) -> str:
        return f"<{self.region.value} {self.dtype} {list(self.shape)} '{self.name}'>"
