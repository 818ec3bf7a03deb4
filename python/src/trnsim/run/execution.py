"""A traced kernel on the core: its values in the caller's arrays, and the report."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core import Outcome, RankArrays, Request, open_core
from ..core.layout import GridDim
from ..core.memory import LARGE, shortage
from ..errors import NkiValidationError
from ..places import place_of
from ..record.program import Program
from ..tensor.arrays import is_torch, store_back, to_caller, undefined
from ..tensor.nested import PerRank
from ..tensor.results import map_tensors
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor
from .faults import NarrowTypesError, exception_of, place_of_error, printed
from .launch import Options, Stop, Traced, TracedCore, trace_kernel
from .leniency import LENIENT, passed
from .precision import kept_as, wide_arrays
from .report import Report
from .traces import keep_outcome, known_outcome, recorded, trace_or_find
from .unwritten import unwritten_notes


#: Whose order instructions have, who makes descriptors, and how tensors get addresses: Sources/Compiler.
SCHEDULES = ("program", "compiler")
DESCRIPTORS = ("prepared", "generated")
ALLOCATIONS = ("rotate", "first-fit", "infinite")


def run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options, *,
        cores: int = 1, grid: tuple[GridDim, ...] = (), beta: bool = False, name: str | None = None,
        middle_end: bool = True) -> tuple[Any, Report]:
    """Runs a kernel: its values in the caller's arrays, and the report."""
    traced = trace_or_find(function, args, kwargs, options, cores=cores, grid=grid, beta=beta, name=name)
    traced.middle_end = middle_end
    try:
        return simulate(traced, options)
    except NkiValidationError as error:
        stop = _first_wrong(traced, options, error)
        if stop is not None:
            # So that it rises where the kernel did it, with the frames and values that there are then.
            trace_kernel(function, args, kwargs, options, cores=cores, grid=grid, beta=beta, name=name, stop=stop)
        raise


def _first_wrong(traced: Traced, options: Options, error: NkiValidationError) -> Stop | None:
    """The instruction that an error of the core's checks is about, as it was recorded; None if it is of the whole program."""
    if not error.of_core:
        return None
    programs = recorded(traced, lambda core: _recorded(core, traced))
    found = open_core().first_wrong(Request(programs, (), hardware=options.target, overrides=options.overrides))
    if found is None:
        return None
    core, wrong = found
    index = wrong.get("instruction")
    if not isinstance(index, int) or not error.message.endswith(str(wrong["message"])):
        return None
    return Stop(core, index, error)


@dataclass
class _Rank:
    """A rank's memory, as its cores and the caller see it."""

    cores: list[TracedCore]
    arrays: RankArrays = field(default_factory=RankArrays)
    #: Arrays of the caller that the kernel writes, and the names of what it writes to.
    changed: list[tuple[Any, str]] = field(default_factory=list)
    #: Whether the arrays have float32 for smaller types.
    is_wide: bool = False
    #: Arrays of the caller that hold what the kernel wrote to them, by identity.
    stored: set[int] = field(default_factory=set)


def simulate(traced: Traced, options: Options) -> tuple[Any, Report]:
    """Hands the programs to the core and collects its results."""
    per_rank = traced.layout.cores
    # Time depends on what arrays hold where registers are loaded from them, and cores that meet compute values on the way.
    needs_values = options.mode != "timing" or traced.layout.count > 1 or traced.cores[0].program.has_control_flow
    ranks = [_memory(traced.cores[first:first + per_rank], needs_values) for first in range(0, traced.layout.count, per_rank)]
    request = Request(recorded(traced, lambda core: _recorded(core, traced)), [rank.arrays for rank in ranks], traced.layout.cores,
                      hardware=options.target, overrides=options.overrides, mode="values" if options.mode == "trace" else options.mode,
                      trace=options.trace, settings=_settings(traced, options), on_print=printed,
                      critical_path=options.critical_path and options.mode in ("both", "timing"))
    count = sum(core.program.count for core in traced.cores)
    if count == 0:
        raise NkiValidationError(f"kernel '{traced.name}' has no instructions",
                                 remedy="a kernel loads, computes and stores")
    outcome = Outcome()
    returned = _returned(traced.cores[0].result, traced.cores[0].program)
    if options.mode not in ("trace", "timing") and not returned and not any(rank.changed for rank in ranks):
        traced.notes.append(f"kernel '{traced.name}' returns no tensor, so what it computes is lost: return the tensors of "
                            "nl.shared_hbm that it stores to")
    if options.mode != "trace":
        widens = not options.precise and options.mode != "timing"
        widened = _ask_widened(request, ranks, traced) if widens else None
        if widened is not None:
            outcome = widened
        elif needs_values or options.trace is not None or request.critical_path:
            outcome = _ask(request, traced)
        else:
            outcome = _known_or_asked(request, traced)
        traced.notes += _compiler_notes(outcome)
        if outcome.report:
            traced.notes += unwritten_notes(outcome.report.get("unwritten_outputs", []), traced)
    report = Report(json=outcome.report or {}, text=outcome.text, request=request, cores_per_rank=traced.layout.cores,
                    instructions=count, tracing_seconds=traced.seconds, notes=list(traced.notes), trace=options.trace,
                    cache=traced.cache, path_found=outcome.critical_path,
                    interface=_interface(traced, returned))
    if options.mode == "timing":
        return None, report
    if options.mode != "trace":
        owners = Counter(id(original) for rank in ranks for original, _ in rank.changed)
        for rank in ranks:
            apart = [pair for pair in rank.changed if owners[id(pair[0])] == 1]
            traced.notes += [note for note in _store_back(rank, apart, returned) if note not in traced.notes]
    report.notes = list(traced.notes)
    results = PerRank(_collect(rank) for rank in ranks)
    return results if traced.by_rank else results[0], report


def _interface(traced: Traced, returned: list[NkiTensor]) -> dict[str, Any]:
    """Inputs in the caller's order, what is returned of which tensor, and whether the time depends on what inputs hold."""
    outputs = [{"tensor": view.storage.name, "offset": view.offset, "shape": list(view.shape), "strides": list(view.strides),
                "dtype": view.dtype.name} for view in returned]
    core = traced.cores[0]
    return {"kernel": traced.name, "inputs": [storage.name for storage, _, _ in core.inputs], "returned": outputs,
            "needs_values": traced.layout.count > 1 or core.program.has_control_flow}


def _recorded(core: TracedCore, traced: Traced) -> bytes:
    """The core's program as it was recorded, with the generation of the API that says who orders it."""
    core.program.metadata["nki"] = "1" if traced.beta else "2"
    return core.program.stream()


def _settings(traced: Traced, options: Options) -> dict[str, str]:
    """What the core is asked for besides the machine; the vendor's simulator lets more pass than a strict run."""
    if options.schedule is not None and options.schedule not in SCHEDULES:
        raise ValueError(f"there is no schedule '{options.schedule}'\n  help: one of {', '.join(SCHEDULES)}")
    if options.descriptors not in DESCRIPTORS:
        raise ValueError(f"there are no descriptors '{options.descriptors}'\n  help: one of {', '.join(DESCRIPTORS)}")
    if options.allocation not in ALLOCATIONS:
        raise ValueError(f"there is no allocation policy '{options.allocation}'\n  help: one of {', '.join(ALLOCATIONS)}")
    settings = {"descriptors": options.descriptors, "allocation": options.allocation,
                "middle_end": "on" if traced.middle_end else "off"}
    if options.schedule is not None:
        settings["schedule"] = options.schedule
    elif any(core.program.keeps_order for core in traced.cores):
        settings["schedule"] = "program"
    if os.environ.get("TRNSIM_STRICT") == "1":
        settings |= {"spills": "off", "undefined": "error"}
    else:
        settings |= LENIENT
    if options.trace is not None:
        settings |= options.trace_settings
    return {**settings, **options.settings}


def _memory(cores: list[TracedCore], needs_values: bool) -> _Rank:
    """What the HBM tensors of a rank are to the caller, and their arrays. Inputs are the first core's too."""
    rank = _Rank(cores)
    first = cores[0]
    # What one core writes is written for both.
    written = {storage.name for core in cores for storage, _, _ in core.inputs if storage.written}
    for core in cores:
        for storage, _, _ in core.inputs:
            if storage.name in written:
                storage.role = "inout"
    for view in _returned(first.result, first.program):
        storage = view.storage
        if storage.role == "shared":
            for core in cores:
                for other in core.program.storages:
                    if other.role == "shared" and other.name == storage.name:
                        other.role = "output"
        elif storage.role == "scratch":
            storage.role = "output"
        elif storage.role != "output":
            continue
        if not needs_values or storage.name in rank.arrays.outputs:
            continue
        _require(storage.elements * storage.dtype.itemsize, f"output '{storage.name}' needs", storage)
        # Elements that a kernel never writes are NaN (4 for integers), as in the vendor's simulator.
        rank.arrays.outputs[storage.name] = undefined(storage.shape or (1,), storage.dtype.numpy)
    for storage, original, array in first.inputs:
        if storage.role == "inout":
            _require(array.nbytes if needs_values else 0, f"a copy of '{storage.name}', which the kernel writes, needs", storage)
            array = array.copy() if needs_values else array
            rank.changed.append((original, storage.name))
        rank.arrays.inputs[storage.name] = array
    for core in cores:
        rank.arrays.inputs.update({s.name: s.array for s in core.program.storages
                                   if s.array is not None and s.first >= 0})
    return rank


def _require(size: int, what: str, storage: Storage) -> None:
    """Refuses an array that there is no memory for; small ones are the system's business."""
    if size < LARGE:
        return
    found = shortage(size, what)
    if found is not None:
        raise NkiValidationError(found, remedy="make it smaller, or give more with TRNSIM_MEMORY; timing alone needs no values",
                                 place=place_of(storage.place) if storage.place else None)


def _compiler_notes(outcome: Outcome) -> list[str]:
    """What the compiler tells: what SBUF and PSUM had no room for, and what the vendor's does besides."""
    report = outcome.report or {}
    noted = report.get("parameters", {})
    found: list[str] = list(report.get("compiler_notes", []))
    if "spill_save_bytes" not in noted:
        return found
    return found + [f"SBUF has no room for all tiles: {int(noted['spill_save_bytes']):,} bytes are saved to HBM and "
            f"{int(noted['spill_reload_bytes']):,} bytes loaded again; smaller blocks avoid it; TRNSIM_STRICT=1 makes this an error"]


def _store_back(rank: _Rank, apart: list[tuple[Any, str]], returned: list[NkiTensor]) -> list[str]:
    """Writes changed inputs into the caller's arrays; notes of what is lost. Those of other ranks too are not `apart`."""
    arrays = [original for original, _ in apart if isinstance(original, np.ndarray)]
    shared = {id(one) for one, other in itertools.permutations(arrays, 2) if np.may_share_memory(one, other)}
    names = {view.storage.name for view in returned}
    lost: list[str] = []
    for original, name in rank.changed:
        # Of arrays that share memory the last would win.
        is_alone = any(one is original for one, _ in apart) and id(original) not in shared
        if is_alone and store_back(original, rank.arrays.inputs[name]):
            rank.stored.add(id(original))
        elif name not in names:
            lost.append(name)
    return [f"the kernel writes to '{name}', whose array cannot take it (it is read-only, shares memory, or is of another "
            "library), and does not return it: what it wrote is lost; return it, or give a NumPy array of its own" for name in lost]


def _collect(rank: _Rank) -> Any:
    """What the kernel returned on a rank, in the caller's kind of array."""
    first = rank.cores[0]
    like_torch = any(is_torch(original) for _, original, _ in first.inputs)
    by_name = {**rank.arrays.inputs, **rank.arrays.outputs}
    return map_tensors(first.result, lambda view: _result(view, by_name, rank, like_torch))


def _ask(request: Request, traced: Traced) -> Outcome:
    # Instruction numbers count in one program, and while its order is the author's; else messages name places alone.
    keeps_order = "schedule" not in request.settings and not traced.beta or request.settings.get("schedule") == "program"
    program = traced.cores[0].program if traced.layout.count == 1 and keeps_order else None
    outcome = open_core().run(request)
    if outcome.errors:
        raise exception_of(outcome.errors, program, outcome.failure, traced.beta)
    traced.notes += passed(outcome.report or {}, lambda noted: place_of_error(noted, program))
    return outcome


def _known_or_asked(request: Request, traced: Traced) -> Outcome:
    """The time of a program, which depends on it and on the machine alone; files of machines may change."""
    if os.path.exists(request.hardware):
        return _ask(request, traced)
    asked = (request.mode, request.hardware, tuple(request.overrides), tuple(sorted(request.settings.items())))
    outcome = known_outcome(traced, asked)
    if outcome is None:
        outcome = _ask(request, traced)
        keep_outcome(traced, asked, outcome)
    return outcome


def _ask_widened(request: Request, ranks: list[_Rank], traced: Traced) -> Outcome | None:
    """A run whose bfloat16 and 8-bit floats are float32; None, with a note, where the kernel does not allow it."""
    arrays = [wide_arrays(rank.arrays) for rank in ranks]
    try:
        outcome = _ask(replace(request, arrays=arrays, settings={**request.settings, "precision": "wide"}), traced)
    except NarrowTypesError as why:
        traced.notes.append(f"NKI_PRECISE_FP=0 has no effect: {why}")
        return None
    for rank, kept in zip(ranks, arrays):
        rank.arrays, rank.is_wide = kept, True
    return outcome


def _returned(result: Any, program: Program) -> list[NkiTensor]:
    found: list[NkiTensor] = []

    def check(view: NkiTensor) -> NkiTensor:
        if not view.storage.is_hbm:
            raise NkiValidationError(
                f"kernel '{program.name}' returns '{view.name}', which is in {view.storage.region.value}",
                remedy="store it into a tensor of nl.shared_hbm and return that")
        found.append(view)
        return view

    map_tensors(result, check)
    return found


def _result(view: NkiTensor, arrays: dict[str, np.ndarray[Any, Any]], rank: _Rank, like_torch: bool) -> Any:
    is_whole = view.offset == 0 and view.is_contiguous() and view.dtype is view.storage.dtype
    for storage, original, _ in rank.cores[0].inputs:
        if storage is view.storage and is_whole and id(original) in rank.stored and view.shape == tuple(original.shape):
            return original
    base = arrays[view.storage.name].reshape(-1)
    dtype = kept_as(view.dtype) if rank.is_wide else view.dtype
    if dtype.numpy != base.dtype:
        base = base.view(dtype.numpy)
    if view.offset == 0 and view.size == base.size and view.is_contiguous():
        return to_caller(base.reshape(view.shape), like_torch)
    size = base.itemsize
    strided = np.lib.stride_tricks.as_strided(base[view.offset:], view.shape,
                                              tuple(stride * size for stride in view.strides))
    return to_caller(strided.copy(), like_torch)


