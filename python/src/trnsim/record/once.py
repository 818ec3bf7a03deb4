"""Loops whose body the first API generation's compiler traces once.

There, Python that runs in the body of an `affine_range` runs once. Here bodies are unrolled, and Python runs in every pass,
so what it decides for allocations (addresses that it advances) is taken from the first pass.
"""

from __future__ import annotations

from typing import Any


class _Level:
    """A loop that is going on, or the kernel itself."""

    __slots__ = ("count", "path")

    def __init__(self, path: tuple[int, ...]) -> None:
        #: Which loop of which loop it is, whatever the pass.
        self.path = path
        #: Loops and allocations of this pass so far.
        self.count = 0


class Passes:
    """Where a trace is among such loops."""

    def __init__(self) -> None:
        self._levels = [_Level(())]
        self._first: dict[tuple[Any, ...], Any] = {}

    def _next(self) -> tuple[int, ...]:
        level = self._levels[-1]
        level.count += 1
        return (*level.path, level.count)

    def enter(self) -> None:
        """A loop begins."""
        self._levels.append(_Level(self._next()))

    def begin_pass(self) -> None:
        """A pass of the innermost loop begins."""
        self._levels[-1].count = 0

    def leave(self) -> None:
        """The innermost loop ends."""
        self._levels.pop()

    def of_first_pass(self, value: Any, place: Any) -> Any:
        """`value`, or what it was in the first pass at the same point of the loops and line of source."""
        key = (self._next(), place)
        return self._first.setdefault(key, value)
