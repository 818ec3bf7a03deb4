"""The trace that is going on: which core, which launch, which rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..core.layout import ALONE, Layout
from ..core.machine import DEFAULT_TARGET, machine
from ..places import fail
from .once import Passes
from .program import Program

_TARGETS: Final = {
    "trn1": "trn1", "inf2": "trn1", "gen2": "trn1", "trn2": "trn2", "gen3": "trn2", "trn3": "trn3",
    "gen4": "trn3",
}


def target_name(value: str | None) -> str:
    """`trn1`, `trn2` or `trn3` of a platform name; files of configurations pass through."""
    if not value:
        return DEFAULT_TARGET
    found = _TARGETS.get(value.lower())
    if found is None:
        if value.endswith((".yaml", ".yml")):
            return value
        raise ValueError(f"there is no platform '{value}'\n  help: one of {', '.join(_TARGETS)}")
    return found


def default_target() -> str:
    """The platform that the environment names."""
    return target_name(os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE"))


class Trace:
    """One core's run of a kernel's Python."""

    def __init__(self, program: Program, *, target: str, layout: Layout = ALONE, rank: int = 0, core: int = 0,
                 grid: tuple[int, ...] = (), position: tuple[int, ...] = (), beta: bool = False,
                 shared: dict[Any, Any] | None = None, siblings: list[Trace] | None = None) -> None:
        self.program = program
        self.target = target
        #: What the target's configuration says.
        self.machine = machine(target)
        #: All cores of the launch, and which of them this is.
        self.layout = layout
        self.rank = rank
        self.core = core
        #: The traces of all cores, by core id.
        self.siblings = siblings if siblings is not None else [self]
        self.grid = grid
        self.position = position
        #: Whether the kernel is of the first API generation (`neuronxcc.nki`).
        self.beta = beta
        #: HBM tensors that all cores of the rank (or programs of the grid) see, by order of allocation.
        self.shared = shared if shared is not None else {}
        self.shared_count = 0
        #: Where it is among loops whose body the first generation's compiler traces once.
        self.passes = Passes()
        #: The function that is traced, and what the first generation's rules know of the trace (`first_generation`).
        self.function: Any = None
        self.known: Any = None
        #: Rules that notes name, with the lines.
        self.noted: set[tuple[str, str, int]] = set()
        self.constants: dict[Any, Any] = {}
        self.peeker: Any = None
        #: Whether the kernel asked which program of how many it is.
        self.asks_position = False
        #: Gives the turn to the other cores, where there are several.
        self.turn: Any = None

    def begin(self, position: tuple[int, ...]) -> None:
        """Goes on to another program of the grid, with allocations and constants of its own."""
        self.position = position
        self.shared_count = 0
        self.passes = Passes()
        self.known = None
        self.constants = {}
        self.peeker = None

    @property
    def shares_hbm(self) -> bool:
        """Whether `nl.shared_hbm` is seen by more than this trace."""
        return self.layout.cores > 1 or len(self.grid) > 0

    @property
    def generation(self) -> int:
        return self.machine.generation


#: The trace that is going on; `tracing` and `trace` give it.
current_trace: Trace | None = None


def tracing() -> Trace | None:
    """The trace that is going on, if one is."""
    return current_trace


def trace() -> Trace:
    """The trace that is going on."""
    if current_trace is None:
        raise fail("NKI operations work inside a kernel", "call them from a function with @nki.jit", "nki_api_outside_of_nki_kernel")
    return current_trace


def program() -> Program:
    """The program that is being recorded."""
    if current_trace is None:
        return trace().program
    return current_trace.program


@contextmanager
def activate(new: Trace) -> Iterator[Trace]:
    """Makes `new` the trace that operations record into."""
    global current_trace
    before = current_trace
    current_trace = new
    try:
        yield new
    finally:
        current_trace = before
