"""`neuron_dtypes`: host-side helpers for element types."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from ..tensor.dtypes import ALL, DType, as_dtype

# NumPy's type where there is one for the format; packed types go by their NKI name, which np.dtype() takes.
globals().update({name: kind.numpy.type if kind.packing == 1 else kind for name, kind in ALL.items()
                  if name != "bool"})


def static_cast(array: Any, dtype: Any) -> Any:
    """The array in another element type; packing divides the last dimension by four, unpacking multiplies it."""
    array = np.asarray(array)
    source, target = as_dtype(array.dtype) if array.dtype.names is not None else None, as_dtype(dtype)
    if source is target:
        return array
    if source is not None:
        array = unpack(array, source)
    return array.astype(target.numpy) if target.packing == 1 else pack(array, target)


def _part(kind: DType) -> Any:
    return getattr(ml_dtypes, str(kind).removesuffix("_x4"))


def pack(array: Any, kind: DType) -> Any:
    """Groups of four elements of the last dimension as packed ones, the first in the lowest bits."""
    codes: Any = np.ascontiguousarray(np.asarray(array, np.float32).astype(_part(kind))).view(np.uint8)
    if kind.itemsize == 2:
        codes = codes[..., ::2] | codes[..., 1::2] << 4
    return np.ascontiguousarray(codes).view(kind.numpy)


def unpack(array: Any, kind: DType) -> Any:
    """The elements that packed ones hold."""
    codes: Any = np.ascontiguousarray(array).view(np.uint8)
    if kind.itemsize == 2:
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(*codes.shape[:-1], -1)
    return codes.view(_part(kind))


def sizeinbytes(dtype: Any) -> int:
    return as_dtype(dtype).itemsize


def is_float_type(dtype: Any) -> bool:
    return as_dtype(dtype).is_float
