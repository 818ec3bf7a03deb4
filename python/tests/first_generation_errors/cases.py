"""A documented error as a pair of kernels, and what they get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

X = np.linspace(-1, 1, 128 * 64, dtype=np.float32).reshape(128, 64)
SQUARE = np.linspace(-1, 1, 128 * 128, dtype=np.float32).reshape(128, 128)
ONE = np.ones((1, 1), np.float32)
INDICES = np.arange(8, dtype=np.int32).reshape(8, 1)


@dataclass(frozen=True)
class Case:
    """A documented error, a kernel that makes it, and one that does the same as the documentation asks."""

    name: str
    wrong: Callable[[], Any]
    right: Callable[[], Any] | None


CASES: list[Case] = []


def case(name: str, right: Callable[[], Any] | None = None) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def note(wrong: Callable[[], Any]) -> Callable[[], Any]:
        CASES.append(Case(name, wrong, right))
        return wrong

    return note
