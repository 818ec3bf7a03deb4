"""Which instruction must wait for which: by the bytes that operands touch, before tensors have addresses.

Each tensor is memory of its own here. Those that the author placed (`address=`) share one space per memory, since
they may lie on one another. Patterns count as boxes, as they do in the core's lowering, so that an order that keeps
these dependencies keeps the core's too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .instructions import Instruction, Operand

#: Rows and, within a row, elements or bytes; `pitch` elements apart (0: no rows, one flat range; -1: partitions).
Box = tuple[int, int, int, int, int]


def box_of(operand: Operand) -> tuple[Any, Box]:
    """The space that an operand is in, and its box: pitch, first row, end of rows, begin and end within a row."""
    storage = operand.storage
    low = high = operand.offset
    for step, count in operand.dims:
        if step >= 0:
            high += step * (count - 1)
        else:
            low += step * (count - 1)
    high += 1
    if storage.on_chip:
        size = operand.itemsize
        row, begin = operand.row, low * size
        space: Any = storage.index
        if storage.address is not None:
            space = storage.region
            row += storage.address[0]
            begin += storage.address[1]
        return space, (-1, row, row + operand.rows, begin, begin + (high - low) * size)
    if operand.moved or operand.itemsize != storage.dtype.itemsize:
        return storage.index, (0, 0, 1, 0, 1 << 62)
    pitch = operand.pitch
    if operand.rows == 1 or pitch <= 0:
        end = high + max(0, pitch) * (operand.rows - 1)
        return storage.index, (0, 0, 1, low + min(0, pitch) * (operand.rows - 1), end)
    row, column = divmod(low, pitch)
    if column + high - low > pitch:
        return storage.index, (0, 0, 1, low, high + pitch * (operand.rows - 1))
    return storage.index, (pitch, row, row + operand.rows, column, column + high - low)


def _flat(box: Box) -> tuple[int, int]:
    pitch, first, last, begin, end = box
    if pitch <= 0:
        return begin, end
    return first * pitch + begin, (last - 1) * pitch + end


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes of one space have something in common."""
    if a[0] == b[0]:
        return a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    (low, high), (other_low, other_high) = _flat(a), _flat(b)
    return low < other_high and other_low < high


def covers(a: Box, b: Box) -> bool:
    """Whether `a` has all of `b`; False where that is not plain."""
    return a[0] == b[0] and a[1] <= b[1] and b[2] <= a[2] and a[3] <= b[3] and b[4] <= a[4]


class _Space:
    """The last writers of one memory, and who has read since."""

    __slots__ = ("form", "readers", "uniform", "writers")

    def __init__(self) -> None:
        self.writers: dict[Box, int] = {}
        self.readers: dict[Box, list[int]] = {}
        #: While all boxes are cells of one grid, only equal ones overlap.
        self.form: tuple[int, int, int] | None = None
        self.uniform = True

    def _meet(self, box: Box) -> bool:
        if not self.uniform:
            return False
        rows, width = box[2] - box[1], box[4] - box[3]
        form = (box[0], rows, width)
        if self.form is None:
            self.form = form
        self.uniform = form == self.form and width > 0 and box[1] % rows == 0 and box[3] % width == 0
        return self.uniform

    def read(self, box: Box, index: int, found: set[int]) -> None:
        if self._meet(box):
            writer = self.writers.get(box)
            if writer is not None:
                found.add(writer)
        else:
            for other, writer in self.writers.items():
                if overlap(box, other):
                    found.add(writer)
        self.readers.setdefault(box, []).append(index)

    def write(self, box: Box, index: int, found: set[int]) -> None:
        if self._meet(box):
            writer = self.writers.get(box)
            if writer is not None:
                found.add(writer)
            found.update(self.readers.pop(box, ()))
        else:
            for other, writer in list(self.writers.items()):
                if overlap(box, other):
                    found.add(writer)
                    if covers(box, other):
                        del self.writers[other]
            for other, readers in list(self.readers.items()):
                if overlap(box, other):
                    found.update(readers)
                    if covers(box, other):
                        del self.readers[other]
        self.writers[box] = index


def predecessors(program: list[Instruction], fixed: Iterable[tuple[int, int]] = ()) -> list[set[int]]:
    """For each instruction those before it that it must follow.

    `fixed` are ranges whose instructions keep their order (`no_reorder`).
    """
    spaces: dict[Any, _Space] = {}
    result: list[set[int]] = []
    barrier = -1
    states: dict[str, int] = {}
    for index, instruction in enumerate(program):
        found: set[int] = set()
        if barrier >= 0:
            found.add(barrier)
        if instruction.is_barrier:
            found.update(range(max(0, barrier), index))
            barrier = index
        if instruction.is_stateful:
            # Registers of the engine that no operand names: one user after the other.
            engine = instruction.engine
            if engine in states:
                found.add(states[engine])
            states[engine] = index
        indirect = instruction.get("indirect")
        writes = []
        for key, operand in instruction.operands:
            space, box = box_of(operand)
            if indirect is not None and not operand.storage.on_chip:
                box = (0, 0, 1, 0, 1 << 62)  # which rows an index names is known only at run time
            if key in instruction.written:
                writes.append((space, box))
                if key not in instruction.kept:
                    continue
            known = spaces.get(space)
            if known is None:
                known = spaces[space] = _Space()
            known.read(box, index, found)
        for space, box in writes:
            known = spaces.get(space)
            if known is None:
                known = spaces[space] = _Space()
            known.write(box, index, found)
        found.discard(index)
        result.append(found)
    for begin, end in fixed:
        for index in range(begin + 1, min(end, len(result))):
            result[index].add(index - 1)
    return result
