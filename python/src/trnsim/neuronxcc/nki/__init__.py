"""`neuronxcc.nki`: NKI's first API generation, in which operations return tiles."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...errors import NkiValidationError
from ...run.kernel import Benchmark, Kernel, _wrap, last_report
from ...run.kernel import profile as _profile
from ...run.kernel import simulate_kernel as _simulate_kernel
from ...tensor.view import NkiTensor
from ...tracebacks import edge as _edge

__version__ = "0.1"

tensor = NkiTensor


def jit(func: Callable[..., Any] | None = None, mode: str = "auto", **options: Any) -> Any:
    """Makes a kernel of a function; `mode="benchmark"` also measures."""
    if func is None:
        return functools.partial(jit, mode=mode, **options)
    kind = Benchmark if mode in ("benchmark", "profile", "baremetal") else Kernel
    return kind(func, mode=mode, beta=True, **options)


trace = jit


@_edge
def simulate_kernel(kernel: Any, *args: Any, **kwargs: Any) -> Any:
    """The kernel's values."""
    return _simulate_kernel(kernel, *args, **kwargs)


def benchmark(kernel: Any = None, **hints: Any) -> Any:
    """`nki.benchmark(warmup=…, iters=…)(kernel)`: simulated latency under `.benchmark_result`."""
    if kernel is None:
        return functools.partial(benchmark, **hints)
    if not isinstance(kernel, Kernel):
        kernel = jit(kernel)
    return _wrap(Benchmark, kernel, hints)


baremetal = benchmark


def profile(kernel: Any = None, **hints: Any) -> Any:
    """`nki.profile(working_directory=…)(kernel)`: measures, and leaves `file.neff` and `profile.ntff` or what the names say."""
    if kernel is None:
        return functools.partial(profile, **hints)
    return _profile(kernel if isinstance(kernel, Kernel) else jit(kernel), **hints)


def __getattr__(name: str) -> object:
    if name in ("isa", "language", "typing", "compiler", "nccl"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'neuronxcc.nki' has no attribute '{name}'")


__all__ = ["Kernel", "NkiValidationError", "baremetal", "benchmark", "jit", "last_report", "profile",
           "simulate_kernel", "tensor", "trace"]
