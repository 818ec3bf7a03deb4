"""What the core says about a machine: the limits that the front end checks and reports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..errors import NkiValidationError
from .library import open_core

#: The machine when nobody names one. (The vendor's simulator takes trn3.)
DEFAULT_TARGET = "trn2"


@dataclass(frozen=True)
class Machine:
    """The values of a hardware configuration that the front end needs; sizes of memories are those of a partition."""

    name: str
    #: 2 on trn1, 3 on trn2, 4 on trn3.
    generation: int
    partitions: int
    #: What kernels can use.
    sbuf_bytes: int
    bank_bytes: int
    banks: int
    #: Free dimensions of an access pattern.
    free_dimensions: int
    pe_rows: int
    pe_columns: int
    stationary_max: int
    moving_max: int
    #: The same where sums are kept in bfloat16.
    moving_max_bf16: int
    bn_stats_max: int

    @property
    def bank_elements(self) -> int:
        """float32 elements of a bank."""
        return self.bank_bytes // 4


#: Where the fields are in a configuration.
_PATHS = {
    "generation": "core.generation", "partitions": "sbuf.partitions",
    "sbuf_bytes": "sbuf.usable_bytes_per_partition", "bank_bytes": "psum.bank_bytes", "banks": "psum.banks",
    "free_dimensions": "access.max_free_dims", "pe_rows": "tensor.rows", "pe_columns": "tensor.columns",
    "stationary_max": "tensor.stationary_max", "moving_max": "tensor.moving_max",
    "moving_max_bf16": "tensor.moving_max_bf16", "bn_stats_max": "limits.bn_stats_elements",
}


def processors() -> int:
    """How many of the host's processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_known: dict[tuple[Any, ...], Machine] = {}


def machine(target: str = DEFAULT_TARGET, overrides: tuple[str, ...] = ()) -> Machine:
    """The machine of a name or a configuration file; each is asked for once, a file again when it has changed."""
    try:
        status = os.stat(target)
        key: tuple[Any, ...] = (target, overrides, status.st_mtime_ns, status.st_size)
    except OSError:
        key = (target, overrides)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _read(target, overrides)
    return found


def _read(target: str, overrides: tuple[str, ...]) -> Machine:
    described, errors = open_core().hardware(target, overrides)
    if described is None:
        first = errors[0] if errors else {}
        raise NkiValidationError(str(first.get("message", f"no hardware '{target}'")), remedy=first.get("remedy"))
    values = described["values"]
    return Machine(described["name"], **{field: int(values[path]["value"]) for field, path in _PATHS.items()})
