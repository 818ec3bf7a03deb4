"""Arrays of the caller: NumPy, torch or anything with `__array__`, and the way back."""

from __future__ import annotations

import sys
from typing import Any

import ml_dtypes
import numpy as np

from .tracing.dtypes import DType, as_dtype

#: What NKI has no 64-bit type for.
_NARROW = {np.dtype(np.float64): np.float32, np.dtype(np.int64): np.int32, np.dtype(np.uint64): np.uint32}


def is_torch(value: Any) -> bool:
    """Whether it is a torch tensor; torch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Whether a kernel sees the argument as a tensor."""
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, (np.generic, str, bytes, int, float, bool, type(None))):
        return False
    return is_torch(value) or (hasattr(value, "__array__") and hasattr(value, "dtype")
                               and hasattr(value, "shape"))


def to_numpy(value: Any) -> np.ndarray[Any, Any]:
    """The array's elements; shared where that is possible."""
    if is_torch(value):
        return _from_torch(value)
    array = np.asarray(value)
    if array.dtype in _NARROW:
        array = array.astype(_NARROW[array.dtype])
    return array


def _from_torch(tensor: Any) -> np.ndarray[Any, Any]:
    torch = sys.modules["torch"]
    tensor = tensor.detach().cpu()
    raw = {torch.bfloat16: (torch.int16, ml_dtypes.bfloat16)}
    for name, kind in (("float8_e4m3fn", ml_dtypes.float8_e4m3fn), ("float8_e5m2", ml_dtypes.float8_e5m2)):
        if hasattr(torch, name):
            raw[getattr(torch, name)] = (torch.int8, kind)
    if tensor.dtype in raw:
        container, kind = raw[tensor.dtype]
        return tensor.view(container).numpy().view(kind)  # type: ignore[no-any-return]
    array = tensor.numpy()
    if array.dtype in _NARROW:
        array = array.astype(_NARROW[array.dtype])
    return array  # type: ignore[no-any-return]


def to_caller(array: np.ndarray[Any, Any], like_torch: bool) -> Any:
    """The result in the caller's kind of array."""
    if not like_torch:
        return array
    torch = sys.modules["torch"]
    array = np.ascontiguousarray(array)
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    for name in ("float8_e4m3fn", "float8_e5m2"):
        if array.dtype == getattr(ml_dtypes, name) and hasattr(torch, name):
            return torch.from_numpy(array.view(np.int8)).view(getattr(torch, name))
    if array.dtype.names is not None:
        # Torch has no packed types: their bits.
        array = array.view({2: np.uint16, 4: np.uint32}[array.dtype.itemsize])
    if array.dtype == ml_dtypes.float8_e8m0fnu:
        array = array.view(np.uint8)
    if array.dtype in (np.uint16, np.uint32):
        return torch.from_numpy(array.astype({2: np.int32, 4: np.int64}[array.dtype.itemsize]))
    return torch.from_numpy(array)


def store_back(target: Any, array: np.ndarray[Any, Any]) -> None:
    """Writes a changed input into the caller's array."""
    if is_torch(target):
        target.copy_(to_caller(array, True))
    elif isinstance(target, np.ndarray) and target.flags.writeable:
        target[...] = array.astype(target.dtype, copy=False)


def element_type(array: np.ndarray[Any, Any]) -> DType:
    return as_dtype(array.dtype)


def undefined(shape: tuple[int, ...], kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """What the vendor's simulator fills undefined memory with: NaN, or 4 for integers."""
    array = np.zeros(shape, kind)
    whole = kind.names is not None or np.issubdtype(kind, np.integer) or kind == np.bool_
    array[...] = 4 if whole else np.nan
    return array
