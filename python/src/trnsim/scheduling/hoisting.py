"""Work that every pass of a loop does alike is done once, before the loop.

The vendor's compiler has such a pass (`NeuronLICM` in the logs of public issues, aws-neuron-sdk 803 and 948). A kernel's
trace has the passes one after the other, so the first one's result serves the others: the same line, in the same pass of
all loops around the innermost, with operands that nothing has written since. Only tiles in SBUF are kept that long.
"""

from __future__ import annotations

from typing import Any

from ..tracing.spaces import MemoryRegion
from ..tracing.storage import Storage
from .instructions import Instruction, Operand

_HOISTED = frozenset(("tensor_copy", "tensor_tensor", "tensor_scalar", "scalar_tensor_tensor", "activation", "tensor_reduce",
                      "reciprocal", "memset", "iota", "affine_select", "tensor_tensor_scan", "dma_copy"))


def hoist(instructions: list[Instruction]) -> list[Instruction]:
    """The program without what an earlier pass of the same loop has computed."""
    writers: dict[int, int] = {}
    for instruction in instructions:
        for key, operand in instruction.operands:
            if key in instruction.written:
                writers[operand.storage.index] = writers.get(operand.storage.index, 0) + 1
    versions: dict[int, int] = {}
    known: dict[Any, tuple[Storage, list[int]]] = {}
    same: dict[int, Storage] = {}
    result: list[Instruction] = []
    for instruction in instructions:
        if same and any(operand.storage.index in same for _, operand in instruction.operands):
            instruction = _renamed(instruction, same)
        target = _target(instruction, writers)
        if target is not None:
            reads = [operand for key, operand in instruction.operands if key not in instruction.written]
            now = [versions.get(operand.storage.index, 0) for operand in reads]
            work = (instruction.op, instruction.place, tuple(serial for serial, _, _ in instruction.loops[:-1]),
                    target.form, target.offset, target.storage.shape,
                    tuple((name, value.text if isinstance(value, Operand) else value)
                          for name, value in instruction.fields if name != "dst"))
            found = known.get(work)
            if found is not None and found[1] == now:
                same[target.storage.index] = found[0]
                continue
            known[work] = (target.storage, now)
        for name, operand in instruction.operands:
            if name in instruction.written:
                versions[operand.storage.index] = versions.get(operand.storage.index, 0) + 1
        result.append(instruction)
    return result


def _target(instruction: Instruction, writers: dict[int, int]) -> Operand | None:
    """The tile that an instruction makes, if nothing else writes it and doing so has no other effect."""
    target = instruction.get("dst")
    if instruction.op not in _HOISTED or not instruction.loops or instruction.label or instruction.is_stateful \
            or not isinstance(target, Operand) or "reduce_res" in instruction.values or "indirect" in instruction.values:
        return None
    storage = target.storage
    if storage.region is not MemoryRegion.sbuf or storage.aliases or writers.get(storage.index) != 1:
        return None
    if any(operand.moved or operand.storage.address is not None for _, operand in instruction.operands):
        return None
    return target


def _renamed(instruction: Instruction, same: dict[int, Storage]) -> Instruction:
    fields: list[tuple[str, Operand | str]] = []
    for key, value in instruction.fields:
        if isinstance(value, Operand) and value.storage.index in same:
            storage = same[value.storage.index]
            value = value.at(storage, storage.text, value.offset)
        fields.append((key, value))
    return instruction.with_fields(fields)
