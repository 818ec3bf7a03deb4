"""Arrays of the caller: the one door by which they come in, and the way back.

An array comes in with equal values or not at all. The one exception is float64, which is rounded to float32.
The command line says the same of `.npy` files (Sources/Storage/NumpyArray+Conversion.swift).
"""

from __future__ import annotations

import sys
from typing import Any

import ml_dtypes
import numpy as np

from ..errors import NkiValidationError
from .dtypes import DType, as_dtype

#: What has no elements, though NumPy would make an array of it; classes have attributes of their instances.
_NO_ARRAYS = (type, np.generic, np.dtype, str, bytes, bytearray, memoryview, int, float, complex, type(None))

#: Torch's types that NumPy has not: what torch views them as, and what they are here.
_FROM_TORCH = {"bfloat16": ("int16", ml_dtypes.bfloat16), "float8_e4m3fn": ("int8", ml_dtypes.float8_e4m3fn),
               "float8_e5m2": ("int8", ml_dtypes.float8_e5m2), "float8_e8m0fnu": ("int8", ml_dtypes.float8_e8m0fnu)}

#: By NumPy's kind: why NKI has no such type, and what to do.
_REFUSALS = {
    "c": ("NKI has no complex numbers", "give the real and the imaginary parts as two arrays"),
    "O": ("its elements are Python objects", "say what they are: array.astype(np.float32)"),
    "U": ("NKI has no text", "give numbers"),
    "S": ("NKI has no text", "give numbers"),
    "T": ("NKI has no text", "give numbers"),
    "M": ("NKI has no dates and times", "give numbers: array.astype(np.int64), in a unit in which they fit 32 bits"),
    "m": ("NKI has no dates and times", "give numbers: array.astype(np.int64), in a unit in which they fit 32 bits"),
}


def is_torch(value: Any) -> bool:
    """Whether it is a torch tensor; torch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Whether a kernel sees the argument as a tensor."""
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, _NO_ARRAYS):
        return False
    return is_torch(value) or hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def elements(value: Any, name: str, rounded: list[str] | None = None) -> np.ndarray[Any, Any]:
    """The array's elements in an element type of NKI, C-contiguous; shared where that is possible.

    `rounded` gets the names of arrays that are rounded from float64.

    Raises:
        NkiValidationError: for values that no element type of NKI has, with the first of them.
    """
    array = _from_torch(value, name) if is_torch(value) else _as_numpy(value, name)
    kind = array.dtype
    if kind.kind in "iu" and kind.itemsize == 8:
        array = _narrowed(array, name, np.dtype(np.int32 if kind.kind == "i" else np.uint32))
    elif kind.kind == "f" and kind.itemsize == 8:
        array = _rounded(array, name)
        if rounded is not None and name not in rounded:
            rounded.append(name)
    try:
        target = as_dtype(array.dtype).numpy
    except TypeError:
        raise _refused(array, name) from None
    if array.dtype.newbyteorder("=") != target:
        raise _refused(array, name)
    # Also aligned, for whoever computes on them in place.
    return np.require(array, target, ["C", "A"])


def rounding_note(names: list[str]) -> str:
    """What is said once of all arrays of a launch that were rounded."""
    which = f"'{names[0]}' is" if len(names) == 1 else f"{', '.join(repr(name) for name in names)} are"
    return f"{which} float64, rounded to float32: NKI has no 64-bit types; array.astype(np.float32) does it without a note"


def converted(array: np.ndarray[Any, Any], name: str, target: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The array in a type that its owner asks for; integers must fit, other types are rounded as NumPy does it."""
    if array.dtype.kind in "iu" and target.kind in "iu":
        return fitting(array, name, target, "choose a type that holds all values")
    if array.dtype.kind in _REFUSALS or array.dtype.type is np.void:
        raise _refused(array, name)
    return array.astype(target)


def fitting(array: np.ndarray[Any, Any], name: str, target: np.dtype[Any], remedy: str) -> np.ndarray[Any, Any]:
    """Integers in a narrower type.

    Raises:
        NkiValidationError: if one does not fit, with the first and its index.
    """
    limits = np.iinfo(target)
    if array.size and (int(array.min()) < limits.min or int(array.max()) > limits.max):
        bad = (array < max(limits.min, np.iinfo(array.dtype).min)) | (array > min(limits.max, np.iinfo(array.dtype).max))
        value, index = _first(array, bad)
        raise NkiValidationError(f"'{name}' has {value} at {index}, beyond {target.name} ({limits.min} to {limits.max})",
                                 remedy=remedy)
    return array.astype(target)


def _narrowed(array: np.ndarray[Any, Any], name: str, target: np.dtype[Any]) -> np.ndarray[Any, Any]:
    return fitting(array, name, target,
                   f"NKI has no 64-bit integers: give values that fit {target.name}, or halves of them as two arrays")


def _rounded(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = array.astype(np.float32)
    bad = np.isinf(narrow) & np.isfinite(array)
    if bad.any():
        value, index = _first(array, bad)
        raise NkiValidationError(f"'{name}' has {float(value)!r} at {index}, beyond float32 (up to 3.4028235e+38)",
                                 remedy="NKI has no 64-bit types: scale it, or array.astype(np.float32), which makes it infinite")
    return narrow


def _first(array: np.ndarray[Any, Any], bad: np.ndarray[Any, Any]) -> tuple[Any, list[int]]:
    """The first element, in C order, that is bad, and its index."""
    index = np.unravel_index(int(np.argmax(bad)), array.shape)
    return array[index], [int(i) for i in index]


def _refused(array: np.ndarray[Any, Any], name: str) -> NkiValidationError:
    kind = array.dtype
    why, remedy = "NKI has no such type", "convert it: array.astype(np.float32), or another type of NKI"
    if kind.kind in _REFUSALS:
        why, remedy = _REFUSALS[kind.kind]
    elif kind.names is not None:
        why, remedy = "its elements are records", f"give its fields as arrays of their own: array['{kind.names[0]}']"
    elif kind.kind == "V" and kind.type is np.void:
        why, remedy = "what its bytes mean is not known", "say what they are: array.view(ml_dtypes.bfloat16)"
    return NkiValidationError(f"'{name}' is {kind.name if kind.names is None else 'a record'}: {why}", remedy=remedy)


def _as_numpy(value: Any, name: str) -> np.ndarray[Any, Any]:
    try:
        found = np.asanyarray(value) if hasattr(value, "__array__") else np.from_dlpack(value)
    except Exception as error:
        raise NkiValidationError(f"'{name}' ({type(value).__module__}.{type(value).__qualname__}) gives no array: {error}",
                                 remedy="give a NumPy array or a torch tensor") from error
    if isinstance(found, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(found)
        masked = masked if masked.dtype == np.bool_ else masked.view(np.bool_)
        if masked.any():
            index = [int(i) for i in np.argwhere(masked)[0]]
            raise NkiValidationError(f"'{name}' has {int(masked.sum())} masked elements, the first at {index}",
                                     remedy="say what they are: array.filled(value)")
    return np.asarray(found)


def _from_torch(tensor: Any, name: str) -> np.ndarray[Any, Any]:
    torch = sys.modules["torch"]
    kind = str(tensor.dtype).removeprefix("torch.")

    def refused(what: str, remedy: str) -> NkiValidationError:
        return NkiValidationError(f"'{name}' is {what}", remedy=remedy)

    if tensor.layout is not torch.strided:
        raise refused("a sparse tensor: NKI has none", "give tensor.to_dense()")
    if tensor.is_quantized:
        raise refused("a quantized tensor: NKI has none", "give tensor.dequantize(), or tensor.int_repr()")
    if tensor.is_meta:
        raise refused("on the meta device: it has no values", "give a tensor on the CPU")
    if tensor.is_complex():
        raise refused(f"{kind}: {_REFUSALS['c'][0]}", _REFUSALS["c"][1])
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    try:
        if kind in _FROM_TORCH:
            container, numpy_kind = _FROM_TORCH[kind]
            return tensor.view(getattr(torch, container)).numpy().view(numpy_kind)  # type: ignore[no-any-return]
        return tensor.numpy()  # type: ignore[no-any-return]
    except (TypeError, RuntimeError) as error:
        raise refused(f"{kind}: NKI has no such type", "convert it: tensor.to(torch.float32), or another type of NKI") from error


def to_caller(array: np.ndarray[Any, Any], like_torch: bool) -> Any:
    """The result in the caller's kind of array."""
    if not like_torch:
        return array
    torch = sys.modules["torch"]
    # Torch knows no arrays that it must not write.
    array = np.require(array, requirements=["C", "W"])
    for name, (container, kind) in _FROM_TORCH.items():
        if array.dtype == kind and hasattr(torch, name):
            return torch.from_numpy(array.view(np.dtype(container))).view(getattr(torch, name))
    if array.dtype.names is not None:
        # Torch has no packed types: their bits.
        array = array.view({2: np.uint16, 4: np.uint32}[array.dtype.itemsize])
    if array.dtype == ml_dtypes.float8_e8m0fnu:
        array = array.view(np.uint8)
    if array.dtype in (np.uint16, np.uint32):
        return torch.from_numpy(array.astype({2: np.int32, 4: np.int64}[array.dtype.itemsize]))
    try:
        return torch.from_numpy(array)
    except TypeError:
        raise NkiValidationError(f"a result is {array.dtype.name}, which torch does not have",
                                 remedy="store it as another type, or give the kernel NumPy arrays") from None


def store_back(target: Any, array: np.ndarray[Any, Any]) -> bool:
    """Writes a changed input into the caller's array; whether it holds those values afterwards."""
    if is_torch(target):
        torch = sys.modules["torch"]
        if target.is_inference() and not torch.is_inference_mode_enabled():
            return False
        if _may_overlap(target.shape, target.stride(), 1):
            return False
        with torch.no_grad():
            target.copy_(to_caller(array, True))
        return True
    if not isinstance(target, np.ndarray) or not target.flags.writeable:
        return False
    if _may_overlap(target.shape, target.strides, target.itemsize):
        return False
    target[...] = array.reshape(target.shape).astype(target.dtype, copy=False)
    return True


def _may_overlap(shape: Any, strides: Any, size: int) -> bool:
    """Whether several elements of an array may be one place in memory."""
    reach = size
    for stride, extent in sorted((abs(stride), extent) for stride, extent in zip(strides, shape) if extent > 1):
        if stride < reach:
            return True
        reach += stride * (extent - 1)
    return False


def element_type(array: np.ndarray[Any, Any]) -> DType:
    return as_dtype(array.dtype)


def undefined(shape: tuple[int, ...], kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """What the vendor's simulator fills undefined memory with: NaN, or 4 for integers."""
    array = np.zeros(shape, kind)
    whole = kind.names is not None or np.issubdtype(kind, np.integer) or kind == np.bool_
    array[...] = 4 if whole else np.nan
    return array
