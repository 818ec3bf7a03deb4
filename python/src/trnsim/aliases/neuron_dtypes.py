"""`neuron_dtypes`: host-side helpers for element types."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tracing.dtypes import ALL, as_dtype

# NumPy's type where there is one for the format; packed types are known by their NKI name alone.
globals().update({name: kind.numpy.type if kind.packing == 1 else kind for name, kind in ALL.items()
                  if name != "bool"})


def static_cast(array: Any, dtype: Any) -> Any:
    """The array in another element type."""
    return np.asarray(array).astype(as_dtype(dtype).numpy)


def sizeinbytes(dtype: Any) -> int:
    return as_dtype(dtype).itemsize


def is_float_type(dtype: Any) -> bool:
    return as_dtype(dtype).is_float
