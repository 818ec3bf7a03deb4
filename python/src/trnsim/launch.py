"""A kernel's launch: arguments to tensors, the trace, the core, results back in the caller's arrays."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .arrays import element_type, is_array, is_torch, store_back, to_caller, to_numpy, undefined
from .core.backend import Backend, Outcome, Request, open_backend
from .errors import NkiValidationError, Place, SimulationError
from .report import Report
from .tracing.addresses import PSUM_BYTES, SBUF_BYTES, Addresses
from .tracing.context import Trace, activate
from .tracing.dtypes import as_dtype
from .tracing.program import Program
from .tracing.spaces import MemoryRegion
from .tracing.storage import Storage
from .tracing.view import NkiTensor


@dataclass
class Options:
    """How to simulate."""

    target: str
    #: "both", "values" or "timing"; "trace" asks for the program alone, values are then undefined.
    mode: str = "both"
    trace: str | None = None
    allocation: str = "rotate"
    overrides: tuple[str, ...] = ()
    #: Whether bfloat16 and the float8 types round as on the machine (NKI_PRECISE_FP).
    precise: bool = True
    settings: dict[str, str] = field(default_factory=dict)


@dataclass
class Traced:
    """A kernel's program with what its tensors are to the caller."""

    program: Program
    result: Any
    inputs: list[tuple[Storage, Any, np.ndarray[Any, Any]]]
    seconds: float
    notes: list[str]


def run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options, *,
        cores: int = 1, grid: tuple[int, ...] = (), beta: bool = False, name: str | None = None
        ) -> tuple[Any, Report]:
    """Runs a kernel: its values in the caller's arrays, and the report."""
    traced = trace_kernel(function, args, kwargs, options, cores=cores, grid=grid, beta=beta, name=name)
    return simulate(traced, options)


# Tracing


def trace_kernel(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                 options: Options, *, cores: int = 1, grid: tuple[int, ...] = (), beta: bool = False,
                 name: str | None = None) -> Traced:
    """Runs the kernel's Python and records what it does."""
    from .tracing.cores import trace_cores

    program = Program(str(name or getattr(function, "__name__", "kernel")))
    binder = Binder(program)
    bound_args, bound_kwargs = binder.bind(function, args, kwargs)
    program.inputs = {storage: array for storage, _, array in binder.inputs}
    begin = time.perf_counter()
    notes: list[str] = []
    if not options.precise:
        notes.append("NKI_PRECISE_FP=0 has no effect: tiles of bfloat16 and of 8-bit types round as on the machine")
    if cores > 1:
        result = trace_cores(function, bound_args, bound_kwargs, program, options.target, cores, notes)
    else:
        result = _trace_grid(function, bound_args, bound_kwargs, program, options.target, grid, beta)
    seconds = time.perf_counter() - begin
    return Traced(program, result, binder.inputs, seconds, notes + program.warnings)


def _trace_grid(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                program: Program, target: str, grid: tuple[int, ...], beta: bool) -> Any:
    """Every program of the grid in turn, on one core."""
    result: Any = None
    # An extent of 0 counts as 1, as public kernels that are launched as `kernel[0]` show.
    positions = list(np.ndindex(*(max(1, extent) for extent in grid))) if grid else [()]
    shared: dict[str, Any] = {}
    for number, position in enumerate(positions):
        current = Trace(program, target=target, grid=grid, position=tuple(position), beta=beta, shared=shared)
        if len(positions) > 1:
            current.cores = max(2, len(positions))
        with activate(current):
            found = function(*args, **kwargs)
        result = found if number == 0 else result
    return result


class Binder:
    """Makes tensors of the caller's arrays, wherever they are in the arguments."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.inputs: list[tuple[Storage, Any, np.ndarray[Any, Any]]] = []
        self._seen: dict[int, NkiTensor] = {}

    def bind(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
             ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        names = _parameter_names(function, len(args))
        bound = tuple(self._convert(value, name) for name, value in zip(names, args))
        named = {}
        for key, value in kwargs.items():
            plain = key.removesuffix(".must_alias_input")
            named[plain] = self._convert(value, plain)
        return bound, named

    def _convert(self, value: Any, name: str) -> Any:
        if isinstance(value, NkiTensor):
            return value
        if is_array(value):
            return self._tensor(value, name)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self._convert(item, f"{name}.{field_name}")
                                 for field_name, item in zip(value._fields, value)))
        if isinstance(value, (list, tuple)):
            return type(value)(self._convert(item, f"{name}.{i}") for i, item in enumerate(value))
        if isinstance(value, dict):
            return {key: self._convert(item, f"{name}.{key}") for key, item in value.items()}
        return value

    def _tensor(self, value: Any, name: str) -> NkiTensor:
        found = self._seen.get(id(value))
        if found is not None:
            return found
        array = np.ascontiguousarray(to_numpy(value))
        if np.ndim(value) == 0:
            array = array.reshape(())
        kind = element_type(array)
        storage = Storage(self.program.unique_name(name), MemoryRegion.hbm, kind, tuple(array.shape) or (1,))
        storage.role = "input"
        self.program.add(storage)
        from .tracing.allocate import contiguous

        tensor = NkiTensor(storage, kind, tuple(array.shape), contiguous(array.shape))
        self.inputs.append((storage, value, array.reshape(storage.shape)))
        self._seen[id(value)] = tensor
        return tensor


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    names: list[str] = []
    try:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                names.append(parameter.name)
    except (TypeError, ValueError):
        pass
    return names[:count] + [f"arg{i}" for i in range(len(names), count)]


# Simulating


def simulate(traced: Traced, options: Options) -> tuple[Any, Report]:
    """Hands the program to the core and collects its results."""
    program = traced.program
    returned = _returned(traced.result, program)
    for storage, _, _ in traced.inputs:
        if storage.written:
            storage.role = "inout"
    # Elements that a kernel never writes are NaN (4 for integers), as in the vendor's simulator; a strict run
    # demands that all are written.
    strict = os.environ.get("TRNSIM_STRICT") == "1"
    outputs = {}
    for view in returned:
        storage = view.storage
        if storage.role == "scratch":
            storage.role = "output" if strict else "inout"
            outputs[storage.name] = undefined(storage.shape or (1,), storage.dtype.numpy)
    inputs: dict[str, np.ndarray[Any, Any]] = {}
    changed: list[tuple[Any, np.ndarray[Any, Any]]] = []
    for storage, original, array in traced.inputs:
        if storage.role == "inout":
            array = array.copy()
            changed.append((original, array))
        inputs[storage.name] = array
    inputs.update({s.name: s.array for s in program.storages if s.array is not None and s.first >= 0})
    addresses = Addresses(program, options.target, options.allocation)
    text = program.text(addresses.text)
    if program.count == 0:
        raise NkiValidationError(f"kernel '{program.name}' has no instructions",
                                 remedy="a kernel loads, computes and stores")
    options = replace(options, overrides=(*options.overrides, *addresses.overrides))
    # One core's part has the time of both.
    timed = program.text(addresses.text, 0) if program.cores > 1 else text
    if options.mode == "trace":
        outcome = Outcome()
    elif program.cores > 1:
        outcome = _both_cores(text, timed, inputs, outputs, traced, options)
    else:
        outcome = _ask(text, inputs, outputs, traced, options)
    report = Report(json=outcome.report or {}, text=outcome.text, program=text, timed_program=timed,
                    instructions=program.count,
                    tracing_seconds=traced.seconds, notes=list(traced.notes), trace=options.trace,
                    sbuf_peak_bytes=addresses.peak[MemoryRegion.sbuf],
                    psum_peak_bytes=addresses.peak[MemoryRegion.psum])
    if options.mode == "timing":
        return None, report
    for original, array in changed if options.mode != "trace" else []:
        store_back(original, array)
    like_torch = any(is_torch(original) for _, original, _ in traced.inputs)
    by_name = {**inputs, **outputs}
    return _map(traced.result, lambda view: _result(view, by_name, traced, like_torch)), report


def _both_cores(text: str, first: str, inputs: dict[str, np.ndarray[Any, Any]],
                outputs: dict[str, np.ndarray[Any, Any]], traced: Traced, options: Options) -> Outcome:
    """The values of both cores, and the time of one."""
    outcome = Outcome()
    if options.mode != "timing":
        outcome = _ask(text, inputs, outputs, traced, replace(options, mode="values", trace=None))
    if options.mode != "values":
        try:
            outcome = _ask(first, inputs, outputs, traced, replace(options, mode="timing"))
        except SimulationError as error:
            # What a core loads into a register decides its time, and may come from the other core.
            outcome = replace(outcome, report=None)
            traced.notes.append(f"no time: {error.message}")
    return outcome


def _ask(text: str, inputs: dict[str, np.ndarray[Any, Any]], outputs: dict[str, np.ndarray[Any, Any]],
         traced: Traced, options: Options) -> Outcome:
    request = Request(text, inputs, outputs, hardware=options.target, overrides=options.overrides,
                      mode=options.mode, trace=options.trace, settings=options.settings, on_print=_print)
    backend = open_backend()
    outcome = backend.run(request)
    if outcome.errors and options.mode != "timing" and os.environ.get("TRNSIM_STRICT") != "1" \
            and "uninit" in str(outcome.errors[0].get("kind", "")):
        outcome = _with_undefined(request, outcome, backend, traced)
    if outcome.errors:
        raise _error(outcome.errors, traced.program)
    return outcome


def _with_undefined(request: Request, failed: Outcome, backend: Backend, traced: Traced) -> Outcome:
    """Runs again with NaN in all memory on chip, as the vendor's simulator has it, and notes who read it.

    Kernels that compute on whole tiles read rows that they never loaded, and never store what comes of it.
    """
    first = failed.errors[0]
    place = _place(first, traced.program)
    traced.notes.append(f"{first['message']}{f' at {place}' if place else ''}: NaN was used; TRNSIM_STRICT=1 makes "
                        "this an error")
    head, _, body = request.text.partition("\n\n")
    sizes = ((f"sbuf float32 [128, {SBUF_BYTES.get(request.hardware, SBUF_BYTES['trn2']) // 4 * traced.program.cores}]"
              " at partition 0 byte 0", "undefined_sbuf"),
             (f"psum float32 [128, {PSUM_BYTES // 4 * traced.program.cores}] at partition 0 bank 0",
              "undefined_psum"))
    declared = "".join(f"\ntensor {name}: {what}" for what, name in sizes)
    fills = "".join(f"memset dst={name}.ap([[1, {4096}]], rows=0:128, offset={start}) value=nan\n"
                    for what, name in sizes for start in _starts(what))
    values: Outcome = backend.run(replace(request, text=f"{head}{declared}\n\n{fills}{body}", mode="values", trace=None))
    if values.errors:
        count = fills.count("\n")
        for error in values.errors:
            if isinstance(error.get("instruction"), int):
                error["instruction"] -= count
        return values
    if request.mode == "values":
        return values
    timed: Outcome = backend.run(replace(request, mode="timing"))
    if timed.errors:
        # Registers that the kernel loads decide its time, and timing alone has no values.
        traced.notes.append(f"no time: {timed.errors[0]['message']}")
        return values
    return timed


def _starts(declaration: str) -> list[int]:
    """Where pieces of 4096 elements of a partition begin; the last ends where the memory does."""
    extent = int(declaration.partition("[128, ")[2].partition("]")[0])
    return [*range(0, extent - 4095, 4096), extent - 4096]


def _error(errors: list[dict[str, Any]], program: Program) -> Exception:
    """The core's messages as one exception: the first with its place, all others as notes."""
    first = errors[0]
    place = _place(first, program)
    notes = list(first.get("notes") or [])
    if first.get("instruction_text"):
        notes.insert(0, str(first["instruction_text"]))
    for other in errors[1:6]:
        where = _place(other, program)
        notes.append(f"also{f' at {where}' if where else ''}: {other['message']}")
    if len(errors) > 6:
        notes.append(f"and {len(errors) - 6} more")
    kind = str(first.get("kind") or "")
    if kind in ("", "check", "error", "parse", "diagnostic"):
        return NkiValidationError(str(first["message"]), remedy=first.get("remedy"), place=place,
                                  notes=tuple(notes))
    return SimulationError(str(first["message"]), kind=kind, remedy=first.get("remedy"), place=place,
                           notes=tuple(notes))


def _place(error: dict[str, Any], program: Program) -> Place | None:
    number = error.get("instruction")
    if isinstance(number, int):
        found = program.place(number)
        if found is not None:
            return found
    if error.get("file") and error.get("line"):
        return Place(str(error["file"]), int(error["line"]))
    return None


def _returned(result: Any, program: Program) -> list[NkiTensor]:
    found: list[NkiTensor] = []

    def check(view: NkiTensor) -> NkiTensor:
        if not view.storage.is_hbm:
            raise NkiValidationError(
                f"kernel '{program.name}' returns '{view.name}', which is in {view.storage.region.value}",
                remedy="store it into a tensor of nl.shared_hbm and return that")
        found.append(view)
        return view

    _map(result, check)
    return found


def _map(value: Any, function: Callable[[NkiTensor], Any]) -> Any:
    if isinstance(value, NkiTensor):
        return function(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_map(item, function) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(_map(item, function) for item in value)
    if isinstance(value, dict):
        return {key: _map(item, function) for key, item in value.items()}
    return value


def _result(view: NkiTensor, arrays: dict[str, np.ndarray[Any, Any]], traced: Traced, like_torch: bool) -> Any:
    for storage, original, _ in traced.inputs:
        if storage is view.storage and storage.role == "inout" and view.shape == tuple(np.shape(original)):
            return original
    base = arrays[view.storage.name].reshape(-1)
    if view.dtype.numpy != base.dtype:
        base = base.view(view.dtype.numpy)
    if view.offset == 0 and view.size == base.size and view.is_contiguous():
        return to_caller(base.reshape(view.shape), like_torch)
    size = view.dtype.itemsize
    strided = np.lib.stride_tricks.as_strided(base[view.offset:], view.shape,
                                              tuple(stride * size for stride in view.strides))
    return to_caller(strided.copy(), like_torch)


def _print(_context: Any, _instruction: int, prefix: bytes, dtype: bytes, shape: Any, rank: int, data: Any,
           count: int) -> None:
    """`device_print`, in the order of execution."""
    import ctypes

    kind = as_dtype(dtype.decode())
    raw = ctypes.string_at(data, count) if count else b""
    extents = tuple(shape[i] for i in range(rank))
    print(prefix.decode(), np.frombuffer(raw, kind.numpy).reshape(extents), flush=True)
