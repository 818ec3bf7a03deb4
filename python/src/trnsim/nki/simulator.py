"""`nki.simulator`: the entry point that frameworks call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..run.kernel import as_kernel
from ..tracebacks import edge


@edge
def simulate_kernel(func: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None,
                    _lnc: int | None = None) -> Any:
    """Runs a kernel on arrays, on `_lnc` logical cores; without it on as many as the kernel or the environment says."""
    kernel = as_kernel(func)
    return (kernel if _lnc is None else kernel[_lnc])(*args, **(kwargs or {}))
