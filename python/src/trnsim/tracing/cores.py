"""Launches on the two cores of a logical core (LNC=2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UnsupportedError
from .context import Trace, activate
from .program import Program


def trace_cores(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                program: Program, target: str, cores: int, notes: list[str]) -> Any:
    """Traces the kernel once per core, one after the other, into one stream.

    Values do not depend on the order as long as the cores do not exchange data; the time is that of one core
    doing the work of all, and a note says so.
    """
    if cores != 2:
        raise UnsupportedError(f"a launch on {cores} cores", remedy="kernel[1] or kernel[2]: trn2 joins two cores")
    shared: dict[str, Any] = {}
    result: Any = None
    for core in range(cores):
        current = Trace(program, target=target, cores=cores, core=core, shared=shared)
        with activate(current):
            found = function(*args, **kwargs)
        result = found if core == 0 else result
    if program.synchronisations:
        raise UnsupportedError(
            f"the cores exchange data ({program.synchronisations[0][1]}), which is not simulated yet",
            remedy="launch on one core: kernel[1]", place=program.place(program.synchronisations[0][0]))
    notes.append(f"{cores} cores are simulated as one that does the work of all, one after the other: the time "
                 "is an upper bound")
    return result
