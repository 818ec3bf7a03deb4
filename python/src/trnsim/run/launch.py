"""A kernel's launch: arguments to tensors, and the trace of each core."""

from __future__ import annotations

import functools
import gc
import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np

from ..core.layout import ALONE, GridDim, Layout
from ..core.memory import limit
from ..errors import NkiValidationError, Place, TrnsimError, UnsupportedError
from ..isa.dma import dma_copy
from ..language import functions as lowering
from ..places import is_own_file, place_of
from ..record.allocate import allocate
from ..record.context import Trace, trace
from ..record.program import Program
from ..tensor import recording
from ..tensor.arrays import rounding_note
from ..tensor.results import map_tensors
from ..tensor.spaces import MemoryRegion
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor
from .binder import Binder, Converted, named_arguments, ranks_of, share_of
from .cores import trace_cores

#: What kernels ask of tensors.
_TENSOR_ATTRIBUTES = frozenset(("shape", "dtype", "ndim", "reshape", "permute", "ap", "rearrange", "view", "buffer", "storage"))

#: Ranks of one launch; each is traced and simulated in this process.
RANK_LIMIT = 1024

#: New objects between two looks for cycles while a kernel is traced; Python's own number is 700.
_OBJECTS_BETWEEN_COLLECTIONS = 500_000


@dataclass
class Options:
    """How to simulate."""

    target: str
    #: "both", "values" or "timing"; "trace" asks for the program alone, values are then undefined.
    mode: str = "both"
    trace: str | None = None
    #: What the trace shows, as settings of the core: trace_detail, flows, trace_window.
    trace_settings: dict[str, str] = field(default_factory=dict)
    allocation: str = "rotate"
    #: What the kernel's configuration says (`CompileConfig`, `SpecializationConfig`), which tracing compares with that of nested ones.
    configuration: str = ""
    #: "program" or "compiler", who orders instructions; None leaves it to the kernel's generation.
    schedule: str | None = None
    #: "prepared" or "generated": who makes the descriptors of first-generation kernels' DMAs.
    descriptors: str = "prepared"
    overrides: tuple[str, ...] = ()
    #: Whether bfloat16 and the float8 types round as on the machine (NKI_PRECISE_FP); else they are float32.
    precise: bool = True
    #: Ranks; None: as many as the arguments have, one if they do not say.
    ranks: int | None = None
    #: Whether the report gets its critical path in the same run, where it has times.
    critical_path: bool = False
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
    #: How many programs of the kernel ran on a rank, and whether it asked which one it is.
    programs: int = 1
    asks_position: bool = False
    #: What of it is kept for later launches, and whether its records stay; what it is to be the same as (`traces.py`).
    kept: Any = None
    keeps_records: bool = False
    verifies: Any = None
    #: "found", or why the trace is not kept; empty where it was made anew.
    cache: str = ""

    @property
    def name(self) -> str:
        return self.cores[0].program.name


@dataclass(frozen=True)
class Stop:
    """Where a trace is to end with an error: at an instruction of a core."""

    core: int
    instruction: int
    error: NkiValidationError


def trace_kernel(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                 options: Options, *, cores: int = 1, grid: tuple[GridDim, ...] = (), beta: bool = False,
                 name: str | None = None, converted: Converted | None = None,
                 stop: Stop | None = None) -> Traced:
    """Runs the kernel's Python and records what it does.

    `converted` has arrays of the caller that were converted before. With `stop` an error rises where an instruction is recorded.
    """
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
    # Without a grid each core runs the kernel once.
    alone: list[tuple[int, ...]] = [()]
    positions = _positions(grid, cores) if grid else [alone] * cores
    extents = tuple(dim.extent for dim in grid)
    title = str(name or getattr(function, "__name__", "kernel"))
    binders: list[Binder] = []
    calls: list[Callable[[], Any]] = []
    for rank in range(ranks):
        for core in range(cores):
            program = Program(title, core_suffix=f".core{core}" if cores > 1 else "")
            binder = Binder(program, converted)
            bound, named = binder.bind(function, share_of(args, rank), share_of(kwargs, rank))
            program.inputs = {storage: array for storage, _, array in binder.inputs}
            binders.append(binder)
            calls.append(functools.partial(_called, function, bound, named, beta))
    programs = [binder.program for binder in binders]
    if stop is not None:
        programs[stop.core].stop_at(stop.instruction, stop.error)
    rounded = list(dict.fromkeys(name for binder in binders for name in binder.rounded))
    notes = [rounding_note(rounded)] if rounded else []
    begin = time.perf_counter()
    bodies = [functools.partial(_trace_grid, call, function, positions[number % cores], beta) for number, call in enumerate(calls)]
    with _rare_collections():
        results, asks_position = trace_cores(bodies, programs, options.target, layout, grid=extents, beta=beta)
    seconds = time.perf_counter() - begin
    for program in programs:
        notes += [warning for warning in program.warnings if warning not in notes]
    return Traced(layout, [TracedCore(program, result, binder.inputs)
                           for program, result, binder in zip(programs, results, binders)],
                  options.ranks is not None or found is not None, seconds, notes, beta,
                  programs=sum(len(of_core) for of_core in positions), asks_position=asks_position)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Looks for cycles rarely: what tracing makes stays, and to look at it again and again takes a fifth of the time."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], _OBJECTS_BETWEEN_COLLECTIONS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], beta: bool) -> Any:
    """The kernel's Python. Lists of numbers stay lists, so the first use of one as a tensor says what to do."""
    try:
        return function(*args, **kwargs)
    except (AttributeError, TypeError) as error:
        if isinstance(error, AttributeError) and isinstance(error.obj, (list, tuple, str)) and error.name in _TENSOR_ATTRIBUTES:
            which = next((f"argument '{name}'" for name, value in named_arguments(function, args, kwargs) if value is error.obj),
                         f"a {type(error.obj).__name__}")
            raise NkiValidationError(f"{which} is a {type(error.obj).__name__}, and the kernel takes it for a tensor "
                                     f"(.{error.name})", remedy="give numpy.array(…, dtype=…), on the command line "
                                     "--input 'NAME=float32[m, 512]'; names in shapes vary: --vary m=128,256") from error
        last = _last_in_user_code(error)
        # Loaded where something is wrong: it knows both APIs, which stand above this room.
        explained = importlib.import_module("trnsim.generations").explained(error, last) if last is not None else None
        if explained is not None:
            explained.__traceback__ = error.__traceback__
            _end_in_user_code(explained)
            raise explained.with_traceback(explained.__traceback__) from None
        if isinstance(error, TrnsimError):
            _leave(error, beta)
        raise
    except MemoryError as error:
        raise NkiValidationError(f"host memory: {str(error) or 'there is none left'}; the budget is {limit()}",
                                 remedy="make it smaller, or give the process more memory", place=_user_place(error)) from None
    except TrnsimError as error:
        _leave(error, beta)
        raise


def _leave(error: TrnsimError, beta: bool) -> None:
    """An error of this package leaves the kernel's Python."""
    if isinstance(error, NkiValidationError) and not beta:
        error.rule = None  # the names are the first API generation's
    _end_in_user_code(error)


def _last_in_user_code(error: BaseException) -> TracebackType | None:
    """Where in the kernel's own Python an error rose."""
    last, entry = None, error.__traceback__
    while entry is not None:
        if not is_own_file[entry.tb_frame.f_code.co_filename]:
            last = entry
        entry = entry.tb_next
    return last


def _user_place(error: BaseException) -> Place | None:
    last = _last_in_user_code(error)
    return None if last is None else place_of((last.tb_frame.f_code, last.tb_lineno))


def _end_in_user_code(error: TrnsimError) -> None:
    """Makes the kernel's line the last of the traceback: what this package did there says nothing to its author."""
    last = _last_in_user_code(error)
    if last is not None:
        last.tb_next = None


def _trace_grid(call: Callable[[], Any], function: Callable[..., Any], positions: list[tuple[int, ...]], beta: bool, current: Trace
                ) -> Any:
    """A core's programs of the grid in turn."""
    result: Any = None
    current.function = function
    for number, position in enumerate(positions):
        current.begin(position)
        found = call()
        if beta:
            recording.rules.finished(current, found)
            found = map_tensors(found, _in_hbm)
        result = found if number == 0 else result
    return result


def _positions(grid: tuple[GridDim, ...], cores: int) -> list[list[tuple[int, ...]]]:
    """By core: the programs of the grid that run on it, in their order."""
    found: list[list[tuple[int, ...]]] = [[] for _ in range(cores)]
    for position in np.ndindex(*(dim.extent for dim in grid)):
        core = next((dim.core_of(index) for dim, index in zip(grid, position) if dim.cores > 1), 0)
        found[core].append(tuple(int(index) for index in position))
    return found


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


__all__ = ["Options", "Stop", "Traced", "TracedCore", "trace_kernel"]
