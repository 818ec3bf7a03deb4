"""`neuron_dtypes`: host-side helpers for element types."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tracing.dtypes import ALL, as_dtype

bfloat16 = ALL["bfloat16"].numpy.type
float8_e4m3 = ALL["float8_e4m3"].numpy.type
float8_e5m2 = ALL["float8_e5m2"].numpy.type
float8_e4m3fn = ALL["float8_e4m3fn"].numpy.type


def static_cast(array: Any, dtype: Any) -> Any:
    """The array in another element type."""
    return np.asarray(array).astype(as_dtype(dtype).numpy)


def sizeinbytes(dtype: Any) -> int:
    return as_dtype(dtype).itemsize


def is_float_type(dtype: Any) -> bool:
    return as_dtype(dtype).is_float
