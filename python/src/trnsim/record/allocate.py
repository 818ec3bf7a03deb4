"""`nl.ndarray` and its siblings: new storages."""

from __future__ import annotations

import linecache
import re
from types import CodeType
from typing import Any

from ..errors import NkiValidationError
from ..places import current_place, user_place
from ..tensor.blocks import BlockTensor
from ..tensor.dtypes import DType, as_dtype
from ..tensor.indices import ParDim
from ..tensor.shapes import contiguous
from ..tensor.spaces import MemoryRegion, PlacedRegion, as_region
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor
from .context import trace
from .placed import block_address, first_address

_ASSIGNED = re.compile(r"^\s*(?:self\.)?([A-Za-z_]\w*)(?:\s*:[^=]+)?\s*=[^=]")
#: By line and the identity of the code, which is held: hashing code goes through all of it.
_guesses: dict[tuple[int, int], tuple[CodeType, str | None]] = {}


def guess_name(found: tuple[CodeType, int], region: MemoryRegion) -> str:
    """The variable that the user's line assigns to, else the memory: it names the tensor in reports."""
    code, line = found
    try:
        name = _guesses[id(code), line][1]
    except KeyError:
        match = _ASSIGNED.match(linecache.getline(code.co_filename, line))
        name = match[1] if match else None
        _guesses[id(code), line] = (code, name)
    return name or region.value


def ndarray(shape: Any, dtype: Any, buffer: Any = None, name: str = "", address: Any = None) -> NkiTensor:
    """A new tensor with undefined contents."""
    region = as_region(buffer)
    kind = as_dtype(dtype)
    if type(shape) is tuple and region is buffer:
        for extent in shape:
            if type(extent) is not int or extent < 1:
                break
        else:
            return allocate(region, kind, shape, name, address)
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
    return allocate(region, kind, tuple(extents), name, address, blocks, placed)


def allocate(region: MemoryRegion, dtype: DType, shape: tuple[int, ...], name: str = "",
             address: Any = None, blocks: int = 0, placed: PlacedRegion | None = None) -> NkiTensor:
    current = trace()
    found = user_place(2)
    program = current.program
    wanted = str(name) if name else guess_name(found, region)
    if region.is_on_chip:
        return _on_chip(current, program, region, dtype, shape, wanted, address, blocks, placed, found)
    if region is MemoryRegion.shared_hbm and current.shares_hbm:
        return _shared(current, dtype, shape, wanted, found)
    storage = Storage(program.unique_name(wanted), region, dtype, shape, place=found)
    program.add(storage)
    return NkiTensor(storage, dtype, shape, contiguous(shape))


def _shared(current: Any, dtype: DType, shape: tuple[int, ...], wanted: str, found: Any) -> NkiTensor:
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


def _on_chip(current: Any, program: Any, region: MemoryRegion, dtype: DType, shape: tuple[int, ...],
             wanted: str, address: Any, blocks: int, placed: PlacedRegion | None, found: Any) -> NkiTensor:
    partitions = shape[blocks] if len(shape) > blocks else 1
    if partitions > current.machine.partitions:
        raise NkiValidationError(
            f"{wanted} partition dimension {partitions} exceeds maximum {current.machine.partitions}",
            remedy="split the first dimension into tiles of nl.tile_size.pmax", place=current_place())
    free = 1
    for extent in shape[blocks + 1:]:
        free *= extent
    if blocks:
        return _blocks(current, region, dtype, shape, wanted, blocks, placed, found)  # type: ignore[no-any-return]
    place: tuple[int, int] | None = None
    if address is not None:
        place = (int(address[0]), int(address[1]))
    elif placed is not None:
        place = first_address(region, dtype, placed, partitions, free)
    storage = Storage(program.unique_name(wanted), region, dtype, (partitions, free), address=place, place=found)
    program.add(storage)
    return NkiTensor(storage, dtype, shape, contiguous(shape))


def _blocks(current: Any, region: MemoryRegion, dtype: DType, shape: tuple[int, ...], wanted: str, blocks: int,
            placed: PlacedRegion | None, found: Any) -> Any:
    """A tile for each block index, made when it is first used."""
    inner = shape[blocks:]
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
        return NkiTensor(storage, dtype, inner, contiguous(inner))

    return BlockTensor(shape, blocks, dtype, region, wanted, make, {})
