"""`nki`: kernels written for AWS Trainium, run by the simulator."""

from __future__ import annotations

from ..errors import NkiValidationError
from ..run.kernel import (Kernel, as_kernel, baremetal, benchmark, jit, last_report, profile, simulate,
                          simulate_kernel)
from ..version import NKI_VERSION as __version__

cpu_simulate = simulate
trace = jit


def __getattr__(name: str) -> object:
    if name in ("isa", "language", "collectives", "typing", "compiler", "dtype", "tensor", "simulator", "builtin"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'nki' has no attribute '{name}'")


__all__ = ["Kernel", "NkiValidationError", "__version__", "as_kernel", "baremetal", "benchmark", "cpu_simulate",
           "jit", "last_report", "profile", "simulate", "simulate_kernel", "trace"]
