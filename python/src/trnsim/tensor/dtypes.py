"""Element types: one class that equals its name, NumPy's type and torch's type."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np


class DType(str):
    """An element type by its NKI name; equal to every other spelling of the same type."""

    itemsize: int
    numpy: np.dtype[Any]
    is_float: bool
    #: Logical elements that one stored element packs (4 for the x4 types).
    packing: int
    __slots__ = ("itemsize", "numpy", "is_float", "packing", "core_name")
    core_name: str

    def __new__(cls, name: str, numpy: Any, is_float: bool, packing: int = 1,
                core_name: str | None = None) -> DType:
        self = str.__new__(cls, name)
        self.numpy = np.dtype(numpy)
        self.itemsize = self.numpy.itemsize
        self.is_float = is_float
        self.packing = packing
        self.core_name = core_name or name
        return self

    @property
    def name(self) -> str:
        return str.__str__(self)

    @property
    def is_integer(self) -> bool:
        return not self.is_float and str.__str__(self) != "bool"

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        try:
            found = as_dtype(other)
        except TypeError:
            return False
        return found is self

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __repr__(self) -> str:
        return str.__str__(self)

    def __reduce__(self) -> Any:
        return (as_dtype, (str.__str__(self),))

    @property
    def min(self) -> Any:
        """The lowest finite value."""
        return self._limits().min

    @property
    def max(self) -> Any:
        """The largest finite value."""
        return self._limits().max

    def _limits(self) -> Any:
        if self.is_float:
            return ml_dtypes.finfo(self.numpy)  # type: ignore[no-untyped-call,unused-ignore]
        return np.iinfo(self.numpy)

    def __call__(self, value: Any) -> Any:
        """A NumPy scalar of this type, as `np.float32(1)`."""
        return self.numpy.type(value)


float32 = DType("float32", np.float32, True)
bfloat16 = DType("bfloat16", ml_dtypes.bfloat16, True)
float16 = DType("float16", np.float16, True)
tfloat32 = DType("tfloat32", np.float32, True)
float8_e4m3 = DType("float8_e4m3", ml_dtypes.float8_e4m3, True)
float8_e5m2 = DType("float8_e5m2", ml_dtypes.float8_e5m2, True)
float8_e4m3fn = DType("float8_e4m3fn", ml_dtypes.float8_e4m3fn, True)
float8_e8m0fnu = DType("float8_e8m0fnu", ml_dtypes.float8_e8m0fnu, True)
int8 = DType("int8", np.int8, False)
int16 = DType("int16", np.int16, False)
int32 = DType("int32", np.int32, False)
uint8 = DType("uint8", np.uint8, False)
uint16 = DType("uint16", np.uint16, False)
uint32 = DType("uint32", np.uint32, False)
bool_ = DType("bool", np.bool_, False)


def _packed(name: str, container: Any) -> DType:
    """Four packed elements to a stored one (NKI documentation, "Supported Data Types").

    In NumPy they are records of one unsigned integer that has the type's name, so that an array tells what it holds
    and no arithmetic works on it; `array.view(np.uint32)` (np.uint16 for 4-bit elements) shows the bits.
    """
    record = np.dtype([(name, container)])
    # np.dtype(name), as ml_dtypes does for its types.
    np.sctypeDict[name] = record  # type: ignore[assignment,unused-ignore]
    return DType(name, record, True, 4)


float8_e5m2_x4 = _packed("float8_e5m2_x4", np.uint32)
float8_e4m3fn_x4 = _packed("float8_e4m3fn_x4", np.uint32)
float4_e2m1fn_x4 = _packed("float4_e2m1fn_x4", np.uint16)

ALL: dict[str, DType] = {
    str.__str__(found): found
    for found in (float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2, float8_e4m3fn,
                  float8_e8m0fnu, int8, int16, int32, uint8, uint16, uint32, bool_, float8_e5m2_x4,
                  float8_e4m3fn_x4, float4_e2m1fn_x4)
}

_SHORT = {
    "fp32": float32, "f32": float32, "bf16": bfloat16, "fp16": float16, "f16": float16,
    "tf32": tfloat32, "fp32r": tfloat32, "fp8_e4m3": float8_e4m3, "fp8_e5m2": float8_e5m2,
    "fp8e4": float8_e4m3, "fp8e5": float8_e5m2, "fp8_e4m3fn": float8_e4m3fn, "bool_": bool_,
    "half": float16, "int": int32, "float": float32,
}

_known: dict[Any, DType] = {}


#: Element types that NKI names and the core does not have.
WIDE = ("int64", "uint64")


def as_dtype(value: Any) -> DType:
    """The element type that `value` names: a name, NumPy, ml_dtypes, torch, jax or Python type."""
    if type(value) is DType:
        return value
    try:
        return _known[value]
    except (KeyError, TypeError):
        pass
    found = _find(value)
    try:
        _known[value] = found
    except TypeError:
        pass
    return found


def _find(value: Any) -> DType:
    name: str | None = None
    if isinstance(value, str):
        name = str(value)
    elif value is float:
        return float32
    elif value is int:
        return int32
    elif value is bool:
        return bool_
    elif type(value).__module__.split(".")[0] == "torch":
        name = str(value)
    elif isinstance(value, np.dtype) or isinstance(value, type):
        try:
            found = np.dtype(value)
            name = found.names[0] if found.names is not None and len(found.names) == 1 else found.name
        except TypeError:
            name = None
    elif hasattr(value, "dtype"):
        return as_dtype(value.dtype)
    if name is not None:
        name = name.rsplit(".", 1)[-1]
        if name in ALL:
            return ALL[name]
        if name in _SHORT:
            return _SHORT[name]
        if name in WIDE:
            raise TypeError(f"{name} is not simulated: NKI has 64-bit integers in scalars and in transfers alone\n  help: int32, where numbers fit")
    raise TypeError(f"{value!r} is not an element type of NKI")
