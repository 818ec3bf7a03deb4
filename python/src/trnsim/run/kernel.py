"""`@nki.jit`: kernels as callables, and the wrappers that measure them."""

from __future__ import annotations

import difflib
import functools
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..core import Request
from ..core.layout import GridDim
from ..errors import NkiValidationError, SimulationWarning, UnsupportedError
from ..places import place_of, user_place
from ..record.context import default_target, target_name, trace, tracing
from ..tensor import recording
from ..tracebacks import edge
from .artifacts import save_neff, save_ntff
from .execution import run
from .launch import Options
from .report import Report

_last: Report | None = None
#: The kernel that is being launched.
_launched: Kernel | None = None
#: Warnings that were given, as `warnings` keeps them for a module.
_shown: dict[Any, Any] = {}
_observers: list[Callable[[Report], None]] = []
_watchers: list[Callable[[Launch], None]] = []
#: Options that launches get besides.
_asked: dict[str, Any] = {}


@dataclass(frozen=True)
class Launch:
    """A kernel's call, before anything of it runs."""

    kernel: Kernel
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def last_report() -> Report | None:
    """The report of the last kernel that ran in this process; None before the first one."""
    return _last


@contextmanager
def observed(observer: Callable[[Report], None]) -> Iterator[None]:
    """Tells of every kernel that runs inside."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


@contextmanager
def launches(watcher: Callable[[Launch], None]) -> Iterator[None]:
    """Tells of every kernel that is called inside, with its arguments."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


@contextmanager
def asking(**changes: Any) -> Iterator[None]:
    """Gives options to all kernels that are called inside."""
    before = dict(_asked)
    _asked.update(changes)
    try:
        yield
    finally:
        _asked.clear()
        _asked.update(before)


def logical_cores_of_environment() -> int:
    """What NEURON_LOGICAL_NC_CONFIG says; 1 without it (NKI documentation, "nki.jit")."""
    value = os.environ.get("NEURON_LOGICAL_NC_CONFIG", "").strip() or "1"
    if value not in ("1", "2"):
        raise ValueError(f"NEURON_LOGICAL_NC_CONFIG={value}\n  help: 1 or 2 logical cores")
    return int(value)


def _flag(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    return value.lower() not in ("0", "false", "no", "off")


class Kernel:
    """A kernel: call it with arrays; inside another kernel it is inlined."""

    def __init__(self, func: Callable[..., Any], *, mode: str = "simulation", platform_target: str | None = None,
                 beta: bool = False, grid: tuple[Any, ...] = (), **hints: Any) -> None:
        self.func: Callable[..., Any] = func.func if isinstance(func, Kernel) else func
        self.__name__: str = getattr(self.func, "__name__", type(self.func).__name__)
        self.mode = mode
        self.platform_target = platform_target
        self.beta = beta
        self.grid = grid
        #: Options of the compiler, kept for who asks; they do not change the simulation.
        self.hints = hints
        functools.update_wrapper(self, self.func)

    @property
    def middle_end(self) -> bool:
        """Whether the compiler's middle end may transform it: not with `skip_middle_end_transformations`."""
        return not getattr(self.func, "skips_middle_end", False)

    def __getitem__(self, grid: Any) -> Kernel:
        """The kernel on a grid: `kernel[2]` is two cores; larger grids are the first API generation's."""
        new = Kernel(self.func, mode=self.mode, platform_target=self.platform_target, beta=self.beta,
                     grid=grid if isinstance(grid, tuple) else (grid,), **self.hints)
        new.__class__ = type(self)
        new.__dict__.update({key: value for key, value in self.__dict__.items() if key not in new.__dict__})
        return new

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        return functools.partial(self, instance)

    @property
    def target(self) -> str:
        """The machine: the environment's, else the kernel's own."""
        if os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE"):
            return default_target()
        return target_name(self.platform_target)

    @property
    def _rotation(self) -> str:
        """The allocation that `compile_config=CompileConfig(address_rotation=…)` asks for."""
        asked = getattr(getattr(self.hints.get("compile_config"), "address_rotation", None), "name", "AUTO")
        return "first-fit" if asked == "DISABLE" else "rotate"

    def options(self, **changes: Any) -> Options:
        """What the environment asks for, with changes."""
        found = Options(self.target, precise=_flag("NKI_PRECISE_FP", True),
                        allocation=os.environ.get("TRNSIM_ALLOCATION") or self._rotation,
                        schedule=os.environ.get("TRNSIM_SCHEDULE") or None,
                        descriptors=os.environ.get("TRNSIM_DESCRIPTORS") or "prepared",
                        mode=os.environ.get("TRNSIM_MODE", "both"), trace=os.environ.get("TRNSIM_TRACE") or None,
                        trace_settings=trace_settings(),
                        configuration=" ".join(repr(self.hints[name]) for name in _CONFIGURATIONS if self.hints.get(name) is not None))
        for key, value in {**_asked, **changes}.items():
            if value is not None:
                setattr(found, key, value)
        return found

    def launch(self) -> tuple[int, tuple[GridDim, ...]]:
        """Logical cores and grid: of the brackets, else of NEURON_LOGICAL_NC_CONFIG.

        The brackets of the second API generation hold the number of cores alone (NKI documentation, "Using Logical
        Neuron Cores").
        """
        dims = [part.trnsim_dim if hasattr(part, "trnsim_dim") else GridDim(max(0, int(part))) for part in self.grid]
        if self.beta:
            # An extent of 0 counts as 1, as public kernels that are launched as `kernel[0]` show.
            dims = [GridDim(1) if dim.extent == 0 else dim for dim in dims]
            spread = [dim for dim in dims if dim.cores > 1]
            if len(spread) > 1:
                raise UnsupportedError("a grid with two dimensions of cores", remedy="give nl.nc in one dimension")
            return (spread[0].cores if spread else 1), tuple(dims)
        if not dims:
            return logical_cores_of_environment(), ()
        if any(dim.extent != 1 for dim in dims[1:]):
            extents = ", ".join(str(dim.extent) for dim in dims)
            raise UnsupportedError(
                f"kernel '{self.__name__}' is launched on a grid of [{extents}]: the brackets of nki.jit hold one number, "
                "the logical cores", remedy=f"{self.__name__}[1] or [2], and a loop over the rest in the kernel; kernels of "
                "neuronxcc.nki have grids")
        if dims[0].cores > 1 and dims[0].extent != dims[0].cores:
            raise UnsupportedError(
                f"kernel '{self.__name__}' is launched as {dims[0].extent} programs on {dims[0].cores} cores: the brackets "
                "of nki.jit hold one number, the logical cores", remedy=f"{self.__name__}[{dims[0].cores}]")
        return dims[0].extent, ()

    def simulate(self, args: tuple[Any, ...], kwargs: dict[str, Any], options: Options) -> tuple[Any, Report]:
        global _last, _launched
        for watcher in _watchers:
            watcher(Launch(self, args, kwargs))
        cores, grid = self.launch()
        environment = os.environ.get("NEURON_LOGICAL_NC_CONFIG", "").strip()
        differs = self.grid and not self.beta and environment not in ("", str(cores))
        message = (f"kernel '{self.__name__}' is launched on {cores} logical core(s) by its brackets, NEURON_LOGICAL_NC_CONFIG is "
                   f"{environment}")
        if differs and _flag("TRNSIM_STRICT", False):
            raise NkiValidationError(message, remedy="give both the same number: NKI 0.7 refuses others")
        before, _launched = _launched, self
        try:
            values, report = run(self.func, args, kwargs, options, cores=cores, grid=grid, beta=self.beta,
                                 name=self.__name__, middle_end=self.middle_end)
        finally:
            _launched = before
        _last = report
        if differs:
            report.notes.append(f"{message}: the brackets count; NKI 0.7 refuses this, and so does TRNSIM_STRICT=1")
        code, line = user_place()
        for note in report.notes:
            warnings.warn_explicit(note, SimulationWarning, code.co_filename, line, registry=_shown)
        for observer in _observers:
            observer(report)
        return values, report

    def recorded(self, args: tuple[Any, ...], kwargs: dict[str, Any], options: Options) -> Request:
        """What a launch would ask of the core: its programs and arrays. Nothing is simulated, and no one is told."""
        request = self.traced(args, kwargs, options).request
        assert request is not None
        return request

    def traced(self, args: tuple[Any, ...], kwargs: dict[str, Any], options: Options) -> Report:
        """A launch before it runs: what it would ask of the core, and what the caller gives and gets."""
        cores, grid = self.launch()
        options.mode, options.trace = "trace", None
        _, report = run(self.func, args, kwargs, options, cores=cores, grid=grid, beta=self.beta, name=self.__name__,
                        middle_end=self.middle_end)
        return report

    @edge
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing() is not None:
            return self.inlined(args, kwargs)
        values, _ = self.simulate(args, kwargs, self.options())
        return values

    def inlined(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The kernel as a part of the one that is traced: its grid and its configuration have no meaning there."""
        if self.grid:
            recording.rules.nested(self.__name__)
        self._require_configuration()
        return self.func(*args, **kwargs)

    def _require_configuration(self) -> None:
        """Refuses a configuration of a nested kernel that is not that of the outermost one, or notes it where that one allows it."""
        outer, own = _launched, self.hints.get("compile_config")
        if outer is None or own is None or own == outer.hints.get("compile_config"):
            return
        message = f"kernel '{self.__name__}' is called in '{outer.__name__}' and has another compile_config"
        if getattr(outer.hints.get("specialization_config"), "allow_nested_config_override", False):
            trace().program.warnings.append(f"{message}: that of '{outer.__name__}' counts")
            return
        raise NkiValidationError(message, place=place_of(user_place()), remedy="give both the same, or the outer one "
                                 "specialization_config=SpecializationConfig(allow_nested_config_override=True)")

    def with_schedule(self, schedule: Sequence[tuple[str, str | Sequence[str]]], kind: Any = None) -> Kernel:
        """The kernel with more dependencies: `[("plus1", "recip")]` has the instruction named plus1 run after the one named recip.

        `kind` is a member of nisa.dependency: as in `NkiInstruction.depends_on`.

        Raises:
            NkiValidationError: when it is launched, for names that no instruction has.
        """
        edges = [(str(name), [after] if isinstance(after, str) else [str(one) for one in after]) for name, after in schedule]
        inner = self.func

        @functools.wraps(inner)
        def scheduled(*args: Any, **kwargs: Any) -> Any:
            found = inner(*args, **kwargs)
            _depend(edges, getattr(kind, "name", kind))
            return found

        new = self[self.grid] if self.grid else self.__class__.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        new.func = scheduled
        return new

    def __repr__(self) -> str:
        return f"<kernel {self.__name__}>"


def _depend(edges: Sequence[tuple[str, Sequence[str]]], kind: str | None) -> None:
    """Adds dependencies between instructions of the program that was recorded, by their names."""
    program = trace().program
    for name in dict.fromkeys(name for consumer, producers in edges for name in (consumer, *producers)):
        if name not in program.labels:
            near = difflib.get_close_matches(name, program.labels, 1)
            raise NkiValidationError(f"with_schedule: no instruction is named '{name}'",
                                     remedy=f"did you mean '{near[0]}'?" if near else "name it: nisa.op(…, name=\"…\")")
    if kind == "schedule":
        program.keeps_order = True
        return
    for consumer, producers in edges:
        program.depend(program.labels[consumer], *(program.labels[producer] for producer in producers))


def jit(fn: Callable[..., Any] | None = None, mode: str = "auto", *, compile_config: Any = None, specialization_config: Any = None,
        **options: Any) -> Any:
    """Makes a kernel of a function: `@nki.jit`, `@nki.jit(compile_config=CompileConfig(…))`, `nki.jit(f)`."""
    configurations = {"compile_config": (compile_config, "address_rotation"),
                      "specialization_config": (specialization_config, "allow_nested_config_override")}
    for name, (given, field) in configurations.items():
        if given is not None and not hasattr(given, field):
            raise TypeError(f"nki.jit {name} is {type(given).__name__}\n  help: nki.compiler.{_CONFIGURATIONS[name]}(…)")
        if given is not None:
            options[name] = given
    if fn is None:
        return functools.partial(jit, mode=mode, **options)
    return Kernel(fn, mode=mode, **options)


_CONFIGURATIONS = {"compile_config": "CompileConfig", "specialization_config": "SpecializationConfig"}


def as_kernel(kernel: Any, **options: Any) -> Kernel:
    """The kernel itself, or one made of a plain function."""
    return kernel if isinstance(kernel, Kernel) else Kernel(kernel, **options)


class Simulated:
    """What `nki.simulate(kernel)` gives: call it, or choose the cores first with brackets."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        functools.update_wrapper(self, kernel.func)

    def __getitem__(self, grid: Any) -> Simulated:
        return Simulated(self.kernel[grid])

    @edge
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.kernel(*args, **kwargs)


def simulate(kernel: Any) -> Simulated:
    """`nki.simulate(kernel)(arrays…)`: the kernel's values."""
    return Simulated(as_kernel(kernel))


@edge
def simulate_kernel(kernel: Any, *args: Any, **kwargs: Any) -> Any:
    """`nki.simulate_kernel(kernel, arrays…)`, of the first API generation."""
    return as_kernel(kernel, beta=True)(*args, **kwargs)


class Latency:
    """Percentiles of a machine that takes the same time in every run."""

    def __init__(self, microseconds: float) -> None:
        self._microseconds = microseconds

    def get_latency_percentile(self, percentile: float) -> float:
        """Simulated microseconds; every percentile is the same."""
        return self._microseconds


class BenchmarkResult:
    """What `nki.benchmark` measured."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.nc_latency = Latency(report.microseconds)
        self.device_latency = self.nc_latency


class Benchmark(Kernel):
    """A kernel whose calls also leave `benchmark_result`, and the files that its hints name."""

    benchmark_result: BenchmarkResult | None = None

    def launch(self) -> tuple[int, tuple[GridDim, ...]]:
        """Without brackets as many cores as the options of the compiler say."""
        cores = logical_cores(str(self.hints.get("additional_compile_opt") or ""))
        return (cores, ()) if cores is not None and not self.grid and not self.beta else super().launch()

    @edge
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing() is not None:
            return self.inlined(args, kwargs)
        files = Files.of(self.hints)
        # What inputs held, before the kernel changes them.
        digest = save_neff(self.traced(args, kwargs, self.options()), files.neff) if files is not None else ""
        values, report = self.simulate(args, kwargs, self.options())
        if files is not None:
            for path in files.traces:
                save_ntff(report.json, path, digest)
        self.benchmark_result = BenchmarkResult(report)
        return values


def logical_cores(options: str) -> int | None:
    """What options of the compiler say: `--logical-nc-config=2`, `--lnc 2`; None where they say nothing."""
    words = options.replace("=", " ").split()
    for word, value in zip(words, words[1:]):
        if word in ("--logical-nc-config", "--lnc") and value in ("1", "2"):
            return int(value)
    return None


@dataclass(frozen=True)
class Files:
    """Where a measured run leaves its files."""

    neff: str
    traces: tuple[str, ...]

    @staticmethod
    def of(hints: dict[str, Any]) -> Files | None:
        """What `save_neff_name`, `save_trace_name`, `working_directory` and `profile_nth` say; None if nothing is kept."""
        neff, trace = hints.get("save_neff_name"), hints.get("save_trace_name")
        if not neff and not trace:
            return None
        folder = str(hints.get("working_directory") or "")
        nth = int(hints.get("profile_nth") or 1)
        # A trace alone cannot be viewed: the name is the vendor's for what it is of.
        found = os.path.join(folder, str(neff or "file.neff"))
        if not trace:
            return Files(found, ())
        path = os.path.join(folder, str(trace))
        return Files(found, (path, executed(path, nth)) if nth > 1 else (path,))


def executed(path: str, number: int) -> str:
    """The name that the vendor's profiler gives the trace of one execution: `profile_exec_2.ntff`."""
    return f"{path.removesuffix('.ntff')}_exec_{number}.ntff"


#: What a trace shows: keywords of `trnsim.simulate`, variables of the environment, and the core's settings.
_TRACE_SETTINGS = (("trace_detail", "TRNSIM_TRACE_DETAIL", "trace_detail"), ("trace_flows", "TRNSIM_TRACE_FLOWS", "flows"),
                   ("trace_window", "TRNSIM_TRACE_WINDOW", "trace_window"))


def trace_settings(**given: str | None) -> dict[str, str]:
    """The core's settings of traces: what is given, else what the environment has."""
    values = {setting: given.get(keyword) or os.environ.get(variable) for keyword, variable, setting in _TRACE_SETTINGS}
    return {setting: value for setting, value in values.items() if value}


def benchmark(kernel: Any = None, **hints: Any) -> Any:
    """`nki.benchmark(warmup=…, iters=…)(kernel)`: simulated latency under `.benchmark_result`."""
    if kernel is None:
        return functools.partial(benchmark, **hints)
    return _wrap(Benchmark, kernel, hints)


def baremetal(kernel: Any = None, **hints: Any) -> Any:
    """`nki.baremetal(kernel)`: runs it, on the simulated machine."""
    if kernel is None:
        return functools.partial(baremetal, **hints)
    return _wrap(Benchmark, kernel, hints)


def profile(kernel: Any = None, **hints: Any) -> Any:
    """`nki.profile(working_directory=…)(kernel)`: measures, and leaves `file.neff` and `profile.ntff` or what the names say."""
    if kernel is None:
        return functools.partial(profile, **hints)
    return _wrap(Benchmark, kernel, {"save_neff_name": "file.neff", "save_trace_name": "profile.ntff", **hints})


def _wrap(kind: type[Kernel], kernel: Any, hints: dict[str, Any]) -> Kernel:
    source = as_kernel(kernel)
    return kind(source.func, mode=source.mode, platform_target=source.platform_target, beta=source.beta,
                grid=source.grid, **{**source.hints, **hints})
