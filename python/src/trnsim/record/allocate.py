"""`nl.ndarray` and its siblings: new storages."""

from __future__ import annotations

import linecache
import re
from typing import Any, Final

from ..errors import NkiValidationError
from ..places import current_place, fail, user_place
from ..tensor import recording
from ..tensor.blocks import BlockTensor
from ..tensor.dtypes import DType, as_dtype
from ..tensor.indices import ParDim
from ..tensor.shapes import contiguous
from ..tensor.spaces import MemoryRegion, PlacedRegion, as_region
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor
from .context import Trace, trace
from .placed import block_address, first_address
from .program import Program, Site

SBUF: Final = MemoryRegion.sbuf
PSUM: Final = MemoryRegion.psum

_ASSIGNED: Final = re.compile(r"^\s*(?:self\.)?([A-Za-z_]\w*)(?:\s*:[^=]+)?\s*=[^=]")


def guess_name(site: Site) -> str:
    """The variable that the user's line assigns to, which names the tensor in reports; empty if there is none."""
    if site.name is None:
        code, line = site.place
        match = _ASSIGNED.match(linecache.getline(code.co_filename, line))
        site.name = match[1] if match else ""
    return site.name


def ndarray(shape: Any, dtype: Any, buffer: Any = None, name: str = "", address: Any = None) -> Any:
    """A new tensor with undefined contents; of tiles, one for each block index, where the shape has block dimensions."""
    region = buffer if type(buffer) is MemoryRegion else as_region(buffer)
    kind = dtype if type(dtype) is DType else as_dtype(dtype)
    if type(shape) is tuple and region is buffer:
        for extent in shape:
            if type(extent) is not int or extent < 1:
                break
        else:
            plain = allocate(region, kind, shape, name, address)
            if trace().beta:
                recording.rules.created(plain, False)
            return plain
    extents = [shape] if isinstance(shape, int) else list(shape)
    blocks = 0
    for position, extent in enumerate(extents):
        if isinstance(extent, ParDim):
            blocks = position if region.is_on_chip else 0
            extents[position] = extent.size
        else:
            try:
                extents[position] = int(extent.__index__())
            except AttributeError:
                if isinstance(extent, float) and extent.is_integer():
                    extents[position] = int(extent)
                else:
                    raise NkiValidationError(f"extent {extent!r} of a tensor is no integer",
                                             place=current_place()) from None
        if extents[position] < 1:
            raise NkiValidationError(f"a tensor of shape {extents} has no elements",
                                     remedy="extents start at 1", place=current_place())
    placed = buffer if isinstance(buffer, PlacedRegion) else None
    if placed is not None and trace().beta:
        code, line = user_place(2)
        placed = trace().passes.of_first_pass(placed, (id(code), line))
    found = _blocks(region, kind, tuple(extents), name, blocks, placed) if blocks else \
        allocate(region, kind, tuple(extents), name, address, placed)
    if trace().beta:
        recording.rules.created(found, placed is not None)
    return found


def allocate(region: MemoryRegion, dtype: DType, shape: tuple[int, ...], name: str = "",
             address: Any = None, placed: PlacedRegion | None = None) -> NkiTensor:
    current = trace()
    program = current.program
    site = program.site(2)
    wanted = str(name) if name else site.name or guess_name(site) or region.value
    if region is SBUF or region is PSUM:
        return _on_chip(current, program, region, dtype, shape, wanted, address, placed, site)
    if region is MemoryRegion.shared_hbm and current.shares_hbm:
        return _shared(current, dtype, shape, wanted, site.place)
    storage = Storage(program.unique_name(wanted), region, dtype, shape, place=site.place)
    program.add(storage)
    return NkiTensor(storage, dtype, shape, contiguous(shape))


def _shared(current: Trace, dtype: DType, shape: tuple[int, ...], wanted: str, found: Any) -> NkiTensor:
    """The n-th shared tensor is one tensor for all cores of a rank, or programs of a grid."""
    number = current.shared_count
    current.shared_count += 1
    first = current.shared.get(number)
    if first is not None and (first.shape != shape or first.dtype is not dtype):
        raise NkiValidationError(
            f"the cores disagree about shared tensor {number}: {first.dtype} {list(first.shape)} and "
            f"{dtype} {list(shape)}", remedy="allocate shared_hbm tensors alike on every core",
            place=current_place())
    program = current.program
    storage = current.shared.get((number, id(program)))
    if storage is None:
        # Two cores have a program each; what has one name in both is one memory.
        pair = current.layout.cores > 1
        name = first.name if first is not None else f"{wanted}.shared{number}" if pair else wanted
        storage = Storage(program.unique_name(name), MemoryRegion.shared_hbm, dtype, shape, place=found)
        if pair:
            storage.role = "shared"
        current.shared.setdefault(number, storage)
        current.shared[(number, id(program))] = storage
        program.add(storage)
    return NkiTensor(storage, dtype, shape, contiguous(shape))


def _too_many(wanted: str, partitions: int, limit: int) -> NkiValidationError:
    return fail(f"{wanted} partition dimension {partitions} exceeds maximum {limit}",
                "split the first dimension into tiles of nl.tile_size.pmax", "num_partition_exceed_arch_limit")


def _on_chip(current: Trace, program: Program, region: MemoryRegion, dtype: DType, shape: tuple[int, ...],
             wanted: str, address: Any, placed: PlacedRegion | None, site: Site) -> NkiTensor:
    partitions = shape[0] if shape else 1
    if partitions > current.machine.partitions:
        raise _too_many(wanted, partitions, current.machine.partitions)
    free = 1
    for extent in shape[1:]:
        free *= extent
    held = shape
    if len(shape) != 2:
        held = (partitions, free)
    place: tuple[int, int] | None = None
    if address is not None:
        place = (int(address[0]), int(address[1]))
    elif placed is not None:
        place = first_address(region, dtype, placed, partitions, free)
    storage = Storage(program.unique_name(wanted), region, dtype, held, address=place, place=site.place)
    program.add(storage)
    if place is None:
        program.declare(storage, site.location)
    return NkiTensor(storage, dtype, shape, contiguous(shape))


def _blocks(region: MemoryRegion, dtype: DType, shape: tuple[int, ...], name: str, blocks: int,
            placed: PlacedRegion | None) -> Any:
    """A tile for each block index, made when it is first used."""
    current = trace()
    site = current.program.site(2)
    found = site.place
    wanted = str(name) if name else site.name or guess_name(site) or region.value
    inner = shape[blocks:]
    if inner[0] > current.machine.partitions:
        raise _too_many(wanted, inner[0], current.machine.partitions)
    free = 1
    for extent in inner[1:]:
        free *= extent

    def make(index: tuple[int, ...]) -> NkiTensor:
        program = current.program
        place = block_address(region, dtype, placed, index, shape[:blocks], inner[0], free) \
            if placed is not None else None
        name = program.unique_name(f"{wanted}.{'.'.join(map(str, index))}")
        storage = Storage(name, region, dtype, (inner[0], free), address=place, place=found)
        program.add(storage)
        current.passes.hold(storage)
        return NkiTensor(storage, dtype, inner, contiguous(inner))

    return BlockTensor(shape, blocks, dtype, region, wanted, make, {})
