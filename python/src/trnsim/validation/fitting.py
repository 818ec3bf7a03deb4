"""`Scripts/fit`: constants of the hardware from rows of captured runs, and what they are without one family's rows.

A rule names a constant of the configuration, the rows that it is fitted to, and what of a row it is. Each capture counts once,
however many of the rows it has: the value is the median over captures of the rows' median in each. Mechanisms are not fitted:
which rule a constant has is chosen once, for all captures.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..core import open_core
from ..errors import CoreMissingError
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
class Instruction:
    """A row of a capture's table, of the kernel's own instructions."""

    capture: str
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

    @property
    def family(self) -> str:
        return next((name for start, name in FAMILIES if self.capture.startswith(start)), "others")


@dataclass(frozen=True)
class Rule:
    """One constant."""

    #: Its path in the configuration.
    constant: str
    #: The rows, in words.
    rows: str
    of: Callable[[Instruction], bool]
    #: What of a row it is.
    value: Callable[[Instruction], float]


@dataclass(frozen=True)
class Fit:
    """What the rows say."""

    rule: Rule
    value: float
    rows: int
    captures: int
    #: The captures' smallest and largest medians.
    least: float
    most: float


def read_capture(path: str) -> list[Instruction]:
    """The kernel's instructions of a capture, NAME.instr.csv.zst."""
    name = os.path.basename(path).removesuffix(".instr.csv.zst")
    text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Instruction(name, row["engine"], row["op"], float(row["dur_ns"]), Operand.read(row["src"]), Operand.read(row["dst"]),
                        row["src_dt"], row["dst_dt"], int(row["n_src"] or 0), int(row["n_dst"] or 0), row["act_fn"])
            for row in csv.DictReader(io.StringIO(text)) if row["region"] == "user"]


def captures(directories: Iterable[str]) -> list[str]:
    """The instruction tables of trn2's captures in some directories and below them."""
    found = [os.path.join(folder, name) for directory in directories for folder, _, names in os.walk(directory) for name in names
             if name.endswith(".instr.csv.zst") and not name.startswith("trn1_")]
    return sorted(found)


# Clocks in GHz, and cycles for an element, are documented: what is fitted are the times around them.
VECTOR, SCALAR, TENSOR = 0.96, 1.2, 2.4


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


RULES: tuple[Rule, ...] = (
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
)


def fitted(rows: Sequence[Instruction], without: str | None = None, rules: Sequence[Rule] = RULES) -> dict[str, Fit]:
    """Each constant from its rows, without those of a family; a constant that has none left is not there."""
    found = {}
    for rule in rules:
        by_capture: dict[str, list[float]] = {}
        for row in rows:
            if rule.of(row) and row.family != without:
                by_capture.setdefault(row.capture, []).append(rule.value(row))
        if by_capture:
            medians = [statistics.median(values) for values in by_capture.values()]
            found[rule.constant] = Fit(rule, statistics.median(medians), sum(map(len, by_capture.values())), len(medians), min(medians),
                                       max(medians))
    return found


def overrides(fits: dict[str, Fit]) -> tuple[str, ...]:
    """As `--set` takes them."""
    return tuple(f"{constant}={fit.value:.1f}" for constant, fit in fits.items())


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
    lines = [f"{'constant, ns':52}{'trn2.yaml':>10}{'fitted':>9}{'captures':>9}{'rows':>7}{'least':>9}{'most':>9}  rows"]
    for constant, fit in fits.items():
        lines.append(f"{constant:52}{values[constant]:10.1f}{fit.value:9.1f}{fit.captures:9}{fit.rows:7}{fit.least:9.1f}{fit.most:9.1f}"
                     f"  {fit.rule.rows}")
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


def left_out(rows: Sequence[Instruction], checkouts: str, records: Sequence[str], settings: Settings) -> list[WithoutRows]:
    """Each family that rows are of, run with and without them; a constant that it alone shows keeps its value from all rows."""
    whole = fitted(rows)
    known, _ = measured(read_records(records))
    found = []
    for name in dict.fromkeys(name for _, name in FAMILIES):
        if not any(row.family == name for row in rows):
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


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where the arguments are at fault."""
    parser = argparse.ArgumentParser(prog="Scripts/fit", description="Constants of the hardware from rows of captured runs.")
    parser.add_argument("--captures", metavar="DIR", nargs="+", required=True, help="directories with NAME.instr.csv.zst")
    parser.add_argument("--without", metavar="FAMILY", help="fit without the rows of a family")
    parser.add_argument("--overrides", action="store_true", help="print what --set takes instead of the table")
    parser.add_argument("--leave-out-each", action="store_true",
                        help="run each family's kernels with constants that its rows did not set; needs --checkouts and --records")
    parser.add_argument("--checkouts", metavar="DIR")
    parser.add_argument("--records", metavar="FILE", nargs="+", default=[])
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    options = parser.parse_args(arguments)
    try:
        paths = captures(options.captures)
        if not paths:
            raise RecordError(f"there are no captures in {', '.join(options.captures)}")
        rows = [row for path in paths for row in read_capture(path)]
        fits = fitted(rows, without=options.without)
        if options.overrides:
            print(*(f"--set {value}" for value in overrides(fits)))
            return 0
        print(table_of(fits, configured(list(fits))))
        if options.leave_out_each:
            if not options.checkouts or not options.records:
                raise RecordError("--leave-out-each needs --checkouts and --records")
            print(f"\n{'family':28}{'kernels':>8}{'median':>8}{'without its rows':>18}{'worst':>9}{'without':>9}  constants that move")
            for one in left_out(rows, options.checkouts, options.records, Settings(options.workers)):
                alone = f"; seen here alone, kept: {', '.join(one.alone)}" if one.alone else ""
                print(f"{one.family:28}{one.kernels:8}{one.with_rows:8.1f}{one.without:18.1f}{one.worst_with:+9.1f}"
                      f"{one.worst_without:+9.1f}  {', '.join(one.moved) or 'none'}{alone}", flush=True)
    except (RecordError, CoreMissingError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


__all__ = ["FAMILIES", "Fit", "Instruction", "Operand", "RULES", "Rule", "captures", "fitted", "left_out", "main", "overrides",
           "read_capture", "table_of"]


if __name__ == "__main__":
    sys.exit(main())
