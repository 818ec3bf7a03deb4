"""trnsim: NKI kernels on a laptop, their values and their time.

    import trnsim
    trnsim.install()          # from here on, `import nki` is the simulator's
    import nki, nki.language as nl, nki.isa as nisa

    result = trnsim.simulate(kernel, x, trace="kernel.pftrace.zst")
    result.values, result.report.microseconds
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .comparing import Comparison, Difference, Sweep, WhatIf, compare, diff, sweep, whatif
from .errors import (CoreMissingError, FailureReport, NkiValidationError, PackageMissingError, SimulationError,
                     SimulationWarning, TrnsimError, UnsupportedError)
from .hooks import install, uninstall
from .record.context import target_name as _target_name
from .run.kernel import as_kernel, last_report, trace_settings
from .run.report import Advice, AdviceItem, CriticalPath, PathPlace, PathSlack, Report
from .run.runtime import NrtModel
from .tensor.nested import PerRank
from .tracebacks import edge as _edge
from .version import __version__


@dataclass
class Result:
    """A simulated run. A notebook shows it as the report's page."""

    #: What the kernel returned, in the caller's kind of array; None with `mode="timing"`.
    values: Any
    #: What it took, and why.
    report: Report

    def _repr_html_(self) -> str:
        """The report's page, for notebooks."""
        return self.report._repr_html_()

    @property
    def trace(self) -> str | None:
        """The trace file, if one was asked for."""
        return self.report.trace


@_edge
def simulate(kernel: Any, *args: Any, hardware: str | None = None, trace: str | None = None, mode: str | None = None,
             allocation: str | None = None, schedule: str | None = None, descriptors: str | None = None,
             overrides: tuple[str, ...] = (), ranks: int | None = None, trace_detail: str | None = None,
             trace_flows: str | None = None, trace_window: str | None = None, **kwargs: Any) -> Result:
    """Runs a kernel on arrays and returns its values with the report.

    Args:
        kernel: A function with `@nki.jit`, or with brackets: `kernel[2]` for both cores of a rank. A plain function is taken
            for one.
        args: Its arguments by position: arrays of NumPy, torch or what has `__array__`, of the shapes and element types that the
            kernel takes, which are its tensors in HBM; numbers, tuples, lists and dataclasses of such. An array that the kernel
            writes is written (docs/arrays.md).
        hardware: trn1, trn2, trn3 or a configuration file; trn2 by default, or what NEURON_PLATFORM_TARGET_OVERRIDE says.
        trace: A file for ui.perfetto.dev (`.pftrace.zst`).
        mode: both, values (no time) or timing (no values).
        allocation: How tensors get their places: rotate, first-fit or infinite.
        schedule: Who orders instructions: program (the kernel) or compiler (what the vendor's compiler does to kernels of
            `neuronxcc.nki`, which is their default).
        descriptors: Who makes those kernels' DMA descriptors: prepared (the host) or generated (the device).
        overrides: Values of the machine, such as "dma.bytes_per_cycle=64".
        ranks: Launches the kernel on as many ranks, which meet at `nki.collectives`: arguments are the same for all, or
            `PerRank([…])` with one for each, and values are a `PerRank`.
        trace_detail: What the trace has: lean or full.
        trace_flows: Its arrows: none, cross, critical or all.
        trace_window: Its part of the time: "12us..18us".
        kwargs: The kernel's arguments by name.

    Returns:
        values and report. Values are what the kernel returns, in the caller's kind of array; None with `mode="timing"`.

    Raises:
        NkiValidationError: for what the kernel breaks, such as a memory on chip that has no room; its `report` says who has
            it and what would make room.
        SimulationError: for a fault of the simulated machine, such as a deadlock; its `report` says who waits for whom.
        UnsupportedError: for what this simulator does not have.

    Example:
        x = np.ones((128, 512), np.float32)
        found = trnsim.simulate(kernel, x, scale=2.0)
        found.values.shape, found.report.microseconds
    """
    found = as_kernel(kernel)
    options = found.options(mode=mode, trace=trace, allocation=allocation, schedule=schedule, descriptors=descriptors,
                            overrides=tuple(overrides) or None, ranks=ranks)
    options.trace_settings = trace_settings(trace_detail=trace_detail, trace_flows=trace_flows, trace_window=trace_window)
    if hardware is not None:
        options.target = _target_name(hardware)
    values, report = found.simulate(args, kwargs, options)
    return Result(values, report)


__all__ = ["Advice", "AdviceItem", "Comparison", "CoreMissingError", "CriticalPath", "Difference", "FailureReport",
           "NkiValidationError", "NrtModel", "PackageMissingError", "PathPlace", "PathSlack", "PerRank", "Report", "Result", "SimulationError", "SimulationWarning", "Sweep", "TrnsimError", "UnsupportedError", "WhatIf", "__version__",
           "compare", "diff", "install", "last_report", "simulate", "sweep", "uninstall", "whatif"]
