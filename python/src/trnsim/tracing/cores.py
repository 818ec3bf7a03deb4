"""Launches on the two cores of a logical core (LNC=2): both are traced in turn, up to where they meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..errors import NkiValidationError, UnsupportedError
from . import context
from .context import Trace, activate
from .program import Program


class _Aborted(BaseException):
    """Ends the other core's thread after an error."""


class Core:
    """One core's thread; it runs only while it has the turn."""

    def __init__(self, trace: Trace, function: Callable[[], Any]) -> None:
        self.trace = trace
        self.meeting: tuple[str, Any, Any] | None = None
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.aborted = False
        self._go = threading.Event()
        self._back = threading.Event()
        self._function = function
        trace.core_thread = self
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._wait()
        try:
            if not self.aborted:
                self.result = self._function()
        except _Aborted:
            pass
        except BaseException as error:
            self.error = error
        self.done = True
        self._back.set()

    def _wait(self) -> None:
        self._go.wait()
        self._go.clear()

    def run(self) -> None:
        """Lets the core go on until it meets the other or ends."""
        self.meeting = None
        with activate(self.trace):
            self.trace.program.core = self.trace.core
            self._go.set()
            self._back.wait()
            self._back.clear()

    def meet(self, kind: str, detail: Any, place: Any) -> None:
        """Called by the core's thread: gives the turn back until both are here."""
        self.meeting = (kind, detail, place)
        self._back.set()
        self._wait()
        if self.aborted:
            raise _Aborted

    def abort(self) -> None:
        if not self.done:
            self.aborted = True
            self._go.set()
            self._thread.join()


def trace_cores(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                program: Program, target: str, count: int, notes: list[str]) -> Any:
    """Traces the kernel on both cores into one stream, which computes the values of both."""
    if count != 2:
        raise UnsupportedError(f"a launch on {count} cores", remedy="kernel[1] or kernel[2]: trn2 joins two cores")
    shared: dict[str, Any] = {}
    program.cores = count
    cores = [Core(Trace(program, target=target, cores=count, core=core, shared=shared),
                  lambda: function(*args, **kwargs)) for core in range(count)]
    try:
        while not all(core.done for core in cores):
            for core in cores:
                if not core.done:
                    core.run()
                    if core.error is not None:
                        raise core.error
            _exchange(cores, program)
    finally:
        for core in cores:
            core.abort()
    program.core = 0
    notes.append("two cores: the values are those of both, the time is that of core 0, which does not wait for "
                 "core 1")
    return cores[0].result


def _exchange(cores: list[Core], program: Program) -> None:
    """What happens where both cores are: a barrier needs nothing more, sendrecv swaps tiles."""
    waiting = [core for core in cores if core.meeting is not None]
    if not waiting:
        return
    first = waiting[0].meeting
    assert first is not None
    if len(waiting) < len(cores) or any(core.meeting is None or core.meeting[0] != first[0] for core in waiting):
        raise NkiValidationError(f"core {waiting[0].trace.core} waits in {first[0]}, the other core does not come there",
                                 remedy="both cores call the same exchanges in the same order", place=first[2])
    if first[0] != "sendrecv":
        return
    from .dma import dma_copy

    tiles = [core.meeting[1] for core in cores if core.meeting is not None]
    for core, (_, destination) in zip(cores, tiles):
        source = tiles[1 - core.trace.core][0]
        with context.activate(core.trace):
            program.core = core.trace.core
            dma_copy(destination, source)
