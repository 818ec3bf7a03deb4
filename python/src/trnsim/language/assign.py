"""`t[…] = value` and `t += value`: the destination of the operation right before, or a copy."""

from __future__ import annotations

from typing import Any

from ..isa import compute as isa
from ..isa.dma import dma_copy
from ..places import current_place
from ..record.context import program, trace
from ..record.operand import pieces
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor


class Origin:
    """How a fresh tile came about: the number of the instruction, and how to write it elsewhere."""

    __slots__ = ("index", "program", "write")

    def __init__(self, program: Any, index: int, write: Any) -> None:
        self.program = program
        self.index = index
        self.write = write


#: The origin of a tile that an operation would have made whose mask leaves nothing: assigning it does nothing.
NOTHING = Origin(None, -1, None)


def mark(result: NkiTensor, write: Any) -> NkiTensor:
    """Notes that the last instruction made `result`, and nothing else needs that it is there."""
    current = program()
    result.origin = Origin(current, current.count - 1, write)
    return result


def redirect(value: NkiTensor, to: NkiTensor, **more: Any) -> bool:
    """Lets the last instruction write `to` instead of `value`, if nothing came between."""
    origin: Origin | None = value.origin
    if origin is NOTHING:
        return True
    if origin is None or origin.program is not program() or origin.index != origin.program.count - 1:
        return False
    if value.storage.region is MemoryRegion.psum and to.storage.region is not MemoryRegion.psum:
        return False  # the Tensor engine writes psum alone
    current = origin.program
    # Take back what wrote the tile (several instructions where one has too few dimensions), then record it again with
    # its new destination.
    begin = value.storage.first
    place = current.places[begin]
    current.take_back(begin)
    value.storage.first = value.storage.last = -1
    origin.write(to, **more)
    current.places[begin:] = [place] * (current.count - begin)
    value.origin = None
    return True


def assign(view: NkiTensor, key: Any, value: Any) -> None:
    """`view[key] = value`."""
    target = view[key]
    if isinstance(value, NkiTensor) and value.storage is target.storage and value.offset == target.offset \
            and value.shape == target.shape and value.strides == target.strides:
        return  # what `t[…] += x` leaves to do
    if not isinstance(value, NkiTensor):
        isa.memset(target, value)
        return
    if not target.on_chip or not value.on_chip:
        dma_copy(target, value)
        return
    value_to(target, value)


def value_to(target: NkiTensor, value: NkiTensor) -> None:
    if value.origin is NOTHING:
        return
    if value.size != target.size:
        from ..tensor.broadcasting import broadcast_to

        value = broadcast_to(value, target.shape)
    if not redirect(value, target):
        for part, source in pieces(target, value):
            isa.tensor_copy(part, source)


def accumulate(view: NkiTensor, value: Any) -> NkiTensor:
    """`view += value`: into psum a product adds by itself, all else is tensor_tensor."""
    if isinstance(value, NkiTensor) and value.origin is NOTHING:
        return view
    if view.storage.region is MemoryRegion.psum and isinstance(value, NkiTensor) and value.origin is not None \
            and value.storage.region is MemoryRegion.psum:
        if redirect(value, view):
            return view
        from .functions import in_sbuf

        return update(view, "add", in_sbuf(value))
    return update(view, "add", value)


def update(view: NkiTensor, op: str, value: Any) -> NkiTensor:
    """`view = view op value`, in place."""
    if isinstance(value, NkiTensor):
        from ..tensor.broadcasting import broadcast_to, is_scalar_tile

        if view.size != value.size and is_scalar_tile(value, view.shape[0]) and value.dtype == "float32":
            isa.tensor_scalar(view, view, op, value)
        else:
            if value.size != view.size:
                value = broadcast_to(value, view.shape)
            isa.tensor_tensor(view, view, value, op)
    else:
        isa.tensor_scalar(view, view, op, value)
    return view


__all__ = ["accumulate", "assign", "current_place", "mark", "redirect", "trace", "update"]
