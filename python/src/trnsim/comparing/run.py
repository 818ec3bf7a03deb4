"""Records variants of a kernel and has the core compare them."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core import Request, open_core
from ..core.library import Session
from ..record.context import target_name
from ..run.faults import exception_of
from ..run.kernel import Kernel, as_kernel
from ..run.report import Report
from ..tracebacks import edge
from .axes import Axis, Recorded, Vary, joined, read, recordings
from .results import Comparison, Difference, Sweep, WhatIf, forms

#: Called with how many variants are done, and how many there are.
Progress = Callable[[int, int], None]


@edge
def compare(kernel: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None, *, vary: Vary, hardware: str | None = None,
            overrides: Sequence[str] = ()) -> Comparison:
    """Simulates all combinations of what is varied, ranks them by time and says why, as `trnsim compare` does.

    The kernel is recorded once for each combination of machine and parameters, and simulated on all cores of the host.

    Args:
        kernel: A function with `@nki.jit`.
        args: Its arrays and values by position, or a mapping of them by name.
        kwargs: Others by name.
        vary: Names with their values: parameters of the kernel, "hardware", values of the machine ("dma.bytes_per_cycle",
            "pe_array") or parts of it that are so many times as fast ("scale:hbm.bandwidth"). Several names at once,
            `("m", "n"): [(128, 512), (64, 1024)]`, vary together; `{"label": value}` in the place of a list names values.
        hardware: The machine of those that do not vary it, as in `simulate`.
        overrides: Values of the machine, as in `simulate`.

    Returns:
        A table with a row for each combination, the fastest first; times are microseconds. One that fails is a row with its error.

    Raises:
        ValueError: for names that are neither a parameter nor of the machine.
        NkiValidationError: for values that the machine cannot have.

    Example:
        found = trnsim.compare(matmul, (a, b), vary={"tile_n": [128, 256, 512], "scale:hbm.bandwidth": [1, 2]})
        found.best["tile_n"], found.best["microseconds"]
    """
    found = _Call(kernel, args, kwargs, hardware, overrides)
    axes = read(vary, found.kernel.func, found.target)
    return Comparison(*found.compare(axes, lambda done, count: None))


@edge
def sweep(kernel: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None, *, vary: Vary, hardware: str | None = None,
          overrides: Sequence[str] = (), sample: int | None = None, seed: int = 0, progress: Progress | None = None) -> Sweep:
    """A comparison of many variants: a sample of them where asked for, with progress, and what is done when it is interrupted.

    Ctrl-C ends it: variants that were not done are rows that say so. Sweeps that are stored, resumed and shared by several
    hosts are `trnsim sweep`.

    Args:
        kernel: As in `compare`, and so are `args`, `kwargs`, `vary`, `hardware` and `overrides`.
        args: The kernel's arguments by position, or a mapping of them by name.
        kwargs: Others by name.
        vary: What is varied.
        hardware: The machine.
        overrides: Values of it.
        sample: How many combinations are drawn at random; all by default.
        seed: Of the drawing.
        progress: `progress(done, count)` is called for each that is recorded or simulated; by default a line on a terminal.

    Returns:
        A comparison, as of `compare`.

    Raises:
        ValueError: for a sample of none, and as `compare`.
        NkiValidationError: as `compare`.

    Example:
        found = trnsim.sweep(matmul, (a, b), vary={"tile_n": [128, 256, 512], "dma.bytes_per_cycle": range(16, 65)}, sample=50)
        found.table[0]
    """
    found = _Call(kernel, args, kwargs, hardware, overrides)
    axes = read(vary, found.kernel.func, found.target)
    if sample is not None:
        if sample < 1:
            raise ValueError(f"a sample of {sample} variants")
        axes = joined(axes, sample, seed)
    return Sweep(*found.compare(axes, progress or _shown, keeps_interrupted=True))


@edge
def whatif(kernel: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None, *,
           scale: Mapping[str, Sequence[float] | float] | None = None, hardware: str | None = None,
           overrides: Sequence[str] = ()) -> WhatIf:
    """What the kernel would take if each part of the machine were twice as fast, as `trnsim whatif` says.

    Args:
        kernel: A function with `@nki.jit`.
        args: Its arguments by position, or a mapping of them by name.
        kwargs: Others by name.
        scale: Parts ("hbm.bandwidth", "tensor", "memory", …) or paths of the machine's numbers, with one or more factors:
            parts get so many times as fast, numbers so many times as large.
        hardware: The machine.
        overrides: Values of it.

    Returns:
        A table with the change of the time for each, a share: -0.5 is half the time.

    Raises:
        NkiValidationError: for a part or value that there is not.

    Example:
        trnsim.whatif(matmul, (a, b), scale={"hbm.bandwidth": [0.5, 2, 4]})
    """
    found = _Call(kernel, args, kwargs, hardware, overrides)
    lines = []
    for name, factors in (scale or {}).items():
        given = factors if isinstance(factors, Sequence) else [factors]
        lines.append(f"{name}=" + ",".join(str(float(factor)) for factor in given))
    variant = Recorded(found.target, {})
    with open_core().session() as session:
        request = found.record(variant)
        _require(open_core().keep(session, request, variant.lines(found.subject)), session)
        _require(session.whatif(found.base, "\n".join(lines)), session)
        return WhatIf(*forms(session))


@edge
def diff(before: Any, after: Any) -> Difference:
    """What differs between two runs, and why the second takes longer or less, as `trnsim diff` says.

    Args:
        before: A report, or a result of `simulate`, of whatever machine.
        after: The other one.

    Returns:
        A table of quantities before and after, and reasons in words, what weighs most first.

    Raises:
        TypeError: for what is neither.

    Example:
        found = trnsim.diff(trnsim.simulate(matmul, a, b, tile_n=128), trnsim.simulate(matmul, a, b))
        found.reasons[0]
    """
    reports = [_report(before), _report(after)]
    texts = ["", ""]
    with open_core().session() as session:
        # A setting that only one of them has stays in the session: that one comes last.
        for side in sorted((0, 1), key=lambda side: len(reports[side][1].settings)):
            report, request = reports[side]
            name = str(report.json.get("kernel") or "kernel")
            machine = request.hardware
            texts[side] = "\n".join([name, machine, f"run={'AB'[side]}", *[f"set:{text}" for text in request.overrides]])
            _require(open_core().keep(session, request, "\n".join(texts[side].split("\n")[:3])), session)
        _require(session.difference(*texts), session)
        return Difference(*forms(session))


def _report(given: Any) -> tuple[Report, Request]:
    report = given if isinstance(given, Report) else getattr(given, "report", None)
    if not isinstance(report, Report) or report.request is None:
        raise TypeError(f"{type(given).__name__} is no report of a run\n  help: give what trnsim.simulate returns, or its report")
    return report, report.request


class _Call:
    """A kernel with the arguments that are not varied, on a machine."""

    def __init__(self, kernel: Any, args: Any, kwargs: Mapping[str, Any] | None, hardware: str | None,
                 overrides: Sequence[str]) -> None:
        self.kernel: Kernel = as_kernel(kernel)
        self.args: tuple[Any, ...] = () if isinstance(args, Mapping) else tuple(args)
        self.kwargs: dict[str, Any] = {**(args if isinstance(args, Mapping) else {}), **(kwargs or {})}
        self.target = self.kernel.target if hardware is None else target_name(hardware)
        self.overrides = tuple(overrides)
        code = getattr(self.kernel.func, "__code__", None)
        file = os.path.basename(code.co_filename) if code is not None else ""
        self.subject = f"{file if file.endswith('.py') else 'notebook.py'}:{self.kernel.__name__}"

    @property
    def base(self) -> str:
        """What is not varied, for the core."""
        return "\n".join([self.subject, self.target, *[f"set:{text}" for text in self.overrides]])

    def record(self, variant: Recorded) -> Request:
        """Traces the kernel with a variant's parameters, for its machine."""
        changes = {name: value for name, (value, _) in variant.parameters.items()}
        options = self.kernel.options(overrides=self.overrides or None)
        options.target = variant.hardware
        options.trace = None
        if not changes:
            return self.kernel.recorded(self.args, self.kwargs, options)
        signature = inspect.signature(self.kernel.func)
        bound = signature.bind_partial(*self.args, **self.kwargs)
        for name, value in changes.items():
            catches_all = next((key for key, part in signature.parameters.items() if part.kind is part.VAR_KEYWORD), None)
            if name in signature.parameters:
                bound.arguments[name] = value
            elif catches_all is not None:
                bound.arguments.setdefault(catches_all, {})[name] = value
        # By position as far as that goes, as arrays of positional parameters must be.
        bound.arguments = {key: bound.arguments[key] for key in signature.parameters if key in bound.arguments}
        return self.kernel.recorded(bound.args, bound.kwargs, options)

    def compare(self, axes: list[Axis], progress: Progress, keeps_interrupted: bool = False) -> tuple[Any, ...]:
        """Records and simulates; the forms of what came of it."""
        variants = list(recordings(axes, self.target))
        count = 1
        for axis in axes:
            count *= len(axis.values)
        total = len(variants) + count
        is_interrupted = False
        with open_core().session() as session:
            for done, variant in enumerate(variants):
                text = variant.lines(self.subject)
                if is_interrupted:
                    _require(session.refuse(text, "interrupted"), session)
                    continue
                try:
                    if not open_core().keep(session, self.record(variant), text):
                        _require(session.refuse(text, str(exception_of(session.errors(), None))), session)
                    progress(done + 1, total)
                except KeyboardInterrupt:
                    if not keeps_interrupted:
                        raise
                    is_interrupted = True
                    _require(session.refuse(text, "interrupted"), session)
                except Exception as error:
                    _require(session.refuse(text, _reason(error)), session)
            for axis in axes:
                _require(session.vary(axis.name, axis.texts), session)
            interruption: list[KeyboardInterrupt] = []

            def goes_on(done: int) -> bool:
                try:
                    progress(len(variants) + done, total)
                except KeyboardInterrupt as error:
                    interruption.append(error)
                return not interruption

            _require(session.compare(self.base, goes_on), session)
            if interruption and not keeps_interrupted:
                raise interruption[0]
            return forms(session)


def _reason(error: Exception) -> str:
    """An error in a line, with the line of the user's source."""
    message = getattr(error, "message", None)
    text = str(message) if message else f"{type(error).__name__}: {error}"
    place = getattr(error, "place", None)
    return " ".join(text.split()) + (f" at {place}" if place is not None else "")


def _require(holds: bool, session: Session) -> None:
    if not holds:
        raise exception_of(session.errors() or [{"message": "the core failed without a message"}], None)


def _shown(done: int, count: int) -> None:
    """A line that is written over, where someone looks."""
    if sys.stderr.isatty():
        print(f"\r{done} of {count}{chr(10) if done == count else ''}", end="", file=sys.stderr, flush=True)
