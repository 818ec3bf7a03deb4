"""Several cores: a trace and a program for each, traced in turn from exchange to exchange."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..core.layout import Layout
from ..record.context import Trace, activate
from ..record.program import Program


class _Aborted(BaseException):
    """Ends a core's thread after an error of another."""


class Turn:
    """A thread that traces one core; it runs only while it has the turn."""

    def __init__(self, trace: Trace, function: Callable[[], Any]) -> None:
        self.trace = trace
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._aborted = False
        self._go = threading.Event()
        self._back = threading.Event()
        self._function = function
        trace.turn = self
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._wait()
        try:
            if not self._aborted:
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
        """Lets the core go on to its next exchange or its end."""
        with activate(self.trace):
            self._go.set()
            self._back.wait()
            self._back.clear()

    def give(self) -> None:
        """Called by the core's thread after an exchange: the others go on."""
        self._back.set()
        self._wait()
        if self._aborted:
            raise _Aborted

    def abort(self) -> None:
        if not self.done:
            self._aborted = True
            self._go.set()
            self._thread.join()


def trace_cores(functions: Sequence[Callable[[Trace], Any]], programs: Sequence[Program], target: str, layout: Layout,
                *, grid: tuple[int, ...] = (), beta: bool = False) -> tuple[list[Any], bool]:
    """Traces a kernel on all cores, each into its own program; what the kernel returned on each, and whether it asked
    which program it is.

    The cores take turns at exchanges, so that what a kernel looks at while it is traced includes what the others
    sent. Whether exchanges fit together is found when the programs run.
    """
    traces: list[Trace] = []
    for rank in range(layout.ranks):
        shared: dict[Any, Any] = {}
        for core in range(layout.cores):
            traces.append(Trace(programs[len(traces)], target=target, layout=layout, rank=rank, core=core,
                                shared=shared, siblings=traces, grid=grid, beta=beta))
    if layout.count == 1:
        try:
            with activate(traces[0]):
                return [functions[0](traces[0])], traces[0].asks_position
        finally:
            # A trace that names itself would stay until Python looks for cycles.
            traces.clear()
    turns = [Turn(current, functools.partial(function, current)) for current, function in zip(traces, functions)]
    try:
        while not all(turn.done for turn in turns):
            for turn in turns:
                if not turn.done:
                    turn.run()
                    if turn.error is not None:
                        raise turn.error
    finally:
        for turn in turns:
            turn.abort()
    return [turn.result for turn in turns], any(current.asks_position for current in traces)
