"""How fresh tiles came about, so that an assignment right behind an operation becomes its destination."""

from __future__ import annotations

from typing import Any

from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .context import program


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
