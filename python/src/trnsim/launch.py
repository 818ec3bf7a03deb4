"""A kernel's launch: arguments to tensors, and the trace of each core."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .binder import Binder, ranks_of, share_of
from .errors import NkiValidationError, UnsupportedError
from .tracing import lowering
from .tracing.allocate import allocate
from .tracing.context import Trace, activate, trace
from .tracing.cores import trace_cores
from .tracing.dma import dma_copy
from .tracing.layout import ALONE, Layout
from .tracing.program import Program
from .tracing.results import map_tensors
from .tracing.spaces import MemoryRegion
from .tracing.storage import Storage
from .tracing.view import NkiTensor

#: Ranks of one launch; each is traced and simulated in this process.
RANK_LIMIT = 1024


@dataclass
class Options:
    """How to simulate."""

    target: str
    #: "both", "values" or "timing"; "trace" asks for the program alone, values are then undefined.
    mode: str = "both"
    trace: str | None = None
    allocation: str = "rotate"
    #: "program" or "compiler", who orders instructions (`scheduling`); None leaves it to the kernel's generation.
    schedule: str | None = None
    #: "prepared" or "generated": who makes the descriptors of first-generation kernels' DMAs.
    descriptors: str = "prepared"
    overrides: tuple[str, ...] = ()
    #: Whether bfloat16 and the float8 types round as on the machine (NKI_PRECISE_FP); else they are float32.
    precise: bool = True
    #: Ranks; None: as many as the arguments have, one if they do not say.
    ranks: int | None = None
    settings: dict[str, str] = field(default_factory=dict)


@dataclass
class TracedCore:
    """One core's program with what its tensors are to the caller."""

    program: Program
    result: Any
    inputs: list[tuple[Storage, Any, np.ndarray[Any, Any]]]


@dataclass
class Traced:
    """What tracing a kernel gave."""

    layout: Layout
    #: By core id.
    cores: list[TracedCore]
    #: Whether results are given by rank.
    by_rank: bool
    seconds: float
    notes: list[str]
    #: Whether the kernel is of the first API generation, and whether the compiler's middle end works on it.
    beta: bool = False
    middle_end: bool = True

    @property
    def name(self) -> str:
        return self.cores[0].program.name


def trace_kernel(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                 options: Options, *, cores: int = 1, grid: tuple[int, ...] = (), beta: bool = False,
                 name: str | None = None) -> Traced:
    """Runs the kernel's Python and records what it does."""
    if cores not in (1, 2):
        raise UnsupportedError(f"a launch on {cores} cores", remedy="kernel[1] or kernel[2]: trn2 joins two cores")
    found = ranks_of(args, kwargs)
    ranks = options.ranks or found or 1
    if found is not None and found != ranks:
        raise NkiValidationError(f"an argument has {found} values, one for each rank, and ranks is {ranks}",
                                 remedy="give PerRank a value for each rank")
    if not 1 <= ranks <= RANK_LIMIT:
        raise UnsupportedError(f"a launch on {ranks} ranks", remedy=f"1 to {RANK_LIMIT} ranks")
    layout = Layout(ranks, cores) if ranks * cores > 1 else ALONE
    title = str(name or getattr(function, "__name__", "kernel"))
    binders: list[Binder] = []
    calls: list[Callable[[], Any]] = []
    for rank in range(ranks):
        for core in range(cores):
            program = Program(title, core_suffix=f".core{core}" if cores > 1 else "")
            binder = Binder(program)
            bound, named = binder.bind(function, share_of(args, rank), share_of(kwargs, rank))
            program.inputs = {storage: array for storage, _, array in binder.inputs}
            binders.append(binder)
            calls.append(functools.partial(function, *bound, **named))
    programs = [binder.program for binder in binders]
    notes: list[str] = []
    begin = time.perf_counter()
    if layout.count > 1:
        results = trace_cores(calls, programs, options.target, layout)
    else:
        results = [_trace_grid(calls[0], programs[0], options.target, grid, beta)]
    seconds = time.perf_counter() - begin
    for program in programs:
        notes += [warning for warning in program.warnings if warning not in notes]
    return Traced(layout, [TracedCore(program, result, binder.inputs)
                           for program, result, binder in zip(programs, results, binders)],
                  options.ranks is not None or found is not None, seconds, notes, beta)


def _trace_grid(function: Callable[[], Any], program: Program, target: str, grid: tuple[int, ...], beta: bool) -> Any:
    """Every program of the grid in turn, on one core."""
    result: Any = None
    # An extent of 0 counts as 1, as public kernels that are launched as `kernel[0]` show.
    positions = list(np.ndindex(*(max(1, extent) for extent in grid))) if grid else [()]
    shared: dict[Any, Any] = {}
    for number, position in enumerate(positions):
        current = Trace(program, target=target, grid=grid, position=tuple(position), beta=beta, shared=shared)
        with activate(current):
            found = map_tensors(function(), _in_hbm if beta else lambda view: view)
        result = found if number == 0 else result
    return result


def _in_hbm(view: NkiTensor) -> NkiTensor:
    """A returned tensor; the first API generation's kernels may return tiles, which are stored."""
    if not view.on_chip:
        return view
    program = trace().program
    program.warnings.append(f"'{view.name}' is returned from {view.buffer}: it is stored to HBM")
    source = view if view.storage.region is MemoryRegion.sbuf else lowering.copy(view)
    target = allocate(MemoryRegion.shared_hbm, view.dtype, view.shape, f"{view.name}.returned")
    dma_copy(target, source)
    return target


__all__ = ["Options", "Traced", "TracedCore", "trace_kernel"]
