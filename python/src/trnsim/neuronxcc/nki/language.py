"""`neuronxcc.nki.language`: as `nki.language`, with masks, index grids and block dimensions."""

from __future__ import annotations

from types import FunctionType as _FunctionType
from typing import Any

import ml_dtypes as _ml_dtypes
import numpy as np

from ...errors import UnsupportedError as _UnsupportedError
from ...first_generation.masks import masked as _masked
from ...first_generation.operations import (require_bias as _require_bias, require_hbm as _require_hbm,
                                            require_matrix as _require_matrix, require_no_indices as _require_no_indices,
                                            require_other_engine as _require_other_engine)
from ...first_generation.rules import rules as _rules
from ...isa import compute as _isa
from ...isa.dma import dma_copy as _dma_copy
from ...isa.dma import load as _load
from ...isa.dma import spill as _spill
from ...isa.operators import ACTIVATIONS as _ACTIVATIONS
from ...isa.operators import op_name as _op_name
from ...language import assign as _assign
from ...language import functions as _lowering
from ...nki import language as _modern
from ...nki.language import *  # noqa: F403
from ...nki.language import Operator as _Operator
from ...nki.language import _operators as _all
from ...nki.language._pages import documented as _documented
from ...places import user_place as _user_place
from ...record.context import trace as _trace
from ...record.origins import mark as _mark
from ...record.recorder import blocks_at_once as _blocks_at_once
from ...tensor.blocks import BlockTensor as _BlockTensor
from ...tensor.dtypes import as_dtype as _as_dtype
from ...tensor.grids import Grid as _Grid
from ...tensor.spaces import MemoryRegion as _MemoryRegion
from ...tensor.view import NkiTensor as _NkiTensor
from .isa import nc_matmul as _nc_matmul


def arange(*args: int) -> Any:
    """An index grid."""
    return _modern.arange(*args).view(_Grid)


def _with_mask(name: str, function: Any) -> _Operator:
    uses_bias = name in _ACTIVATIONS

    def call(*args: Any, mask: Any = None, **kwargs: Any) -> Any:
        for position, value in enumerate(args):
            if isinstance(value, _BlockTensor):
                raise _blocks_at_once(value, f"nl.{name} argument {position}")
        if uses_bias:
            _require_bias(f"nl.{name}")
        tile = next((a for a in args if isinstance(a, _NkiTensor)), None)
        return _masked(mask, lambda: function(*args, **kwargs),
                       lambda: _lowering.new_tile(tile.shape, tile.dtype) if tile is not None else None)

    return _MaskedOperator(name, call, function)


class _MaskedOperator(_Operator):
    """An operation whose call takes `mask=`."""

    def __init__(self, name: str, call: Any, unmasked: Any) -> None:
        super().__init__(name, call)
        self.unmasked = unmasked


for _name, _found in [*_all.items(), *((_name, getattr(_modern, _name)) for _name in ("sum", "max", "min", "prod", "mean"))]:
    globals()[_name] = _with_mask(_found.trnsim_op, _found._call)
    globals()[_name].__doc__ = _documented(_name, _found._call, is_operation=True, masked=True)
del _name, _found


def load(src: Any, *, mask: Any = None, dtype: Any = None) -> Any:
    """A tile in sbuf with the contents of an HBM tensor; a mask leaves the rest undefined."""
    _require_hbm(src, "nl.load src", "a tile is there already: copy it with nl.copy")
    kind = src.dtype if dtype is None else dtype
    shape = src.shape if src.ndim > 1 else ((src.shape[0], 1) if src.ndim else (1, 1))
    result = _lowering.new_tile(shape, _as_dtype(kind))
    _rules.annotated(result)

    def write(to: Any) -> None:
        _dma_copy(to, src if src.ndim > 1 else src.reshape(shape))

    def call() -> Any:
        write(result)
        return _mark(result, write)

    return _masked(mask, call, lambda: result)


def store(dst: Any, value: Any, *, mask: Any = None) -> None:
    """Writes a tile to HBM."""
    _require_hbm(dst, "nl.store dst", "assign to a tile on chip: dst[...] = value")
    _rules.stored(dst)
    if mask is None:
        _rules.assigned(dst, None)

    def call() -> None:
        found = value
        if not isinstance(found, _NkiTensor):
            found = _lowering.new_tile(dst.shape if dst.ndim > 1 else (1, dst.size), dst.dtype)
            _lowering.fill(found, value)
        elif found.storage.region is _MemoryRegion.psum:
            found = _spill(found)
        _dma_copy(dst, found)

    _masked(mask, call)


def copy(src: Any, *, mask: Any = None, dtype: Any = None, **_ignored: Any) -> Any:
    """A tile with the same values."""
    return _masked(mask, lambda: _lowering.copy(src, dtype),
                   lambda: _lowering.new_tile(src.shape, _as_dtype(dtype or src.dtype)))


copy.trnsim_op = "copy"  # type: ignore[attr-defined]


def matmul(x: Any, y: Any, *, transpose_x: bool = False, mask: Any = None) -> Any:
    """x @ y; the result is in psum."""
    if not transpose_x:
        _require_other_engine("nl.matmul without transpose_x", "transpose by nisa.nc_matmul with an identity of the kernel's "
                              "own, and give transpose_x=True")
    if mask is None:
        return _lowering.matmul(x, y, transpose_x)
    weights = x if transpose_x else _lowering.copy(_lowering.transpose(_lowering.in_sbuf(x)))
    return _nc_matmul(weights, y, mask=mask)


def load_transpose2d(src: Any, *, mask: Any = None, dtype: Any = None) -> Any:
    """An HBM matrix, transposed."""
    _require_no_indices(src, "nl.load_transpose2d")
    return _masked(mask, lambda: _lowering.load_transpose2d(src, dtype))


def where(condition: Any, x: Any, y: Any, *, dtype: Any = None, mask: Any = None) -> Any:
    return _masked(mask, lambda: _lowering.where(condition, x, y, dtype))


def rms_norm(x: Any, w: Any, axis: Any, n: int, epsilon: float = 1e-6, *, dtype: Any = None, mask: Any = None,
             **_ignored: Any) -> Any:
    return _masked(mask, lambda: _lowering.rms_norm(x, w, axis, n, epsilon, dtype))


def var(x: Any, axis: Any, *, dtype: Any = None, mask: Any = None, **_ignored: Any) -> Any:
    return _masked(mask, lambda: _lowering.variance(x, axis, dtype))


def zeros(shape: Any, dtype: Any, buffer: Any = None, name: str = "", **_ignored: Any) -> Any:
    return _modern.full(shape, 0, dtype, buffer, name)


def ones(shape: Any, dtype: Any, buffer: Any = None, name: str = "", **_ignored: Any) -> Any:
    return _modern.full(shape, 1, dtype, buffer, name)


def full(shape: Any, fill_value: Any, dtype: Any, buffer: Any = None, name: str = "", **_ignored: Any) -> Any:
    return _modern.full(shape, fill_value, dtype, buffer, name)


def all(x: Any, axis: Any, dtype: Any = None, *, mask: Any = None, **_ignored: Any) -> Any:
    return _masked(mask, lambda: _lowering.all_of(x, axis, dtype))


def softmax(x: Any, axis: Any = -1, dtype: Any = None, *, mask: Any = None, **_ignored: Any) -> Any:
    return _masked(mask, lambda: _lowering.softmax(x, axis, dtype))


def broadcast_to(x: Any, shape: Any, dtype: Any = None, *, mask: Any = None, **_ignored: Any) -> Any:
    return _masked(mask, lambda: _modern.broadcast_to(x, shape, dtype))


def dropout(x: Any, rate: Any, dtype: Any = None, *, mask: Any = None) -> Any:
    return _masked(mask, lambda: _lowering.dropout(x, rate, dtype))


def rand(shape: Any, dtype: Any = _modern.float32, buffer: Any = None, name: str = "", **_ignored: Any) -> Any:
    return _lowering.rand(shape, dtype, buffer)


def transpose(x: Any, *, dtype: Any = None, mask: Any = None) -> Any:
    _require_matrix(x, "nl.transpose")
    return _masked(mask, lambda: _lowering.transpose(x, dtype))


_IDENTITY = {"add": 0.0, "maximum": -3.4028234663852886e+38, "minimum": 3.4028234663852886e+38, "multiply": 1.0}


def loop_reduce(x: Any, op: Any, loop_indices: Any, *, dtype: Any = None, mask: Any = None, **_ignored: Any) -> Any:
    """The reduction over the passes of loops; complete when the loops are.

    `t[…] = nl.loop_reduce(…)` reduces into `t`, so that each of its tiles has a sum of its own. Where the result is
    kept in a variable there is one sum for the line.
    """
    name = _op_name(op)
    current = _trace()
    indices = tuple(int(i) for i in (loop_indices if isinstance(loop_indices, (list, tuple)) else [loop_indices]))
    key = ("loop_reduce", _user_place(2))
    begins = not any(indices)
    before = None if begins else current.constants.get(key)
    result = _lowering.new_tile(x.shape, _as_dtype(dtype or x.dtype))
    current.passes.hold(result.storage)  # the sum of all passes

    def begin(to: Any) -> None:
        if mask is None:
            _isa.tensor_copy(to, x)
            return
        _isa.memset(to, _IDENTITY[name])
        _masked(mask, lambda: _isa.tensor_copy(to, x))

    def into(to: Any) -> None:
        current.constants[key] = None  # the sums are where they are assigned to
        if begins:
            begin(to)
        else:
            _masked(mask, lambda: _assign.update(to, name, x))

    if before is None:
        begin(result)
    else:
        _isa.tensor_copy(result, before)
        _masked(mask, lambda: _assign.update(result, name, x))
    current.constants[key] = result
    return _mark(result, into)


def all_reduce(x: Any, op: Any, program_axes: Any, **_ignored: Any) -> Any:
    raise _UnsupportedError("nl.all_reduce over programs is not simulated",
                           remedy="reduce in HBM after the programs")


def finfo(dtype: Any) -> Any:
    """The limits of a float type, as NumPy's."""
    return _ml_dtypes.finfo(_as_dtype(dtype).numpy)  # type: ignore[no-untyped-call,unused-ignore]


def ndarray_like(x: Any, **kwargs: Any) -> Any:
    return _modern.empty_like(x, **kwargs)


#: What the second generation alone has.
_SECOND = ("NkiBlockGrid", "NkiGrid", "NkiTileGrid", "alloc_blocks", "alloc_tiles", "blocks", "int64", "tiles", "uint64")
for _name in _SECOND:
    del globals()[_name]
__all__ = [name for name in globals() if not name.startswith("_") and name not in ("annotations", "Any", "np")]

for _name in __all__:
    _found = globals()[_name]
    if isinstance(_found, _FunctionType) and _found.__module__ == __name__:
        _found.__doc__ = _documented(_name, _found)
del _name, _found
