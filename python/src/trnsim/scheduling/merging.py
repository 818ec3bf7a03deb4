"""Vectorisation of affine loops: what passes do one by one, one instruction does at once.

The vendor's compiler does this to kernels of the first generation (NKI API reference, `affine_range`: "loop
vectorization"; passes VectorizeDMA and VectorizeMatMult in its logs) unless they say
`skip_middle_end_transformations`. How far it goes is not published; captures of the attention kernels show

* work on up to 512 elements of a partition, a bank of PSUM in float32: four copies of transposed tiles of 128 are one;
* no more than four passes of a loop of eight (fused attention, 1024 tokens);
* DMAs of up to 4096 bytes of a partition: two tiles of 512 float32, eight of 128;
* tiles of the passes side by side: arrays are expanded, so that each pass has its part.

What passes write must be apart and must not depend on one another, also not by way of other instructions.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from ..tracing.addresses import BANK_BYTES
from ..tracing.operand import FREE_DIMENSIONS
from ..tracing.program import Program
from ..tracing.spaces import MemoryRegion
from ..tracing.storage import Storage
from .dependencies import predecessors
from .instructions import Instruction, Operand

MAX_ELEMENTS = 512
MAX_PASSES = 4
MAX_DMA_BYTES = 4096

#: Operations that are merged, with the operands of which each pass has its own; others must be the same in all.
_TILES = {
    "tensor_copy": ("dst", "src"), "tensor_tensor": ("dst", "data1", "data2"), "tensor_scalar": ("dst", "data"),
    "scalar_tensor_tensor": ("dst", "data", "operand1"), "activation": ("dst", "data"),
    "reciprocal": ("dst", "data"), "memset": ("dst",), "tensor_reduce": ("dst", "data"),
    "nc_matmul": ("dst", "moving"), "dma_copy": ("dst", "src"),
}
_NEVER = frozenset(("reduce_cmd", "reduce_res", "is_transpose", "perf_mode", "tile_size", "vector_offset", "scalar_offset",
                    "indirect", "oob_mode"))


class _Run:
    """Instances of one line in neighbouring passes that may become one."""

    __slots__ = ("limit", "members", "steps")

    def __init__(self, index: int, limit: int) -> None:
        self.members = [index]
        #: Per operand of its own: elements between passes in one tensor, or None where each has a tensor.
        self.steps: list[int | None] | None = None
        self.limit = limit


class _Packs:
    """Tensors that lie side by side, so that one access pattern reaches the passes' parts."""

    def __init__(self) -> None:
        self.place: dict[int, tuple[list[Storage], int]] = {}

    def ask(self, wanted: list[Storage]) -> bool:
        """Whether tensors can lie side by side in this order; from then on they do."""
        known = self.place.get(wanted[0].index)
        if known is not None:
            pack, at = known
            if pack[at:at + len(wanted)] == wanted:
                return True
        chain: list[Storage] = []
        while len(chain) < len(wanted):
            storage = wanted[len(chain)]
            pack, at = self.place.get(storage.index, ([storage], 0))
            if at != 0 or wanted[len(chain):len(chain) + len(pack)] != pack:
                return False
            chain += pack
        if chain[0].region is MemoryRegion.psum and sum(s.free_bytes for s in chain) > BANK_BYTES:
            return False
        for position, storage in enumerate(chain):
            self.place[storage.index] = (chain, position)
        return True


def merge(program: Program, instructions: list[Instruction]) -> list[Instruction]:
    """The program with the passes of affine loops merged, in an order that keeps all dependencies.

    Expanded tensors are added to `program`.
    """
    before = predecessors(instructions)
    groups = _groups(instructions)
    while True:
        packs = _Packs()
        kept = [group for group in groups if _pack(instructions, group, packs)]
        bad = _cyclic(before, kept)
        if not bad and len(kept) == len(groups):
            break
        groups = [group for number, group in enumerate(kept) if number not in bad]
    if not groups:
        return instructions
    return _rewrite(program, instructions, before, groups, packs)


def _groups(instructions: list[Instruction]) -> list[list[int]]:
    """Runs of two and more instances, by first member."""
    runs: dict[Any, _Run] = {}
    groups: list[list[int]] = []

    def close(run: _Run) -> None:
        if len(run.members) > 1:
            groups.append(run.members)

    for index, instruction in enumerate(instructions):
        tiles = _TILES.get(instruction.op)
        if tiles is None or instruction.label:
            continue
        signature: list[Any] = [instruction.op, instruction.place]
        for key, value in instruction.fields:
            if key in _NEVER:
                signature = []
                break
            if not isinstance(value, Operand):
                signature.append((key, value))
            elif key in tiles:
                signature.append((key, value.form))
            else:
                signature.append((key, value.text))
        if not signature:
            continue
        found = tuple(signature)
        run = runs.get(found)
        if run is not None and len(run.members) < run.limit and _joins(instructions, run, index, tiles):
            run.members.append(index)
            continue
        if run is not None:
            close(run)
        limit = _limit(instruction, tiles)
        if limit > 1:
            runs[found] = _Run(index, limit)
        elif run is not None:
            del runs[found]
    for run in runs.values():
        close(run)
    return sorted(groups)


def _limit(instruction: Instruction, tiles: tuple[str, ...]) -> int:
    """Passes that one instruction can do."""
    own = [operand for key, operand in instruction.operands if key in tiles]
    if any(operand.moved or operand.storage.aliases for operand in own):
        return 1
    if instruction.is_dma:
        return MAX_DMA_BYTES // max(1, *(operand.elements * operand.itemsize for operand in own))
    limit = min(MAX_PASSES, MAX_ELEMENTS // max(1, *(operand.elements for operand in own)))
    if instruction.op == "tensor_reduce":
        data = instruction.get("data")
        if not isinstance(data, Operand) or not data.dims or len(data.dims) >= FREE_DIMENSIONS:
            return 1
    return limit


def _joins(instructions: list[Instruction], run: _Run, index: int, tiles: tuple[str, ...]) -> bool:
    """Whether an instance continues a run; the first that does decides the steps."""
    last, new = instructions[run.members[-1]], instructions[index]
    if not _neighbours(last.loops, new.loops):
        return False
    steps: list[int | None] = []
    for key in tiles:
        a, b = last.get(key), new.get(key)
        if not isinstance(a, Operand) or not isinstance(b, Operand):
            return False
        if a.storage is b.storage:
            step = b.offset - a.offset
            if step < 0 or (step == 0 and (key == "dst" or new.is_dma)):
                return False
            if key == "dst" and not _apart(a, step):
                return False
            if len(a.dims) >= FREE_DIMENSIONS:
                return False
            steps.append(step)
        elif _local(a.storage) and _local(b.storage) and a.storage.shape == b.storage.shape and a.offset == b.offset:
            if any(instructions[member].get(key).storage is b.storage for member in run.members):  # type: ignore[union-attr]
                return False
            steps.append(None)
        else:
            return False
    if run.steps is None:
        run.steps = steps
    return steps == run.steps


def _neighbours(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two places of loops differ by passes of affine loops alone."""
    if len(a) != len(b):
        return False
    apart = False
    for (serial, name, affine), (other_serial, other_name, _) in zip(a, b):
        if serial == other_serial:
            continue
        if not apart and name == other_name:
            return False  # passes of a loop that nobody sees
        if name != other_name and not affine:
            return False
        apart = True
    return apart


def _apart(operand: Operand, step: int) -> bool:
    """Whether a pattern and the one `step` further have nothing in common."""
    span = 1 + sum(abs(distance) * (count - 1) for distance, count in operand.dims)
    return step >= span


def _local(storage: Storage) -> bool:
    return storage.on_chip and storage.address is None and not storage.aliases


def _pack(instructions: list[Instruction], group: list[int], packs: _Packs) -> bool:
    """Lets the tensors of a group's passes lie side by side."""
    for key in _TILES[instructions[group[0]].op]:
        storages = [instructions[member].get(key).storage for member in group]  # type: ignore[union-attr]
        if storages[0] is not storages[1] and not packs.ask(storages):
            return False
    return True


def _contracted(before: list[set[int]], groups: list[list[int]]) -> tuple[list[int], list[set[int]]]:
    """For each instruction its node, and for each node its predecessors; a node is named by its first member."""
    node = list(range(len(before)))
    for group in groups:
        for member in group:
            node[member] = group[0]
    edges: list[set[int]] = [set() for _ in before]
    for index, found in enumerate(before):
        edges[node[index]].update([node[other] for other in found])
    return node, edges


def _cyclic(before: list[set[int]], groups: list[list[int]]) -> set[int]:
    """Numbers of groups that would wait for themselves."""
    if not groups:
        return set()
    node, edges = _contracted(before, groups)
    after: list[list[int]] = [[] for _ in before]
    for index, found in enumerate(edges):
        for other in found:
            after[other].append(index)
    alive = {index for index in range(len(before)) if node[index] == index}
    for ways, back in ((edges, after), (after, edges)):
        waiting = {index: sum(1 for other in ways[index] if other in alive) for index in alive}
        free = [index for index, count in waiting.items() if count == 0]
        while free:
            index = free.pop()
            alive.discard(index)
            for other in back[index]:
                if other in alive:
                    waiting[other] -= 1
                    if waiting[other] == 0:
                        free.append(other)
    return {number for number, group in enumerate(groups) if group[0] in alive}


def _rewrite(program: Program, instructions: list[Instruction], before: list[set[int]], groups: list[list[int]],
             packs: _Packs) -> list[Instruction]:
    """Operands on the expanded tensors, and one instruction for each group, where its last input is there."""
    expanded: dict[int, Storage] = {}
    moved: dict[int, tuple[Storage, int]] = {}
    for index, (pack, position) in packs.place.items():
        first = pack[0]
        storage = expanded.get(first.index)
        if storage is None:
            storage = expanded[first.index] = Storage(
                program.unique_name(f"{first.name}.x{len(pack)}"), first.region, first.dtype,
                (first.partitions, first.free * len(pack)), place=first.place, group=first.group)
            program.add(storage)
        moved[index] = (storage, position * first.free)

    def place(instruction: Instruction) -> Instruction:
        if all(operand.storage.index not in moved for _, operand in instruction.operands):
            return instruction
        fields: list[tuple[str, Operand | str]] = []
        for key, value in instruction.fields:
            if isinstance(value, Operand) and value.storage.index in moved:
                storage, shift = moved[value.storage.index]
                value = value.at(storage, storage.text, value.offset + shift)
            fields.append((key, value))
        return instruction.with_fields(fields)

    placed = [place(instruction) for instruction in instructions]
    members = {group[0]: group for group in groups}
    node, edges = _contracted(before, groups)
    after: list[list[int]] = [[] for _ in edges]
    waiting = [0] * len(edges)
    for index, found in enumerate(edges):
        waiting[index] = len(found)
        for other in found:
            after[other].append(index)
    ready: list[int] = []
    for index in range(len(edges)):
        if node[index] == index and waiting[index] == 0:
            heappush(ready, index)
    result: list[Instruction] = []
    while ready:
        index = heappop(ready)
        group = members.get(index)
        result.append(placed[index] if group is None else _joined([placed[member] for member in group]))
        for other in after[index]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heappush(ready, other)
    return result


def _joined(passes: list[Instruction]) -> Instruction:
    """One instruction that does what those of several passes do."""
    first = passes[0]
    tiles = _TILES[first.op]
    reduces = first.op == "tensor_reduce"
    fields: list[tuple[str, Operand | str]] = []
    for key, value in first.fields:
        if isinstance(value, Operand) and key in tiles:
            second = passes[1].get(key)
            assert isinstance(second, Operand)
            value = value.repeated(second.offset - value.offset, len(passes), keep=reduces and key == "data")
        elif reduces and key == "axes":
            continue
        fields.append((key, value))
    if reduces:
        data, axes = first.get("data"), first.get("axes")
        assert isinstance(data, Operand)
        numbers = [int(n) for n in axes.strip("[]").split(",")] if isinstance(axes, str) \
            else list(range(1, len(data.dims) + 1))
        fields.append(("axes", f"[{', '.join(str(n + 1) for n in numbers)}]"))
    return first.with_fields(fields)
