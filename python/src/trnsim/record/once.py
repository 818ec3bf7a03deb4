"""Loops whose body the first API generation's compiler traces once.

There, Python that runs in the body of an `affine_range` runs once. Here bodies are unrolled, and Python runs in every pass,
so what it decides for allocations (addresses that it advances) is taken from the first pass.
"""

from __future__ import annotations

from typing import Any


class Level:
    """A loop that is going on, or the kernel itself."""

    __slots__ = ("affine", "begin", "count", "number", "path", "storages", "writes")

    def __init__(self, path: tuple[int, ...], affine: bool = False) -> None:
        #: Which loop of which loop it is, whatever the pass.
        self.path = path
        #: Whether its passes do not depend on one another.
        self.affine = affine
        #: Loops and allocations of this pass so far.
        self.count = 0
        #: Which pass it is in, from 1 on; instructions and storages before it.
        self.number = 0
        self.begin = 0
        self.storages = 0
        #: What was written where, and in which pass.
        self.writes: dict[Any, int] = {}


class Passes:
    """Where a trace is among such loops."""

    def __init__(self) -> None:
        self._levels = [Level(())]
        self._first: dict[tuple[Any, ...], Any] = {}
        #: Of each pass that made storages: the first one, the one after the last, and instructions before the pass ended.
        self.ended: list[tuple[int, int, int]] = []
        #: Storages that belong to no pass, though one made them, by identity.
        self.held: set[int] = set()

    @property
    def loops(self) -> list[Level]:
        """The loops that are going on, the outermost first."""
        return self._levels[1:]

    def _next(self) -> tuple[int, ...]:
        level = self._levels[-1]
        level.count += 1
        return (*level.path, level.count)

    def enter(self, affine: bool) -> None:
        """A loop begins."""
        self._levels.append(Level(self._next(), affine))

    def begin_pass(self, program: Any) -> None:
        """A pass of the innermost loop begins."""
        level = self._levels[-1]
        level.count = 0
        level.number += 1
        level.begin, level.storages = program.count, len(program.storages)

    def end_pass(self, program: Any) -> None:
        """The pass ends."""
        level = self._levels[-1]
        if len(program.storages) > level.storages:
            self.ended.append((level.storages, len(program.storages), program.count))

    def hold(self, storage: Any) -> None:
        """Notes that a storage lives longer than the pass that makes it."""
        self.held.add(id(storage))

    def leave(self) -> None:
        """The innermost loop ends."""
        self._levels.pop()

    def of_first_pass(self, value: Any, place: Any) -> Any:
        """`value`, or what it was in the first pass at the same point of the loops and line of source."""
        key = (self._next(), place)
        return self._first.setdefault(key, value)
