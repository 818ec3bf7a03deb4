"""What engines compute, in NumPy and ml_dtypes: element types, roundings, functions."""

from __future__ import annotations

import ml_dtypes
import numpy as np

FLOATS = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16,
          "float8_e4m3": ml_dtypes.float8_e4m3, "float8_e5m2": ml_dtypes.float8_e5m2}
INTEGERS = {"int32": np.int32, "int16": np.int16, "int8": np.int8, "uint8": np.uint8, "uint32": np.uint32}
TYPES = FLOATS | INTEGERS
ARITHMETIC = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
              "greater": np.greater, "less_equal": np.less_equal, "equal": np.equal, "not_equal": np.not_equal}
FUNCTIONS = {"copy": lambda x: x, "relu": lambda x: np.maximum(x, np.float32(0)), "square": lambda x: x * x, "abs": np.abs}


def stored(values: np.ndarray, kind: str) -> np.ndarray:
    """float32 values as elements of a type: to nearest even, 8-bit floats and integers saturate, NaN becomes 0 in integers."""
    values = np.asarray(values, dtype=np.float32)
    if kind in INTEGERS:
        info = np.iinfo(INTEGERS[kind])
        wide = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=info.max, neginf=info.min)
        return np.clip(np.rint(wide), info.min, info.max).astype(INTEGERS[kind])
    if kind.startswith("float8"):
        top = np.float32(ml_dtypes.finfo(FLOATS[kind]).max)
        values = np.where(np.isfinite(values), np.clip(values, -top, top), values)
    with np.errstate(over="ignore"):
        return values.astype(FLOATS[kind])


def wide(values: np.ndarray) -> np.ndarray:
    return np.asarray(values).astype(np.float32)


def applied(op: str, a: np.ndarray, b: np.ndarray, reverse: bool) -> np.ndarray:
    found = ARITHMETIC[op](b, a) if reverse else ARITHMETIC[op](a, b)
    return found.astype(np.float32)
