"""Names that instructions take: engines, commands, modes."""

from __future__ import annotations

import functools
from enum import Enum
from typing import Any


@functools.total_ordering
class _Ordered(Enum):
    """Members compare by their values, also with plain integers."""

    def __lt__(self, other: Any) -> bool:
        value = other.value if isinstance(other, Enum) else other
        return bool(self.value < value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Enum):
            return self is other or (type(self).__name__ == type(other).__name__ and self.value == other.value)
        return bool(self.value == other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __int__(self) -> int:
        return int(self.value)


class engine(_Ordered):
    unknown = 0
    tensor = 1
    scalar = 2
    gpsimd = 3
    dma = 4
    vector = 5
    sync = 6


class reduce_cmd(_Ordered):
    idle = 0
    reset = 1
    reduce = 2
    reset_reduce = 3
    load_reduce = 4


class dge_mode(_Ordered):
    unknown = 0
    swdge = 1
    hwdge = 2
    none = 3


class oob_mode(_Ordered):
    error = 0
    skip = 1


class matmul_perf_mode(Enum):
    none = "none"
    double_row = "double_row"
    double_column = "double_column"
    double_pixel = "double_pixel"


class nc_version(_Ordered):
    gen2 = 2
    gen3 = 3
    gen4 = 4


class dma_engine(_Ordered):
    dma = 1
    gpsimd_dma = 2


class dependency(Enum):
    """How an instruction runs after others."""

    #: It waits for them, by a semaphore.
    runtime = "runtime"
    #: It is issued behind them, and does not wait.
    schedule = "schedule"


tensor_engine = engine.tensor
vector_engine = engine.vector
scalar_engine = engine.scalar
gpsimd_engine = engine.gpsimd
sync_engine = engine.sync
unknown_engine = engine.unknown

__all__ = ["dependency", "dge_mode", "dma_engine", "engine", "gpsimd_engine", "matmul_perf_mode", "nc_version", "oob_mode",
           "reduce_cmd", "scalar_engine", "sync_engine", "tensor_engine", "unknown_engine", "vector_engine"]
