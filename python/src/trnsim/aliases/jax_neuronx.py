"""`jax_neuronx.nki_call`: how JAX called kernels of the first API generation, whose outputs are their last parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..errors import KernelTypeError
from ..run.kernel import Kernel, as_kernel
from ..tensor.arrays import undefined
from ..tensor.dtypes import as_dtype
from ..tracebacks import edge


@edge
def nki_call(func: Callable[..., Any], *args: Any, out_shape: Any, grid: Any = (), **kwargs: Any) -> Any:
    """Runs `func(*args, *outputs)`, whose outputs `out_shape` describes: something with shape and dtype, or several of them."""
    several = isinstance(out_shape, (list, tuple))
    outputs = [_output(described) for described in (out_shape if several else [out_shape])]
    kernel = func if isinstance(func, Kernel) else as_kernel(func, beta=True)
    returned = (kernel[grid] if grid not in ((), None) else kernel)(*args, *outputs, **kwargs)
    if returned is not None and not _is_among(returned, outputs):
        return returned  # it makes its outputs itself
    jax = sys.modules.get("jax")
    found = [jax.numpy.asarray(output) if jax is not None and any(isinstance(value, jax.Array) for value in args) else output
             for output in outputs]
    return type(out_shape)(found) if several else found[0]


def _output(described: Any) -> Any:
    if not hasattr(described, "shape") or not hasattr(described, "dtype"):
        raise KernelTypeError(f"out_shape has {type(described).__name__}", remedy="jax.ShapeDtypeStruct(shape, dtype), or several of them")
    return undefined(tuple(int(extent) for extent in described.shape), as_dtype(described.dtype).numpy)


def _is_among(returned: Any, outputs: list[Any]) -> bool:
    parts = returned if isinstance(returned, (list, tuple)) else [returned]
    return all(any(part is output for output in outputs) for part in parts)


__all__ = ["nki_call"]
