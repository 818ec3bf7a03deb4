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


@dataclass(frozen=True)
class GridDim:
    """A dimension of a grid of programs, which `cores` cores may share: `outer` times all cores get `inner` programs.

    (NKI documentation, "nki.language.spmd_dim": `spmd_dim(nc(2), 2)` gives core 0 the programs 0 and 1, `spmd_dim(2, nc(2))`
    0 and 2.)
    """

    extent: int
    cores: int = 1
    inner: int = 1

    def core_of(self, index: int) -> int:
        """Which core runs the programs with this index."""
        return index // self.inner % self.cores


#: One core.
ALONE = Layout()
