"""What the vendor's compiler makes of a kernel of the first API generation, as far as it is known.

The order of work: what all passes of a loop do alike is done once (`hoisting`), copies of PSUM that nobody needs go away
(`forwarding`), passes of affine loops are merged (`merging`), and the result is list-scheduled (`order`). Tensors get
addresses after that, so that lifetimes are those of the new order. Where memory does not suffice, less is done: less
ahead, nothing hoisted nor merged, then the kernel's own order, and in the end tiles go to HBM and come back (`spilling`).
"""

from __future__ import annotations

import copy
import gc
from dataclasses import dataclass

from ..errors import NkiValidationError
from ..tracing.addresses import SBUF_BYTES, Addresses
from ..tracing.program import Program
from .forwarding import forward
from .hoisting import hoist
from .instructions import Instruction, Operand, read
from .merging import merge
from .order import schedule
from .spilling import NoRoom, Spills, spill

#: "program": the kernel's own order. "compiler": the middle end's transformations and list scheduling.
POLICIES = ("program", "compiler")

#: Who makes the descriptors of a DMA that leaves it open: the host, before the kernel runs (`--disable-dge`), or the
#: device while it runs.
DESCRIPTORS = ("prepared", "generated")

#: What is tried in turn until memory suffices: whether passes are merged, and the share of SBUF that work ahead fills.
_ATTEMPTS = ((True, 0.75), (True, 0.5), (False, 0.5), (False, 0.25))

#: What is tried in turn when tiles have to go to HBM: the share of SBUF that stays filled, and whether the result is
#: scheduled. As much as work ahead may fill where nothing spills, then less; then all of it in the kernel's own order.
_SPILLED = ((0.75, True), (0.5, True), (1.0, False), (0.75, False), (0.5, False))


@dataclass
class Compiled:
    """A program with the addresses of its tensors."""

    program: Program
    addresses: Addresses
    #: What had no room in SBUF, if tiles were spilled.
    spills: Spills | None = None


def compiled(program: Program, target: str, allocation: str = "rotate", *, policy: str = "compiler",
             middle_end: bool = True, descriptors: str = "prepared", spills: bool = True) -> Compiled:
    """The program as the compiler orders it, and its addresses.

    `spills=False` makes tiles that do not fit into SBUF an error. `middle_end=False` is `skip_middle_end_transformations`:
    scheduling alone. Programs that meet other cores and those with loops or registers stay as they are: there the place in
    the program is not a time.
    """
    # Hundreds of thousands of small objects that live until the end: looking for cycles among them takes half the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _compiled(program, target, allocation, policy, middle_end, descriptors, spills)
    finally:
        if collects:
            gc.enable()


def _compiled(program: Program, target: str, allocation: str, policy: str, middle_end: bool, descriptors: str,
              spills: bool) -> Compiled:
    instructions = read(program)
    if instructions is None or any(instruction.is_barrier for instruction in instructions):
        return Compiled(program, Addresses(program, target, allocation))
    capacity = SBUF_BYTES.get(target, SBUF_BYTES["trn2"])
    if descriptors == "generated":
        instructions = [_generated(instruction) for instruction in instructions]

    def unscheduled() -> Compiled:
        """The kernel's own order, or what spilling makes of it."""
        own = program
        if descriptors == "generated":
            own = _copy(program)
            _replace(own, instructions)
        try:
            return Compiled(own, Addresses(own, target, allocation))
        except NkiValidationError:
            spilling = spills and policy == "compiler"
            found = _spilled(program, instructions, target, allocation, capacity) if spilling else None
            if found is None:
                raise
            return found

    if policy != "compiler":
        return unscheduled()
    own: Compiled | None = None
    for merges, share in _ATTEMPTS:
        if merges and not middle_end:
            continue
        new = _scheduled(program, instructions, capacity, share, merges, middle_end)
        try:
            return Compiled(new, Addresses(new, target, allocation))
        except NkiValidationError:
            own = own or unscheduled()
        if own.spills is not None:
            # Not even the kernel's own order fits: no other attempt will do.
            break
    assert own is not None
    return own


def _spilled(program: Program, instructions: list[Instruction], target: str, allocation: str, capacity: int
             ) -> Compiled | None:
    """The program with tiles that go to HBM and come back; None if that makes no room.

    Tiles are chosen in the kernel's own order, then the result is list-scheduled.
    """
    for share, schedules in _SPILLED:
        new = _copy(program)
        try:
            current, spills = spill(new, instructions, int(capacity * share))
            if schedules:
                current, _ = schedule(current, program.ordered, capacity, share)
            _replace(new, current)
            new.metadata = {**program.metadata, **spills.metadata}
            return Compiled(new, Addresses(new, target, allocation), spills)
        except (NoRoom, NkiValidationError):
            continue
    return None


def _scheduled(program: Program, instructions: list[Instruction], sbuf_bytes: int, share: float, merges: bool,
               middle_end: bool) -> Program:
    """The program with merged passes, in the scheduler's order.

    Dropping a copy saves work and keeps PSUM occupied for longer. Whichever takes less time in the scheduler's
    estimate is taken: captures of fused attention show no copy with 512 tokens and half of them with 1024.
    """
    fixed = program.ordered
    middle_end = merges and middle_end and not fixed
    if middle_end:
        instructions = hoist(instructions)
    variants = [instructions]
    if middle_end:
        shorter = forward(instructions)
        if len(shorter) < len(instructions):
            variants.insert(0, shorter)
    best: tuple[float, Program, list[Instruction]] | None = None
    for variant in variants:
        new = _copy(program)
        current = merge(new, variant) if middle_end else variant
        current, end = schedule(current, fixed, sbuf_bytes, share)
        if best is None or end < best[0]:
            best = (end, new, current)
    assert best is not None
    _, new, current = best
    _replace(new, current)
    return new


def _generated(instruction: Instruction) -> Instruction:
    """A DMA whose descriptors the device makes.

    Inputs and outputs go through GpSimd's software, the kernel's own tensors in HBM through the hardware of Scalar
    (stores) and Sync (loads), as ten captures of the attention kernels show.
    """
    source, target = instruction.get("src"), instruction.get("dst")
    if instruction.op != "dma_copy" or instruction.get("dge_mode") != "none" or not isinstance(source, Operand) \
            or not isinstance(target, Operand):
        return instruction
    stores = not target.storage.on_chip
    outside = target.storage if stores else source.storage
    if not outside.on_chip and outside.role == "scratch":
        mode, engine = "hwdge", "scalar" if stores else "sync"
    else:
        mode, engine = "swdge", "gpsimd"
    fields = [(key, value) for key, value in instruction.fields if key not in ("dge_mode", "engine")]
    return instruction.with_fields([*fields, ("dge_mode", mode), ("engine", engine)])


def _copy(program: Program) -> Program:
    """A program with storages of its own on chip, whose lifetimes can change; HBM tensors are the caller's."""
    new = copy.copy(program)
    new.storages = list(program.storages)
    new._names = dict(program._names)
    return new


def _replace(program: Program, instructions: list[Instruction]) -> None:
    """Writes the instructions as the program's text, without scopes, which reordering has torn apart."""
    for storage in program.storages:
        if storage.on_chip:
            clone = copy.copy(storage)
            clone.first = clone.last = -1
            program.storages[storage.index] = clone
    storages = program.storages
    for index, instruction in enumerate(instructions):
        for _, operand in instruction.operands:
            if operand.storage.on_chip:
                storage = storages[operand.storage.index]
                if storage.first < 0:
                    storage.first = index
                storage.last = index
    program.lines = [instruction.text for instruction in instructions]
    program.places = [instruction.place for instruction in instructions]
    program.count = len(instructions)
    program._open = []
