"""Constants that the compiler puts into HBM and loads before the kernel begins."""

from __future__ import annotations

import os
from typing import Any

import ml_dtypes
import numpy as np

from ..isa.dma import dma_copy, load
from ..record.allocate import allocate
from ..record.context import trace
from ..tensor.arrays import converted, elements, rounding_note
from ..tensor.dtypes import as_dtype
from ..tensor.shapes import contiguous
from ..tensor.spaces import MemoryRegion
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor


def constant_in_hbm(array: np.ndarray[Any, Any], name: str) -> NkiTensor:
    """An HBM tensor that holds `array` from the start."""
    current = trace()
    kind = as_dtype(array.dtype)
    key = (name, kind, array.shape, array.tobytes())
    found = current.constants.get(key)
    if found is None:
        storage = Storage(current.program.unique_name(name + current.program.core_suffix), MemoryRegion.hbm, kind,
                          tuple(array.shape))
        storage.role = "input"
        storage.array = np.ascontiguousarray(array)
        current.program.add(storage)
        found = NkiTensor(storage, kind, tuple(array.shape), contiguous(array.shape))
        current.constants[key] = found
    return found  # type: ignore[no-any-return,unused-ignore]


def shared_constant(constant: Any, dtype: Any = None, **_: Any) -> NkiTensor:
    """A constant array, or one in a `.npy` file, as an HBM tensor."""
    array = np.load(constant) if isinstance(constant, (str, os.PathLike)) else np.asanyarray(constant)
    if dtype is not None and array.dtype != as_dtype(dtype).numpy:
        array = converted(array, "constant", as_dtype(dtype).numpy)
    rounded: list[str] = []
    array = elements(array, "constant", rounded)
    if rounded:
        trace().program.warnings.append(rounding_note(rounded))
    return constant_in_hbm(array, "constant")


def shared_identity_matrix(n: int, dtype: Any = "uint8", dst: NkiTensor | None = None) -> NkiTensor:
    """The identity matrix in sbuf, loaded into `dst` if that is given.

    In the first API generation it is an HBM tensor, as `shared_constant` is.
    """
    kind = as_dtype(dtype)
    matrix = constant_in_hbm(np.eye(n, dtype=np.float32).astype(kind.numpy), "identity")
    if dst is None and trace().beta:
        return matrix
    if dst is None:
        dst = allocate(MemoryRegion.sbuf, kind, (n, n), "identity")
    dma_copy(dst, matrix)
    return dst


__all__ = ["allocate", "constant_in_hbm", "load", "ml_dtypes", "shared_constant", "shared_identity_matrix"]
