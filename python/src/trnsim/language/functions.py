"""nki.language functions as instructions, in the way the documentation describes them.

Two full tiles give tensor_tensor, a number or a [P, 1] tile gives tensor_scalar, functions of the
Scalar engine give activation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import KernelTypeError
from ..isa import compute as isa
from ..isa.dma import dma_copy, dma_transpose
from ..isa.operators import ACTIVATIONS, COMMUTATIVE, UNARY, op_name
from ..isa.reduce import free_axes
from ..isa.table import table as _table
from ..places import current_place, fail
from ..record.allocate import allocate, ndarray
from ..record.context import trace
from ..record.operand import pieces
from ..record.origins import mark
from ..record.recorder import NkiInstruction, describe_value
from ..tensor import recording
from ..tensor.broadcasting import common_shape, is_scalar_tile, repeated
from ..tensor.dtypes import DType, as_dtype, bfloat16, float32, int32, uint8
from ..tensor.spaces import MemoryRegion, PlacedRegion, as_region
from ..tensor.view import NkiTensor

SBUF, PSUM = MemoryRegion.sbuf, MemoryRegion.psum


def new_tile(shape: Sequence[int], dtype: DType, buffer: MemoryRegion = SBUF) -> NkiTensor:
    return allocate(buffer, dtype, tuple(shape))


def _kind(dtype: Any, default: DType) -> DType:
    return default if dtype is None else as_dtype(dtype)


def promoted(a: DType, b: DType) -> DType:
    """The type of a result of two types: the wider float, else the wider integer."""
    if a is b:
        return a
    if a.is_float != b.is_float:
        return a if a.is_float else b
    if a.itemsize != b.itemsize:
        return a if a.itemsize > b.itemsize else b
    return float32 if a.is_float else a


def _default_kind(name: str, kind: DType) -> DType:
    """The type of a result whose operands are of type `kind`; a quotient of integers is no integer."""
    return float32 if name == "divide" and not kind.is_float else kind


def copy(x: NkiTensor, dtype: Any = None, engine: Any = None) -> NkiTensor:
    """A tile with the same values."""
    _require_tile(x, "copy")
    result = new_tile(x.shape, _kind(dtype, x.dtype))

    def write(to: NkiTensor) -> None:
        for part, source in pieces(to, x):
            isa.tensor_copy(part, source, engine=engine)

    write(result)
    return mark(result, write)


def _require_tile(x: Any, op: str) -> None:
    if not isinstance(x, NkiTensor):
        raise fail(f"nl.{op} of {type(x).__name__}", "pass a tile")
    if not x.on_chip:
        raise fail(f"nl.{op} of a tensor in {x.storage.region.value}", "nl.load it first", "unsupported_memory")


def binary(op: Any, x: Any, y: Any, dtype: Any = None) -> Any:
    """An operation of two tiles, or of a tile and a number."""
    name = op_name(op)
    if not isinstance(x, NkiTensor) and not isinstance(y, NkiTensor):
        return _python(name, x, y)
    if not isinstance(x, NkiTensor):
        return _with_scalar(name, y, x, True, dtype)
    if not isinstance(y, NkiTensor):
        return _with_scalar(name, x, y, False, dtype)
    _require_tile(x, name)
    _require_tile(y, name)
    kind = _kind(dtype, _default_kind(name, promoted(x.dtype, y.dtype)))
    # A tile of one dimension has one element in each partition, and partitions come first.
    if x.ndim == 1 and y.ndim > 1:
        x = x.expand_dim(1)
    elif y.ndim == 1 and x.ndim > 1:
        y = y.expand_dim(1)
    shape = common_shape(x.shape, y.shape)
    rows = shape[0]
    if is_scalar_tile(y, rows) and x.shape == shape and x.size != rows and y.dtype is float32:
        return _with_scalar(name, x, y, False, dtype or kind)
    if is_scalar_tile(x, rows) and y.shape == shape and y.size != rows and x.dtype is float32:
        return _with_scalar(name, y, x, True, dtype or kind)
    left, right = broadcast_to(x, shape), broadcast_to(y, shape)
    if left.storage.region is PSUM and right.storage.region is PSUM:
        right = broadcast_to(copy(y), shape)
    result = new_tile(shape, kind)

    def write(to: NkiTensor) -> None:
        for part, a, b in pieces(to, left, right):
            isa.tensor_tensor(part, a, b, name)

    write(result)
    return mark(result, write)


_PYTHON: dict[str, Any] = {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
           "divide": lambda a, b: a / b, "maximum": max, "minimum": min, "power": lambda a, b: a ** b,
           "equal": lambda a, b: a == b, "less": lambda a, b: a < b, "greater": lambda a, b: a > b,
           "less_equal": lambda a, b: a <= b, "greater_equal": lambda a, b: a >= b,
           "not_equal": lambda a, b: a != b, "mod": lambda a, b: a % b, "fmod": math.fmod,
           "bitwise_and": lambda a, b: a & b, "bitwise_or": lambda a, b: a | b,
           "bitwise_xor": lambda a, b: a ^ b, "left_shift": lambda a, b: a << b,
           "right_shift": lambda a, b: a >> b, "logical_and": lambda a, b: a and b,
           "logical_or": lambda a, b: a or b}


def _python(name: str, x: Any, y: Any) -> Any:
    """Both are Python's: a number comes out, without an instruction."""
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        return getattr(np, name)(x, y)
    if name not in _PYTHON:
        raise fail(f"nl.{name} of two numbers")
    return _PYTHON[name](x, y)


def _with_scalar(name: str, x: NkiTensor, value: Any, reverse: bool, dtype: Any) -> NkiTensor:
    _require_tile(x, name)
    result = new_tile(x.shape, _kind(dtype, _default_kind(name, x.dtype)))
    if name in COMMUTATIVE:
        reverse = False
    engine = "gpsimd" if name == "power" and x.storage.region is SBUF else None

    def write(to: NkiTensor) -> None:
        for part, source in pieces(to, x):
            isa.tensor_scalar(part, source, name, value, reverse0=reverse, engine=engine)

    write(result)
    return mark(result, write)


def unary(op: Any, x: Any, dtype: Any = None) -> Any:
    """A function of a tile."""
    name = op_name(op)
    if not isinstance(x, NkiTensor):
        if isinstance(x, NkiInstruction):
            raise KernelTypeError(f"nl.{name} of {describe_value(x)}", remedy="go on with that tensor", place=current_place())
        return getattr(np, name)(x)
    _require_tile(x, name)
    result = new_tile(x.shape, _kind(dtype, x.dtype))
    if name == "reciprocal":
        def write(to: NkiTensor) -> None:
            isa.reciprocal(to, x)
    elif name == "copy":
        def write(to: NkiTensor) -> None:
            isa.tensor_copy(to, x)
    elif name == "negative":
        def write(to: NkiTensor) -> None:
            isa.tensor_scalar(to, x, "multiply", -1.0)
    elif name == "logical_not":
        def write(to: NkiTensor) -> None:
            # XOR with 1 (NKI documentation, logical_not).
            isa.tensor_scalar(to, x, "logical_xor", 1)
    elif name == "invert":
        def write(to: NkiTensor) -> None:
            isa.tensor_scalar(to, x, "bitwise_xor", -1 if x.dtype.name.startswith("int")
                              else (1 << 8 * x.dtype.itemsize) - 1)
    elif name in ACTIVATIONS:
        def write(to: NkiTensor) -> None:
            for part, source in pieces(to, x):
                isa.activation(part, name, source)
    elif name in UNARY:
        def write(to: NkiTensor) -> None:
            isa.tensor_scalar(to, x, name, None)
    elif name in _COMPOSITE:
        return _COMPOSITE[name](x, dtype)
    else:
        raise fail(f"there is no function nl.{name} of one tile")
    write(result)
    return mark(result, write)


def _cos(x: NkiTensor, dtype: Any) -> NkiTensor:
    """sin of (x + π/2) brought into -π…π, where the Scalar engine's sin holds (NKI documentation, sin)."""
    shifted = new_tile(x.shape, float32)
    isa.tensor_scalar(shifted, x, "add", math.pi / 2)
    return unary("sin", _wrapped(shifted), dtype or x.dtype)  # type: ignore[no-any-return]


def _wrapped(x: NkiTensor) -> NkiTensor:
    """x - 2π × round(x / 2π)."""
    turns = new_tile(x.shape, int32)
    isa.tensor_scalar(turns, x, "multiply", 1 / (2 * math.pi))
    result = new_tile(x.shape, float32)
    isa.scalar_tensor_tensor(result, turns, "multiply", -2 * math.pi, "add", x)
    return result


def _tan(x: NkiTensor, dtype: Any) -> NkiTensor:
    return binary("divide", unary("sin", _wrapped(x), float32), _cos(x, float32), dtype or x.dtype)  # type: ignore[no-any-return]


def _rounded(x: NkiTensor) -> NkiTensor:
    """To the nearest integer: conversion to int32 rounds to nearest even and saturates (NKI 0.6)."""
    whole = new_tile(x.shape, int32)
    isa.tensor_copy(whole, x)
    back = new_tile(x.shape, float32)
    isa.tensor_copy(back, whole)
    return back


def _floor(x: NkiTensor, dtype: Any) -> NkiTensor:
    near = _rounded(x)
    above = binary("greater", near, x, float32)
    return binary("subtract", near, above, dtype or x.dtype)  # type: ignore[no-any-return]


def _ceil(x: NkiTensor, dtype: Any) -> NkiTensor:
    near = _rounded(x)
    below = binary("less", near, x, float32)
    return binary("add", near, below, dtype or x.dtype)  # type: ignore[no-any-return]


def _trunc(x: NkiTensor, dtype: Any) -> NkiTensor:
    size = _floor(unary("abs", x, float32), float32)
    return binary("multiply", size, unary("sign", x, float32), dtype or x.dtype)  # type: ignore[no-any-return]


_COMPOSITE = {"cos": _cos, "tan": _tan, "floor": _floor, "ceil": _ceil, "trunc": _trunc}


def modulo(x: Any, y: Any, dtype: Any = None, truncated: bool = False) -> Any:
    """x - y × floor(x / y); truncated towards zero for fmod."""
    if not isinstance(x, NkiTensor) and not isinstance(y, NkiTensor):
        return _python("fmod" if truncated else "mod", x, y)
    kind = x.dtype if isinstance(x, NkiTensor) else y.dtype
    ratio = binary("divide", x, y, float32)
    whole = _trunc(ratio, float32) if truncated else _floor(ratio, float32)
    return binary("subtract", x, binary("multiply", whole, y, float32), dtype or kind)


# Reductions


def reduction(op: str, x: NkiTensor, axis: Any, dtype: Any = None, keepdims: bool = False,
              negate: bool = False) -> NkiTensor:
    """A reduction over free dimensions."""
    _require_tile(x, op)
    axes = free_axes(x, axis, f"nl.{op}")
    kept = [x.shape[d] for d in range(1, x.ndim) if d not in axes]
    if keepdims:
        shape = tuple(1 if d in axes else extent for d, extent in enumerate(x.shape))
    else:
        shape = (x.shape[0], *kept) if kept else (x.shape[0], 1)
    result = new_tile(shape, _kind(dtype, x.dtype))

    def write(to: NkiTensor) -> None:
        isa.tensor_reduce(to, op, x, axes, negate=negate)

    write(result)
    return mark(result, write)


def mean(x: NkiTensor, axis: Any, dtype: Any = None, keepdims: bool = False) -> NkiTensor:
    count = 1
    for d in free_axes(x, axis, "nl.mean"):
        count *= x.shape[d]
    total = reduction("add", x, axis, float32, keepdims)
    return binary("multiply", total, 1.0 / count, dtype or x.dtype)  # type: ignore[no-any-return]


def variance(x: NkiTensor, axis: Any, dtype: Any = None, keepdims: bool = False) -> NkiTensor:
    """The mean square less the squared mean would cancel; the squared distance from the mean does not."""
    axes = free_axes(x, axis, "nl.var")
    center = mean(x, axes, float32, keepdims=True)
    apart = binary("subtract", x, broadcast_to(center, x.shape), float32)
    return mean(unary("square", apart, float32), axes, dtype or x.dtype, keepdims)


def all_of(x: NkiTensor, axis: Any, dtype: Any = None) -> NkiTensor:
    truth = binary("not_equal", x, 0.0, float32)
    return reduction("minimum", truth, axis, dtype or x.dtype)


def softmax(x: NkiTensor, axis: Any = -1, dtype: Any = None) -> NkiTensor:
    axes = free_axes(x, axis, "nl.softmax")
    if axes != tuple(range(1, x.ndim)):
        largest = reduction("maximum", x, axes, float32, keepdims=True)
        power = unary("exp", binary("subtract", x, broadcast_to(largest, x.shape), float32), float32)
        total = reduction("add", power, axes, float32, keepdims=True)
        return binary("divide", power, broadcast_to(total, x.shape), dtype or x.dtype)  # type: ignore[no-any-return]
    rows = x.shape[0]
    negative_max = new_tile((rows, 1), float32)
    isa.tensor_reduce(negative_max, "maximum", x, axes, negate=True)
    power = new_tile(x.shape, float32)
    total = new_tile((rows, 1), float32)
    isa.activation_reduce(power, "exp", x, "add", total, bias=negative_max)
    inverse = new_tile((rows, 1), float32)
    isa.reciprocal(inverse, total)
    result = new_tile(x.shape, _kind(dtype, x.dtype))

    def write(to: NkiTensor) -> None:
        isa.tensor_scalar(to, power, "multiply", inverse)

    write(result)
    return mark(result, write)


def rms_norm(x: NkiTensor, w: NkiTensor, axis: Any, n: int, epsilon: float = 1e-6, dtype: Any = None,
             compute_dtype: Any = None) -> NkiTensor:
    rows = x.shape[0]
    square = new_tile(x.shape, float32)
    total = new_tile((rows, 1), float32)
    isa.activation_reduce(square, "square", x, "add", total)
    mean_square = new_tile((rows, 1), float32)
    isa.tensor_scalar(mean_square, total, "multiply", 1.0 / n, op1="add", operand1=float(epsilon))
    factor = new_tile((rows, 1), float32)
    isa.activation(factor, "rsqrt", mean_square)
    scaled = new_tile(x.shape, float32)
    isa.tensor_scalar(scaled, x, "multiply", factor)
    return binary("multiply", scaled, broadcast_to(w, x.shape), dtype or x.dtype)  # type: ignore[no-any-return]


# Movement


def where(condition: NkiTensor, x: Any, y: Any, dtype: Any = None) -> NkiTensor:
    tiles = [v for v in (condition, x, y) if isinstance(v, NkiTensor)]
    shape = tiles[0].shape
    for other in tiles[1:]:
        shape = common_shape(shape, other.shape)
    kinds = [v.dtype for v in (x, y) if isinstance(v, NkiTensor)]
    kind = _kind(dtype, kinds[0] if kinds else float32)
    if len(kinds) == 2 and dtype is None:
        kind = promoted(kinds[0], kinds[1])
    result = new_tile(shape, kind)
    if isinstance(y, NkiTensor):
        isa.tensor_copy(result, broadcast_to(y, shape))
    else:
        isa.memset(result, y)
    if isinstance(x, NkiTensor) and x.dtype is kind:
        chosen = broadcast_to(x, shape)
    else:
        chosen = new_tile(shape, kind)
        if isinstance(x, NkiTensor):
            isa.tensor_copy(chosen, broadcast_to(x, shape))
        else:
            isa.memset(chosen, x)
    flags = condition
    if condition.dtype not in ("uint8", "uint16", "uint32"):
        flags = new_tile(condition.shape, uint8)
        isa.tensor_scalar(flags, condition, "not_equal", 0.0)
    _table["tensor_copy_predicated"](result, chosen, broadcast_to(flags, shape))
    return result


def transpose(x: NkiTensor, dtype: Any = None) -> NkiTensor:
    _require_tile(x, "transpose")
    free = x.size // x.shape[0]
    source = x if x.storage.region is SBUF else copy(x)
    result = new_tile((free, x.shape[0]), _kind(dtype, x.dtype), PSUM)

    def write(to: NkiTensor) -> None:
        isa.nc_transpose(to, source)

    write(result)
    return mark(result, write)


def in_sbuf(x: NkiTensor) -> NkiTensor:
    return x if x.storage.region is SBUF else copy(x)


def matmul(x: NkiTensor, y: NkiTensor, transpose_x: bool = False) -> NkiTensor:
    """x @ y; the result is in psum."""
    _require_tile(x, "matmul")
    _require_tile(y, "matmul")
    weights = in_sbuf(x) if transpose_x else copy(transpose(in_sbuf(x)))
    moving = in_sbuf(y)
    m = weights.size // weights.shape[0]
    result = new_tile((m, moving.size // moving.shape[0]), float32, PSUM)

    def write(to: NkiTensor, accumulate: Any = None) -> None:
        isa.nc_matmul(to, weights, moving, accumulate=accumulate)

    write(result)
    return mark(result, write)


def broadcast_partitions(x: NkiTensor, rows: int) -> NkiTensor:
    """One partition on many: a product with a column of ones (trn1 architecture guide)."""
    if x.shape[0] != 1:
        raise fail(f"{x.shape[0]} partitions cannot be broadcast to {rows}")
    row = in_sbuf(x)
    columns = x.size
    exact = row.dtype in (float32, bfloat16) or row.dtype.name in ("float16", "float8_e4m3", "float8_e5m2")
    if not exact:
        row = copy(row, float32)
    ones = new_tile((1, rows), row.dtype)
    isa.memset(ones, 1.0)
    result = new_tile((rows, *x.shape[1:]), x.dtype)
    flat_row, flat_result = row.reshape((1, columns)), result.reshape((rows, columns))
    width = trace().machine.bank_elements
    for start in range(0, columns, width):
        stop = min(start + width, columns)
        wide = new_tile((rows, stop - start), float32, PSUM)
        isa.nc_matmul(wide, ones, flat_row[:, start:stop], accumulate=False)
        isa.tensor_copy(flat_result[:, start:stop], wide)
    return result


def broadcast_to(view: NkiTensor, shape: Sequence[int]) -> NkiTensor:
    """Dimensions of one element repeated to `shape`; partitions are repeated by instructions."""
    wanted = tuple(shape)
    if view.shape == wanted:
        return view
    if view.on_chip and view.shape[:1] != wanted[:1]:
        repeated(view, wanted)  # refuses what does not fit before there is an instruction
        view = broadcast_partitions(view, wanted[0])
    return repeated(view, wanted)


def load_transpose2d(src: NkiTensor, dtype: Any = None) -> NkiTensor:
    kind = _kind(dtype, src.dtype)
    rows, columns = src.shape
    # float32 goes through the PE array: a build's MATMULs are those of its products and of such transposes.
    if src.dtype.itemsize in (2, 4) and kind is src.dtype and src.dtype is not float32:
        result = new_tile((columns, rows), kind)
        dma_transpose(result, src)
        return result
    limit = trace().machine.partitions
    if rows <= limit:
        return copy(transpose(_loaded(src)), kind)
    result = new_tile((columns, rows), kind)
    for start in range(0, rows, limit):
        stop = min(start + limit, rows)
        isa.tensor_copy(result[:, start:stop], transpose(_loaded(src[start:stop, :])))
    return result


def _loaded(src: NkiTensor) -> NkiTensor:
    """A tile of what a tensor in HBM holds."""
    tile = new_tile(src.shape, src.dtype)
    dma_copy(tile, src)
    return tile


def gather_flattened(data: NkiTensor, indices: NkiTensor, axis: int = 0, dtype: Any = None) -> NkiTensor:
    result = new_tile(indices.shape, _kind(dtype, data.dtype))
    _table["nc_n_gather"](result, data, indices)
    return result


def dropout(x: NkiTensor, rate: Any, dtype: Any = None) -> NkiTensor:
    result = new_tile(x.shape, _kind(dtype, x.dtype))
    _table["dropout"](result, x, rate)
    return result


def rand(shape: Sequence[int], dtype: Any, buffer: Any = None) -> NkiTensor:
    """Uniform numbers of [0, 1): 24 random bits each, which float32 holds exactly.

    On trn3 by rand2 (NKI release notes, 0.3), before by rng.
    """
    if trace().generation >= 4:
        result = new_tile(shape, as_dtype(dtype))
        _table["rand2"](result, 0.0, 1.0)
        return result
    bits = new_tile(shape, as_dtype("uint32"))
    _table["rng"](bits)
    top = new_tile(shape, as_dtype("uint32"))
    isa.tensor_scalar(top, bits, "right_shift", 8)
    result = new_tile(shape, as_dtype(dtype))
    isa.tensor_scalar(result, top, "multiply", 2.0 ** -24)
    return result


def full(shape: Sequence[int], value: Any, dtype: Any, buffer: Any = None, name: str = "") -> Any:
    """A tensor of one value; on chip the value is stored when it is first needed."""
    if trace().beta:
        recording.rules.filled(as_region(buffer), isinstance(buffer, PlacedRegion))
    result = ndarray(shape, dtype, buffer, name)
    if isinstance(result, NkiTensor):
        if result.storage.region is PSUM:
            result.storage.lazy = value
        else:
            fill(result, value)
        return result
    make = result.make

    def filled(index: tuple[int, ...]) -> NkiTensor:
        tile: NkiTensor = make(index)
        tile.storage.lazy = value
        return tile

    result.make = filled
    return result


def fill(result: NkiTensor, value: Any) -> None:
    if not result.on_chip:
        rows = result.shape[0] if result.ndim > 1 else 1
        flat = result.reshape((rows, -1))
        partitions = trace().machine.partitions
        for start in range(0, rows, partitions):
            part = flat[start:min(start + partitions, rows)]
            source = new_tile(part.shape, result.dtype)
            isa.memset(source, value)
            dma_copy(part, source)
        return
    isa.memset(result, value)
