"""Constants of the hardware from rows of captured runs, and what they are without one family's rows (`Scripts/fit`).

A rule names a constant of the configuration, the rows that it is fitted to (instructions or DMA descriptors), and what of a row it
is. Each capture counts once, however many of the rows it has: the value is the median over captures of the rows' median in each.
Mechanisms are not fitted: which rule a constant has is chosen once, for all captures.
"""

from __future__ import annotations

import csv
import io
import os
import re
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..core import open_core
from .comparing import compared, measured
from .figures import summary
from .records import RecordError, read_records
from .running import Settings
from .table import family

#: A capture's family in the table of kernels, by the beginning of its name; the first that fits.
FAMILIES = (("attention_", "kernel-fusion attention"), ("conv2d_final", "chenhzhu conv2d"), ("conv2d_naive", "chengli2003 conv2d"),
            ("conv2d_step", "chengli2003 conv2d"), ("vector_add_", "cs149 vector add"), ("transpose_", "cs149 transpose"),
            ("moe_token_generation", "megakernel moe_tkg"))


@dataclass(frozen=True)
class Operand:
    """`MEMORY@address[strides][sizes]`, innermost dimension first; strides are in elements."""

    memory: str
    stride: int
    size: int

    @staticmethod
    def read(text: str) -> Operand | None:
        found = re.fullmatch(r"(\w+)@0x[0-9a-f]+\[(-?\d+)[-,\d]*\]\[(\d+)[,\d]*\]", text)
        return Operand(found[1], int(found[2]), int(found[3])) if found else None


@dataclass(frozen=True)
class Measured:
    """A row of a capture's tables."""

    capture: str

    @property
    def family(self) -> str:
        return next((name for start, name in FAMILIES if self.capture.startswith(start)), "others")


@dataclass(frozen=True)
class Instruction(Measured):
    """A row of a capture's table, of the kernel's own instructions."""

    engine: str
    opcode: str
    #: ns.
    duration: float
    source: Operand | None
    target: Operand | None
    source_type: str
    target_type: str
    #: Elements of a partition that are read and written.
    read: int
    written: int
    function: str


@dataclass(frozen=True)
class Descriptor(Measured):
    """A DMA descriptor that a ring moved; times in ns."""

    bytes: int
    #: What reading took.
    read: float
    #: From the begin of the one before it on its ring to its own, where both have the size and the queue; else none.
    pace: float | None
    #: From the acknowledgement of the one before to its own, where both have the size.
    acknowledged: float | None


@dataclass(frozen=True)
class Start(Measured):
    """A queue's first descriptor behind the one trigger that can be its own; times in ns."""

    engine: str
    opcode: str
    #: From the trigger's begin.
    first: float
    #: How much later each ring begins than the one before it; none where not all rings begin.
    apart: float | None


@dataclass(frozen=True)
class Ring(Measured):
    """A ring's descriptors of one size, where there are hundreds of them."""

    bytes: int
    #: ns from one acknowledgement to the next, the mean.
    acknowledged: float


Kind = TypeVar("Kind", Instruction, Descriptor, Start, Ring)


@dataclass(frozen=True)
class Rule(Generic[Kind]):
    """One constant."""

    #: Its path in the configuration.
    constant: str
    #: The rows, in words.
    rows: str
    of: Callable[[Kind], bool]
    #: What of a row it is.
    value: Callable[[Kind], float]
    #: A capture with fewer of them does not count.
    least: int = 1


@dataclass(frozen=True)
class Rows:
    """What captures show."""

    instructions: Sequence[Instruction]
    descriptors: Sequence[Descriptor] = ()
    starts: Sequence[Start] = ()
    rings: Sequence[Ring] = ()


@dataclass(frozen=True)
class Fit:
    """What the rows say."""

    constant: str
    #: In words.
    shown_by: str
    value: float
    rows: int
    captures: int
    #: The captures' smallest and largest medians.
    least: float
    most: float


def instructions(capture: str, rows: Iterable[dict[str, str]]) -> list[Instruction]:
    """The kernel's instructions of a capture's table."""
    return [Instruction(capture, row["engine"], row["op"], float(row["dur_ns"]), Operand.read(row["src"]), Operand.read(row["dst"]),
                        row["src_dt"], row["dst_dt"], int(row["n_src"] or 0), int(row["n_dst"] or 0), row["act_fn"])
            for row in rows if row["region"] == "user"]


def descriptors(capture: str, rows: Iterable[dict[str, str]]) -> list[Descriptor]:
    """A DMA table's rows, each with its distance to the one before it on its ring."""
    rings: dict[str, list[tuple[float, float, float, int, str]]] = {}
    for row in rows:
        rings.setdefault(row["dma_engine_byte"], []).append((float(row["start_ns"]), float(row["read_done_ns"]),
                                                             float(row["write_ack_ns"]), int(row["bytes"]), row["queue"]))
    found = []
    for ring in rings.values():
        ring.sort()
        written = sorted(ring, key=lambda one: one[2])
        behind = {id(one): one[2] - before[2] for before, one in zip(written, written[1:]) if before[3] == one[3]}
        for before, one in zip([None, *ring], ring):
            same = before is not None and before[3:] == one[3:]
            found.append(Descriptor(capture, one[3], one[1] - one[0], one[0] - before[0] if same and before else None,
                                    behind.get(id(one))))
    return found


#: A queue is idle that has read nothing for so long, and a trigger is near a descriptor that begins so long behind it (ns).
_IDLE, _NEAR = 3000.0, (300.0, 3000.0)
#: The rings begin their descriptors of one transfer within so many ns.
_TOGETHER = 1500.0
#: Fewest descriptors of a ring whose mean says what each takes.
_MANY = 400


def starts(capture: str, instructions: Iterable[dict[str, str]], rows: Iterable[dict[str, str]]) -> list[Start]:
    """First descriptors of idle queues, each with the one trigger in the microseconds before it; where there are two, none is taken."""
    triggers = sorted((float(row["end_ns"]), float(row["begin_ns"]), row["engine"], row["op"]) for row in instructions
                      if row["region"] == "user" and row["op"] in ("WRITE", "DMA_DIRECT2D"))
    queues: dict[str, list[tuple[float, int, float]]] = {}
    for row in rows:
        queues.setdefault(row["queue"], []).append((float(row["start_ns"]), int(row["dma_engine_byte"]), float(row["read_done_ns"])))
    found = []
    for queue in queues.values():
        queue.sort()
        busy = float("-inf")
        for index, (start, _, _) in enumerate(queue):
            near = [one for one in triggers if start - _NEAR[1] < one[0] < start - _NEAR[0]] if start - busy > _IDLE else []
            if len(near) == 1:
                begins: dict[int, float] = {}
                for begin, ring, _ in queue[index:index + 4 * _RINGS]:
                    if begin < start + _TOGETHER:
                        begins.setdefault(ring, begin)
                order = sorted(begins)
                apart = (begins[order[-1]] - begins[order[0]]) / (_RINGS - 1) if len(order) == _RINGS else None
                found.append(Start(capture, near[0][2], near[0][3], start - near[0][1], apart))
            busy = max(busy, queue[index][2])
    return found


def rings(capture: str, rows: Iterable[dict[str, str]]) -> list[Ring]:
    """Each ring's descriptors of one size, if there are many."""
    times: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        times.setdefault((row["dma_engine_byte"], int(row["bytes"])), []).append(float(row["write_ack_ns"]))
    return [Ring(capture, size, (max(of) - min(of)) / (len(of) - 1)) for (_, size), of in sorted(times.items()) if len(of) >= _MANY]


def _dictionaries(path: str) -> list[dict[str, str]]:
    if not os.path.exists(path):
        return []
    return list(csv.DictReader(io.StringIO(subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, text=True, check=True).stdout)))


def read_rows(paths: Iterable[str]) -> Rows:
    """The tables of captures."""
    every: tuple[list[Instruction], list[Descriptor], list[Start], list[Ring]] = ([], [], [], [])
    for path in paths:
        name = os.path.basename(path).removesuffix(".instr.csv.zst")
        moved = _dictionaries(path.removesuffix(".instr.csv.zst") + ".dma.csv.zst")
        executed = _dictionaries(path)
        every[0].extend(instructions(name, executed))
        every[1].extend(descriptors(name, moved))
        every[2].extend(starts(name, executed, moved))
        every[3].extend(rings(name, moved))
    return Rows(*every)


def captures(directories: Iterable[str]) -> list[str]:
    """The instruction tables of trn2's captures in some directories and below them."""
    found = [os.path.join(folder, name) for directory in directories for folder, _, names in os.walk(directory) for name in names
             if name.endswith(".instr.csv.zst") and not name.startswith("trn1_")]
    return sorted(found)


# Clocks in GHz, and cycles for an element, are documented: what is fitted are the times around them.
VECTOR, SCALAR, TENSOR, RINGS = 0.96, 1.2, 2.4, 0.85
#: Bytes that a ring moves in a cycle, and rings of a core.
_BYTES, _RINGS = 32, 16


def stream(engine: str, opcode: str, source: str, *, types: str = "", least: int = 64, function: str = "",
           written: str = "SBUF") -> Callable[[Instruction], bool]:
    """Instructions that stream contiguous rows from one memory, `types` read and written."""
    def of(row: Instruction) -> bool:
        return (row.engine == engine and row.opcode == opcode and row.source is not None and row.target is not None and
                row.source.memory == source and row.target.memory == written and row.source.stride == 1 and row.target.stride == 1 and
                (not types or f"{row.source_type} {row.target_type}" == types) and row.read >= least and
                (not function or row.function == function))
    return of


def beyond(clock: float, cycles: float) -> Callable[[Instruction], float]:
    """The duration less the elements' own time, in ns."""
    return lambda row: row.duration - row.read * cycles / clock


def lasting(engine: str, opcode: str) -> Callable[[Instruction], bool]:
    return lambda row: row.engine == engine and row.opcode == opcode


def duration(row: Instruction) -> float:
    return row.duration


def _warm(row: Instruction) -> bool:
    """A MATMUL of 16-bit rows at the PE clock's full rate: at half rate it lasts 1.5 times as long and more."""
    return (row.engine == "Tensor" and row.opcode == "MATMUL" and row.source_type in ("fp16", "bf16") and row.source is not None and
            row.written >= 400 and row.duration < 1.2 * (row.written / TENSOR + 166))


RULES: tuple[Rule[Instruction], ...] = (
    Rule("vector.classes.copy.latency.psum", "VectorE COPY, fp32, PSUM to contiguous SBUF, 64 elements and more",
         stream("Vector", "COPY", "PSUM", types="fp32 fp32"), beyond(VECTOR, 1)),
    Rule("vector.classes.cast.latency.sbuf", "VectorE CAST, fp32 to bf16, SBUF", stream("Vector", "CAST", "SBUF", types="fp32 bf16"),
         beyond(VECTOR, 0.5)),
    Rule("vector.classes.cast.latency.psum", "VectorE CAST, fp32 to bf16, PSUM", stream("Vector", "CAST", "PSUM", types="fp32 bf16"),
         beyond(VECTOR, 1)),
    Rule("vector.classes.tensor_tensor.latency.sbuf", "VectorE TENSOR_TENSOR, fp32, SBUF, 400 elements and more",
         stream("Vector", "TENSOR_TENSOR", "SBUF", types="fp32 fp32", least=400), beyond(VECTOR, 1)),
    Rule("vector.classes.tensor_tensor.latency.psum", "VectorE TENSOR_TENSOR, fp32 from PSUM, 400 elements and more",
         stream("Vector", "TENSOR_TENSOR", "PSUM", least=400), beyond(VECTOR, 1)),
    Rule("vector.classes.tensor_scalar_pointer.latency.sbuf", "VectorE TENSOR_SCALAR, fp32, SBUF",
         stream("Vector", "TENSOR_SCALAR", "SBUF"), beyond(VECTOR, 0.5)),
    Rule("vector.classes.tensor_scalar_pointer.latency.psum", "VectorE TENSOR_SCALAR, fp32, PSUM",
         stream("Vector", "TENSOR_SCALAR", "PSUM"), beyond(VECTOR, 1)),
    Rule("vector.classes.tensor_reduce.latency.sbuf", "VectorE TENSOR_REDUCE, fp32, SBUF, 400 elements and more",
         stream("Vector", "TENSOR_REDUCE", "SBUF", types="fp32 fp32", least=400), beyond(VECTOR, 1)),
    Rule("vector.classes.tensor_reduce.latency.psum", "VectorE TENSOR_REDUCE, fp32, PSUM, 400 elements and more",
         stream("Vector", "TENSOR_REDUCE", "PSUM", types="fp32 fp32", least=400), beyond(VECTOR, 1)),
    Rule("vector.classes.reciprocal.latency.sbuf", "VectorE RECIPROCAL, fp32, SBUF", stream("Vector", "RECIPROCAL", "SBUF", least=1),
         beyond(VECTOR, 6)),
    Rule("scalar.classes.copy.latency.psum", "ScalarE COPY, fp32, PSUM to contiguous SBUF, 64 elements and more",
         stream("Scalar", "COPY", "PSUM", types="fp32 fp32"), beyond(SCALAR, 1)),
    Rule("scalar.classes.cast.latency.psum", "ScalarE CAST from PSUM", stream("Scalar", "CAST", "PSUM"), beyond(SCALAR, 1)),
    Rule("scalar.classes.activation.latency.sbuf", "ScalarE ACTIVATE, exponential (7), SBUF",
         stream("Scalar", "ACTIVATE", "SBUF", function="7"), beyond(SCALAR, 1)),
    Rule("scalar.classes.activation.latency.psum", "ScalarE ACTIVATE, exponential (7), PSUM",
         stream("Scalar", "ACTIVATE", "PSUM", function="7"), beyond(SCALAR, 1)),
    Rule("scalar.classes.table_load.latency.sbuf", "ScalarE ACT_TABLE_LOAD", lasting("Scalar", "ACT_TABLE_LOAD"), duration),
    Rule("tensor.latency.warm", "PE MATMUL, 16-bit rows of 400 and more, at full rate, less tensor.lead.warm (2.5 ns)", _warm,
         lambda row: row.duration - row.written / TENSOR - 2.5),
    Rule("sequencer.event_semaphore.tensor", "PE EVENT_SEMAPHORE", lasting("Tensor", "EVENT_SEMAPHORE"), duration),
    Rule("sequencer.event_semaphore.vector", "VectorE EVENT_SEMAPHORE", lasting("Vector", "EVENT_SEMAPHORE"), duration),
    Rule("sequencer.event_semaphore.scalar", "ScalarE EVENT_SEMAPHORE", lasting("Scalar", "EVENT_SEMAPHORE"), duration),
    Rule("sequencer.event_semaphore.gpsimd", "GpSimdE EVENT_SEMAPHORE", lasting("GpSimd", "EVENT_SEMAPHORE"), duration),
    Rule("sequencer.event_semaphore.sync", "Sync EVENT_SEMAPHORE", lasting("Sync", "EVENT_SEMAPHORE"), duration),
    Rule("dma.hwdge.trigger.scalar", "ScalarE DMA_DIRECT2D", lasting("Scalar", "DMA_DIRECT2D"), duration),
    Rule("dma.hwdge.trigger.sync", "Sync DMA_DIRECT2D", lasting("Sync", "DMA_DIRECT2D"), duration),
    Rule("dma.swdge.register_load", "GpSimdE TENSOR_LOAD", lasting("GpSimd", "TENSOR_LOAD"), duration),
    Rule("dma.swdge.register_move", "GpSimdE REG_MOVE", lasting("GpSimd", "REG_MOVE"), duration),
    Rule("dma.swdge.register_address", "GpSimdE REG_ALU", lasting("GpSimd", "REG_ALU"), duration),
)


def _cycles_over(row: Descriptor) -> float:
    """Cycles from a descriptor's begin to the next one's beyond those of its bytes."""
    return (row.pace or 0) * RINGS - row.bytes / _BYTES


DMA_RULES: tuple[Rule[Descriptor], ...] = (
    Rule("dma.descriptor_cycles", "descriptors of 2000 B and more, one behind the other of its size and queue, less than 10 cycles late",
         lambda row: row.bytes >= 2000 and row.pace is not None and 0 < _cycles_over(row) < 10, _cycles_over, least=20),
    Rule("dma.element_read_cycles", "descriptors of 128 and 256 B read in 75 to 90 ns: 64 elements, less 5 cycles of a descriptor of one",
         lambda row: row.bytes in (128, 256) and 75 <= row.read <= 90, lambda row: (row.read * RINGS - 5) / 64, least=1000),
    Rule("dma.written_piece_cycles", "descriptors of 64 pieces of 18 and 36 B, from one acknowledgement to the next, 6 to 14 cycles a piece",
         lambda row: row.bytes in (1152, 2304) and row.acknowledged is not None and 6 < row.acknowledged * RINGS / 64 < 14,
         lambda row: (row.acknowledged or 0) * RINGS / 64, least=50),
    Rule("hbm.read_bandwidth_per_core", "descriptors of 2000 B and more, one behind the other of its size and queue: 16 rings at its pace",
         lambda row: row.bytes >= 2000 and row.pace is not None and row.pace > 0, lambda row: _RINGS * row.bytes / (row.pace or 1),
         least=2000),
)


def _started(*by: tuple[str, str]) -> Callable[[Start], bool]:
    """First descriptors behind triggers of some engines and opcodes."""
    return lambda row: (row.engine, row.opcode) in by


_BEHIND = "the first descriptor of a queue that was idle for 3 µs, behind the one trigger in the 3 µs before it: "
START_RULES: tuple[Rule[Start], ...] = (
    Rule("dma.static.first_descriptor", _BEHIND + "a WRITE of Sync or GpSimd",
         _started(("Sync", "WRITE"), ("GpSimd", "WRITE")), lambda row: row.first),
    Rule("dma.hwdge.first_descriptor.sync", _BEHIND + "Sync's DMA_DIRECT2D", _started(("Sync", "DMA_DIRECT2D")), lambda row: row.first),
    Rule("dma.hwdge.first_descriptor.scalar", _BEHIND + "Scalar's DMA_DIRECT2D", _started(("Scalar", "DMA_DIRECT2D")),
         lambda row: row.first),
    Rule("dma.swdge.first_descriptor", _BEHIND + "GpSimd's DMA_DIRECT2D", _started(("GpSimd", "DMA_DIRECT2D")), lambda row: row.first),
    Rule("dma.ring_offset", "the same transfers, where all rings begin within 1.5 µs: the last ring less the first, of 15",
         lambda row: row.apart is not None, lambda row: row.apart or 0),
)
RING_RULES: tuple[Rule[Ring], ...] = (
    Rule("dma.element_write", "rings with 400 descriptors and more of 256 B, from one acknowledgement to the next, 80 to 120 ns an element",
         lambda row: row.bytes == 256 and 80 < row.acknowledged / 64 < 120, lambda row: row.acknowledged / 64, least=16),
    Rule("dma.element_write_16bit", "the same of 128 B", lambda row: row.bytes == 128 and 80 < row.acknowledged / 64 < 120,
         lambda row: row.acknowledged / 64, least=16),
)


#: Opcodes whose sizes are told, by the core's class of work.
CLASSES = {"COPY": "copy", "CAST": "cast", "TENSOR_TENSOR": "tensorTensor", "TENSOR_SCALAR": "tensorScalarPointer",
           "TENSOR_REDUCE": "tensorReduce", "RECIPROCAL": "reciprocal", "MEMSET": "memset", "ACTIVATE": "activation"}


def sizes(rows: Sequence[Instruction]) -> dict[tuple[str, str, bool], tuple[int, int, int]]:
    """Fewest and most elements of a partition, and how many rows, by engine, class of work and whether an operand is in PSUM."""
    found: dict[tuple[str, str, bool], tuple[int, int, int]] = {}
    for row in rows:
        if row.opcode not in CLASSES or row.target is None:
            continue
        in_psum = row.target.memory == "PSUM" or (row.source is not None and row.source.memory == "PSUM")
        key, elements = (row.engine.lower(), CLASSES[row.opcode], in_psum), max(row.read, row.written)
        least, most, count = found.get(key, (elements, elements, 0))
        found[key] = (min(least, elements), max(most, elements), count + 1)
    return dict(sorted(found.items()))


def swift_of_sizes(found: dict[tuple[str, str, bool], tuple[int, int, int]]) -> str:
    """The core's table of measured sizes."""
    lines = ["import Device", "", "// Written by Scripts/fit --sizes from the instruction tables of trn2's captures.",
             "extension MeasuredSizes {", "  /// From captured runs of trn2, in the order of engines and classes.", "  static let measured = ["]
    lines += [f"    MeasuredSizes(.{engine}, .{name}, inPSUM: {str(in_psum).lower()}, {least}...{most}),"
              for (engine, name, in_psum), (least, most, _) in found.items()]
    return "\n".join([*lines, "  ]", "}", ""])


def _fit(rule: Rule[Kind], rows: Sequence[Kind], without: str | None) -> Fit | None:
    by_capture: dict[str, list[float]] = {}
    for row in rows:
        if row.family != without and rule.of(row):
            by_capture.setdefault(row.capture, []).append(rule.value(row))
    counted = [values for values in by_capture.values() if len(values) >= rule.least]
    if not counted:
        return None
    medians = [statistics.median(values) for values in counted]
    return Fit(rule.constant, rule.rows, statistics.median(medians), sum(map(len, counted)), len(medians), min(medians), max(medians))


def fitted(rows: Rows, without: str | None = None, rules: Sequence[Rule[Instruction]] = RULES,
           dma_rules: Sequence[Rule[Descriptor]] = DMA_RULES) -> dict[str, Fit]:
    """Each constant from its rows, without those of a family; a constant that has none left is not there."""
    found = [_fit(rule, rows.instructions, without) for rule in rules] + [_fit(rule, rows.descriptors, without) for rule in dma_rules]
    found += [_fit(rule, rows.starts, without) for rule in START_RULES] + [_fit(rule, rows.rings, without) for rule in RING_RULES]
    return {one.constant: one for one in found if one is not None}


def overrides(fits: dict[str, Fit]) -> tuple[str, ...]:
    """As `--set` takes them."""
    return tuple(f"{constant}={fit.value:.2f}" for constant, fit in fits.items())


def configured(constants: Sequence[str]) -> dict[str, float]:
    """What the configuration of trn2 says today."""
    found, errors = open_core().hardware("trn2", ())
    if found is None:
        raise RecordError(str(errors))
    gone = [constant for constant in constants if constant not in found["values"]]
    if gone:
        raise RecordError(f"the configuration has no {', '.join(gone)}: change the rules of python/src/trnsim/validation/fitting.py")
    return {constant: float(found["values"][constant]["value"]) for constant in constants}


def table_of(fits: dict[str, Fit], values: dict[str, float]) -> str:
    """A line for each constant."""
    lines = [f"{'constant':52}{'trn2.yaml':>10}{'fitted':>9}{'captures':>9}{'rows':>7}{'least':>9}{'most':>9}  rows"]
    for constant, fit in fits.items():
        lines.append(f"{constant:52}{values[constant]:10.1f}{fit.value:9.1f}{fit.captures:9}{fit.rows:7}{fit.least:9.1f}{fit.most:9.1f}"
                     f"  {fit.shown_by}")
    return "\n".join(lines)


@dataclass(frozen=True)
class WithoutRows:
    """A family's errors with constants from all rows, and with constants from the other families' rows."""

    family: str
    kernels: int
    #: Medians of the sizes of errors, in percent.
    with_rows: float
    without: float
    worst_with: float
    worst_without: float
    #: Constants that differ, and those that no other family's rows show.
    moved: tuple[str, ...]
    alone: tuple[str, ...]


def left_out(rows: Rows, checkouts: str, records: Sequence[str], settings: Settings) -> list[WithoutRows]:
    """Each family that rows are of, run with and without them; a constant that it alone shows keeps its value from all rows."""
    whole = fitted(rows)
    known, _ = measured(read_records(records))
    found = []
    for name in dict.fromkeys(name for _, name in FAMILIES):
        if not any(row.family == name for row in rows.instructions):
            continue
        others = fitted(rows, without=name)
        fits = {**whole, **others}
        alone = tuple(constant for constant in whole if constant not in others)
        one = family(name)
        chosen = [(one, kernel) for kernel in one.kernels if (name, kernel.name) in known]
        errors = []
        for constants in (whole, fits):
            done, _ = compared(chosen, known, checkouts, Settings(settings.workers, settings.timeout, overrides=overrides(constants)))
            errors.append(summary(done))
        with_rows, without = errors
        if with_rows.median is None or without.median is None or with_rows.worst is None or without.worst is None:
            continue
        moved = tuple(constant for constant in whole if abs(fits[constant].value - whole[constant].value) >= 0.05)
        found.append(WithoutRows(name, with_rows.kernels, with_rows.median, without.median, with_rows.worst, without.worst, moved, alone))
    return found


__all__ = ["DMA_RULES", "Descriptor", "FAMILIES", "Fit", "Instruction", "Operand", "RING_RULES", "RULES", "Ring", "Rows", "Rule", "START_RULES",
           "Start", "captures", "configured", "descriptors", "fitted", "instructions", "left_out", "overrides", "read_rows", "rings", "sizes",
           "starts", "swift_of_sizes", "table_of"]
