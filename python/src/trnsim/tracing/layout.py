"""How many cores a launch has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """`ranks` ranks with memories of their own, each of 1 or 2 cores that share HBM.

    Core c of rank r has the number r * cores + c.
    """

    ranks: int = 1
    cores: int = 1

    @property
    def count(self) -> int:
        return self.ranks * self.cores


#: One core.
ALONE = Layout()
