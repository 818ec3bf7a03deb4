"""`torch_neuronx.xla_impl.ops`: how torch called kernels before `nki.jit` did."""

from __future__ import annotations

import functools
from typing import Any

from ....run.kernel import Kernel


def nki_jit(func: Any = None, **hints: Any) -> Any:
    """A kernel of the first API generation, whose outputs are its last parameters: `nki_jit(f)` or `nki_jit()(f)`."""
    if func is None:
        return functools.partial(nki_jit, **hints)
    return func if isinstance(func, Kernel) else Kernel(func, beta=True, **hints)


__all__ = ["nki_jit"]
