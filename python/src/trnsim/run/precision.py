"""NKI_PRECISE_FP=0: values as if bfloat16 and 8-bit floats kept all bits of float32, which tells a kernel's logic from its
rounding (NKI documentation, "NKI simulator", "Precise Floating-Point Mode").

The core's machine keeps those types as float32 (`precision=wide`), in bound arrays too; the time is the precise program's, and
so are values that the kernel's own Python looks at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import RankArrays
from ..tensor import dtypes
from ..tensor.dtypes import DType

#: Types that are kept as float32.
WIDENED = frozenset((dtypes.bfloat16, dtypes.float8_e4m3, dtypes.float8_e5m2, dtypes.float8_e4m3fn))


def kept_as(dtype: DType) -> DType:
    """What a type is kept as."""
    return dtypes.float32 if dtype in WIDENED else dtype


def wide_arrays(arrays: RankArrays) -> RankArrays:
    """Copies of a rank's arrays, float32 where the type is widened."""

    def of(found: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
        return {name: array.astype(kept_as(dtypes.as_dtype(array.dtype)).numpy) for name, array in found.items()}

    return RankArrays(of(arrays.inputs), of(arrays.outputs))
