"""Copies out of PSUM that nobody needs: who reads the copy can read PSUM itself.

The compiler drops them (captures of fused attention: the row maximum and the exponential read the product's bank,
where the kernel's source copies it to SBUF first). Copies stay that a DMA or the Tensor engine reads, which reach
SBUF alone, and those that change the element type.
"""

from __future__ import annotations

from ..tracing.spaces import MemoryRegion
from .instructions import Instruction, Operand

#: Operations that stream a tile through Vector or Scalar, and the operands that may come from PSUM.
_READS = {
    "tensor_tensor": ("data1", "data2"), "tensor_scalar": ("data",), "scalar_tensor_tensor": ("data", "operand1"),
    "activation": ("data",), "activation_reduce": ("data",), "tensor_reduce": ("data",), "reciprocal": ("data",),
    "tensor_copy": ("src",),
}


def forward(instructions: list[Instruction]) -> list[Instruction]:
    """The program without copies of PSUM whose readers can do without."""
    readers: dict[int, list[tuple[int, str]]] = {}
    writers: dict[int, list[int]] = {}
    for index, instruction in enumerate(instructions):
        for key, operand in instruction.operands:
            storage = operand.storage
            if not storage.on_chip:
                continue
            if key in instruction.written:
                writers.setdefault(storage.index, []).append(index)
                if key not in instruction.kept:
                    continue
            readers.setdefault(storage.index, []).append((index, key))
    dropped: set[int] = set()
    changed: dict[int, Instruction] = {}
    for tile, copies in writers.items():
        if not all(_copies_psum(instructions[index], writers, index) for index in copies):
            continue
        plan = _plan(instructions, changed, copies, readers.get(tile, []))
        if plan is None:
            continue
        changed.update(plan)
        dropped.update(copies)
    return [changed.get(index, instruction) for index, instruction in enumerate(instructions) if index not in dropped]


def _copies_psum(instruction: Instruction, writers: dict[int, list[int]], index: int) -> bool:
    """Whether it copies all that follows one another in PSUM to SBUF, in the same type, when nothing else is written."""
    if instruction.op != "tensor_copy" or not instruction.is_open or instruction.label:
        return False
    source, target = instruction.get("src"), instruction.get("dst")
    if not isinstance(source, Operand) or not isinstance(target, Operand):
        return False
    plain = ((1, source.elements),)
    return source.storage.region is MemoryRegion.psum and target.storage.region is MemoryRegion.sbuf \
        and source.storage.dtype is target.storage.dtype and source.dims == plain == target.dims \
        and source.row == target.row and source.rows == target.rows \
        and not (source.storage.aliases or target.storage.aliases) \
        and source.storage.address is None and target.storage.address is None \
        and all(writer < index for writer in writers.get(source.storage.index, ()))


def _plan(instructions: list[Instruction], changed: dict[int, Instruction], copies: list[int],
          readers: list[tuple[int, str]]) -> dict[int, Instruction] | None:
    """The readers as they read PSUM; None if one of them cannot."""
    if not readers:
        return None
    parts = []
    for index in copies:
        source, target = instructions[index].get("src"), instructions[index].get("dst")
        assert isinstance(source, Operand) and isinstance(target, Operand)
        parts.append((index, target.offset, target.offset + target.elements, target.row, target.rows, source))
    if any(a[1] < b[2] and b[1] < a[2] for number, a in enumerate(parts) for b in parts[:number]):
        return None
    plan: dict[int, Instruction] = {}
    for index, key in readers:
        reader = plan.get(index) or changed.get(index) or instructions[index]
        operand = reader.get(key)
        if key not in _READS.get(reader.op, ()) or reader.engine == "gpsimd" or not isinstance(operand, Operand):
            return None
        if any(other.storage.region is MemoryRegion.psum for name, other in reader.operands
               if name != key and name not in reader.written):
            return None
        low = operand.offset
        high = low + 1 + sum(step * (count - 1) for step, count in operand.dims)
        if any(step < 0 for step, _ in operand.dims):
            return None
        part = next((p for p in parts if p[0] < index and p[1] <= low and high <= p[2] and p[3] <= operand.row
                     and operand.row + operand.rows <= p[3] + p[4]), None)
        if part is None:
            return None
        source = part[5]
        to = operand.at(source.storage, source.name, source.offset + low - part[1])
        plan[index] = reader.with_fields([(name, to if name == key else value) for name, value in reader.fields])
    return plan
