"""Tiles that SBUF has no room for are saved to HBM and loaded again, as the first generation's compiler does.

That it does so is documented (nki.compiler: automatic allocation; neuron-explorer's `spill_save_bytes` and
`spill_reload_bytes`), how it chooses is not. `assumed` here: whole tiles; of those in SBUF the one that is needed last
goes (Belady's rule, which moves the fewest tiles); it is saved after its last use, once for each of its values, and
loaded right before its next use. PSUM has no way to HBM and is not spilled.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from ..tracing.addresses import ALIGNMENT
from ..tracing.program import Program
from ..tracing.spaces import MemoryRegion
from ..tracing.storage import Storage
from .instructions import Instruction, Operand

_NEVER = 1 << 60


class NoRoom(Exception):
    """One instruction's own tiles, or those that the author placed, leave no room."""


@dataclass(frozen=True)
class Spills:
    """What went to HBM and came back."""

    tiles: int = 0
    save_bytes: int = 0
    reload_bytes: int = 0

    @property
    def metadata(self) -> dict[str, str]:
        """The profiler's names of it, for the program's head."""
        return {"spill_save_bytes": str(self.save_bytes), "spill_reload_bytes": str(self.reload_bytes)}


def spill(program: Program, instructions: list[Instruction], capacity: int) -> tuple[list[Instruction], Spills]:
    """The instructions with saves and reloads, so that no more than `capacity` bytes of a partition are in use at once.

    New tensors are declared in `program`, whose other storages stay as they are.

    Raises:
        NoRoom: if one instruction needs more, or if the author gave addresses.
    """
    if any(storage.region is MemoryRegion.sbuf and storage.address is not None for storage in program.storages):
        raise NoRoom
    return _Spiller(program, instructions, capacity).run()


class _Tile:
    """A tile of the kernel, and where its value is."""

    __slots__ = ("at", "changed", "current", "home", "inside", "last", "reloads", "size", "storage", "uses")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.size = -(-storage.free_bytes // ALIGNMENT) * ALIGNMENT
        #: Instructions that touch it, and which of them comes next.
        self.uses: list[tuple[int, bool]] = []
        self.at = 0
        #: The tensor in SBUF that has the value, in HBM the one that has it or had it.
        self.current = storage
        self.home: Storage | None = None
        self.inside = False
        #: Whether SBUF has something that HBM has not.
        self.changed = False
        #: Position of the last use so far.
        self.last = -1
        self.reloads = 0

    @property
    def next_use(self) -> int:
        return self.uses[self.at][0] if self.at < len(self.uses) else _NEVER

    @property
    def is_dead(self) -> bool:
        """Whether nobody reads the value any more: the next use, if there is one, replaces it."""
        return self.at >= len(self.uses) or self.uses[self.at][1]


class _Spiller:
    def __init__(self, program: Program, instructions: list[Instruction], capacity: int) -> None:
        self.program = program
        self.instructions = instructions
        self.capacity = capacity
        self.tiles: dict[int, _Tile] = {}
        self.inside: list[_Tile] = []
        self.used = 0
        self.before: defaultdict[int, list[Instruction]] = defaultdict(list)
        self.after: defaultdict[int, list[Instruction]] = defaultdict(list)
        self.spilled: set[int] = set()
        self.save_bytes = self.reload_bytes = 0
        for index, instruction in enumerate(instructions):
            for number, replaces in _touched(instruction).items():
                tile = self.tiles.get(number)
                if tile is None:
                    tile = self.tiles[number] = _Tile(program.storages[number])
                tile.uses.append((index, replaces))

    def run(self) -> tuple[list[Instruction], Spills]:
        rewritten = [self._visit(index, instruction) for index, instruction in enumerate(self.instructions)]
        result: list[Instruction] = []
        for index, instruction in enumerate(rewritten):
            result += self.before.get(index, ())
            result.append(instruction)
            result += self.after.get(index, ())
        return result, Spills(len(self.spilled), self.save_bytes, self.reload_bytes)

    def _visit(self, index: int, instruction: Instruction) -> Instruction:
        needed = {number: self.tiles[number] for number in _touched(instruction)}
        for tile in needed.values():
            if not tile.inside:
                self._enter(tile, index, instruction, needed)
        moved = any(tile.current is not tile.storage for tile in needed.values())
        written = {operand.storage.index for key, operand in instruction.operands if key in instruction.written}
        for number, tile in needed.items():
            tile.at += 1
            tile.last = index
            tile.changed |= number in written
            if tile.next_use == _NEVER:
                self._leave(tile)
        return self._moved(instruction, needed) if moved else instruction

    def _enter(self, tile: _Tile, index: int, instruction: Instruction, needed: dict[int, _Tile]) -> None:
        while self.used + tile.size > self.capacity:
            victims = [one for one in self.inside if one.storage.index not in needed]
            if not victims:
                raise NoRoom
            self._evict(max(victims, key=lambda one: one.next_use))
        self.used += tile.size
        tile.inside = True
        self.inside.append(tile)
        if tile.last < 0:
            return
        tile.reloads += 1
        tile.current = self._declare(tile, f"{tile.storage.name}.reload{tile.reloads}", MemoryRegion.sbuf)
        if not tile.is_dead and tile.home is not None:
            self.before[index].append(_copy(tile.current, tile.home, instruction))
            self.reload_bytes += _bytes(tile)

    def _evict(self, tile: _Tile) -> None:
        self._leave(tile)
        if tile.changed and not tile.is_dead:
            if tile.home is None:
                tile.home = self._declare(tile, f"{tile.storage.name}.spill", MemoryRegion.private_hbm)
            self.after[tile.last].append(_copy(tile.home, tile.current, self.instructions[tile.last]))
            self.spilled.add(tile.storage.index)
            self.save_bytes += _bytes(tile)
        tile.changed = False

    def _leave(self, tile: _Tile) -> None:
        tile.inside = False
        self.inside.remove(tile)
        self.used -= tile.size

    def _declare(self, tile: _Tile, name: str, region: MemoryRegion) -> Storage:
        like = tile.storage
        storage = Storage(self.program.unique_name(name), region, like.dtype, like.shape, place=like.place, group=like.group)
        storage.first = storage.last = tile.last
        return self.program.add(storage)

    def _moved(self, instruction: Instruction, needed: dict[int, _Tile]) -> Instruction:
        fields: list[tuple[str, Operand | str]] = []
        for key, value in instruction.fields:
            tile = needed.get(value.storage.index) if isinstance(value, Operand) else None
            if tile is not None and isinstance(value, Operand):
                value = value.at(tile.current, self._name(tile, value), value.offset)
            fields.append((key, value))
        return instruction.with_fields(fields)

    def _name(self, tile: _Tile, operand: Operand) -> str:
        """What the tile's present tensor is called with the operand's element type."""
        for dtype, name in tile.storage.aliases.items():
            if name == operand.name:
                return self.program.alias(tile.current, dtype)
        return tile.current.text


def _touched(instruction: Instruction) -> dict[int, bool]:
    """The tiles in SBUF that an instruction touches, and whether it replaces all of each."""
    found: dict[int, bool] = {}
    for key, operand in instruction.operands:
        storage = operand.storage
        if storage.region is not MemoryRegion.sbuf:
            continue
        replaces = key in instruction.written and key not in instruction.kept and _is_whole(operand)
        found[storage.index] = replaces and found.get(storage.index, True)
    return found


def _is_whole(operand: Operand) -> bool:
    storage = operand.storage
    return not operand.moved and operand.rows == storage.partitions and 0 not in (step for step, _ in operand.dims) \
        and operand.elements * operand.itemsize == storage.free_bytes


def _bytes(tile: _Tile) -> int:
    return tile.storage.partitions * tile.storage.free_bytes


def _copy(target: Storage, source: Storage, near: Instruction) -> Instruction:
    """A DMA of a whole tile, with descriptors that the host prepared: where tiles lie is known before the kernel runs."""
    fields: list[tuple[str, Any]] = [("dst", _whole(target)), ("src", _whole(source)), ("dge_mode", "none")]
    return Instruction("dma_copy", fields, "", near.place, near.tail, near.loops)


def _whole(storage: Storage) -> Operand:
    pitch = 0 if storage.on_chip else storage.free
    return Operand(storage, storage.text, storage.dtype.itemsize, 0, storage.partitions, pitch, ((1, storage.free),), 0, "")
