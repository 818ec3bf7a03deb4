"""How long a compiler takes an instruction to be, for ordering alone: the core prices the result.

The vendor's compiler has a cost model of its own, which is not published; these are round figures of trn2 (engine
clocks of the architecture guide, fixed parts as captures of trn2.3xlarge show them). They decide who goes first.
"""

from __future__ import annotations

from .instructions import Instruction, Operand

#: Elements of a partition per ns, and ns before and after the stream.
_RATES = {"vector": (0.96, 70.0, 90.0), "scalar": (1.4, 100.0, 120.0), "gpsimd": (0.5, 150.0, 100.0)}
#: Columns per ns, and passes of float32.
_COLUMNS, _PASSES, _ARRAY = 2.4, 4, 60.0
#: Starting a DMA, by who makes its descriptors; bytes per ns of all rings, and the time from the start to the
#: semaphore without the bytes.
_TRIGGERS = {"none": 60.0, "hwdge": 60.0, "swdge": 600.0}
_BYTES, _LATENCY = 375.0, 1800.0


def elements(instruction: Instruction) -> int:
    """Elements of a partition that pass through an engine."""
    return max((operand.elements for _, operand in instruction.operands), default=1)


def bytes_moved(instruction: Instruction) -> int:
    """Bytes of a DMA."""
    return max((operand.elements * operand.rows * operand.itemsize for _, operand in instruction.operands), default=0)


def busy_and_delay(instruction: Instruction, engine: str) -> tuple[float, float]:
    """Nanoseconds that the engine is taken, and that the result takes from then on.

    A DMA's engine is taken by its start; the bytes are the rings' part, which `transfer` says.
    """
    if instruction.is_dma:
        return _TRIGGERS.get(str(instruction.get("dge_mode")), _TRIGGERS["none"]), _LATENCY
    if engine == "tensor":
        moving = instruction.get("moving") or instruction.get("data")
        if not isinstance(moving, Operand):
            return 64.0, _ARRAY
        if instruction.op == "nc_transpose":
            columns, passes = moving.rows, 2 if moving.itemsize == 4 else 1
        else:
            columns, passes = moving.elements, _PASSES if moving.itemsize == 4 else 1
            if instruction.get("is_transpose") == "true":
                passes = min(passes, 2)
        return max(64, columns) * passes / _COLUMNS, _ARRAY
    rate, before, after = _RATES.get(engine, _RATES["vector"])
    work = elements(instruction)
    if instruction.op == "reciprocal":
        work *= 6
    return before + work / rate, after


def transfer(instruction: Instruction) -> float:
    """Nanoseconds that a DMA's bytes take on all rings."""
    return bytes_moved(instruction) / _BYTES
