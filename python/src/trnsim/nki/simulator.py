"""`nki.simulator`: the entry point that frameworks call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernel import as_kernel


def simulate_kernel(func: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None,
                    _lnc: int = 1) -> Any:
    """Runs a kernel on arrays, on `_lnc` cores."""
    kernel = as_kernel(func)
    return kernel[_lnc](*args, **(kwargs or {})) if _lnc > 1 else kernel(*args, **(kwargs or {}))
