"""The operations of the engines in NumPy."""

import numpy as np

from .base import *

def nan_max(a, b):
    return np.where(np.isnan(a) | np.isnan(b), F32(np.nan), np.where(a > b, a, b)).astype(F32)


def nan_min(a, b):
    return np.where(np.isnan(a) | np.isnan(b), F32(np.nan), np.where(a < b, a, b)).astype(F32)


OPS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "maximum": nan_max, "minimum": nan_min,
    "abs_max": lambda a, b: nan_max(np.abs(a), np.abs(b)),
    "abs_min": lambda a, b: nan_min(np.abs(a), np.abs(b)),
    "power": lambda a, b: np.power(a.astype(np.float64), b.astype(np.float64)).astype(F32),
    "equal": np.equal, "not_equal": np.not_equal, "greater": np.greater,
    "greater_equal": np.greater_equal, "less": np.less, "less_equal": np.less_equal,
    "logical_and": lambda a, b: (a != 0) & (b != 0), "logical_or": lambda a, b: (a != 0) | (b != 0),
    "logical_xor": lambda a, b: (a != 0) != (b != 0),
    "abs": lambda a, b: np.abs(a), "rsqrt": lambda a, b: (1 / np.sqrt(a.astype(np.float64))),
    "logical_not": lambda a, b: a == 0,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "invert": lambda a, b: ~a, "left_shift": np.left_shift, "right_shift": np.right_shift,
}
BITWISE = ["bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"]
ARITHMETIC = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "abs_max", "abs_min",
              "equal", "not_equal", "greater", "greater_equal", "less", "less_equal",
              "logical_and", "logical_or", "logical_xor"]


def apply(op, a, b, reverse=False):
    a, b = (b, a) if reverse else (a, b)
    a, b = np.broadcast_arrays(a, b)
    result = OPS[op](a, b)
    return result if op in BITWISE + ["invert"] else result.astype(F32)


def scalar(value):
    """A number or a [P, 1] tile as an array that broadcasts along rows."""
    return value.values() if isinstance(value, Tile) else F32(value)


def reduce_rows(values, op):
    """From the first element on, in float32."""
    result = values[..., 0]
    for i in range(1, values.shape[-1]):
        result = apply(op, result, values[..., i])
    return result
