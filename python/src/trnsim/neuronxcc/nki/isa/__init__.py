"""`neuronxcc.nki.isa`: instructions that return their result as a tile.

`t[…] = nisa.op(…)` writes into `t` directly: an assignment right behind an operation becomes its destination.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....first_generation.masks import Box, box_of, masked
from ....first_generation.operations import require_bias, require_factors, require_other_engine, require_same_partitions
from ....first_generation.rules import rules
from ....isa import compute as core
from ....isa.dma import dma_copy as _dma_copy
from ....isa.dma import dma_transpose as _dma_transpose
from ....isa.reduce import free_axes
from ....isa.table import table as _table
from ....language import functions as lowering
from ....nki.isa import get_nc_version, get_nc_sub_version
from ....nki.isa._pages import documented_first as _documented
from ....places import fail
from ....record.allocate import allocate
from ....record.context import trace
from ....record.origins import mark
from ....tensor.dtypes import DType, as_dtype, float32, uint32
from ....tensor.grids import linear
from ....tensor.spaces import MemoryRegion
from ....tensor.view import NkiTensor
from . import constants
from .constants import (dge_mode, dma_engine, engine, gpsimd_engine, matmul_perf_mode, nc_version, oob_mode,
                        reduce_cmd, scalar_engine, sync_engine, tensor_engine, unknown_engine, vector_engine)

SBUF, PSUM = MemoryRegion.sbuf, MemoryRegion.psum


def _result(shape: Sequence[int], dtype: DType, write: Callable[..., Any], mask: Any = None,
            buffer: MemoryRegion = SBUF) -> NkiTensor:
    """A fresh tile that `write` fills, on what the mask leaves."""
    result = allocate(buffer, dtype, tuple(shape))

    def call() -> NkiTensor:
        write(result)
        return mark(result, write)

    return masked(mask, call, lambda: result)  # type: ignore[no-any-return]


def _kind(dtype: Any, default: DType) -> DType:
    return default if dtype is None else as_dtype(dtype)


def nc_matmul(stationary: Any, moving: Any, *, is_stationary_onezero: bool = False, is_moving_onezero: bool = False,
              is_transpose: bool = False, tile_position: Any = (), tile_size: Any = (), perf_mode: Any = None,
              mask: Any = None, name: Any = None) -> NkiTensor:
    stationary, moving = lowering.in_sbuf(stationary), lowering.in_sbuf(moving)
    double = (getattr(perf_mode, "name", perf_mode) or "none").startswith("double_row")
    parts = 2 if double else 1
    m = stationary.size // stationary.shape[0] // parts
    n = moving.size // moving.shape[0] // parts
    shape = (m, *moving.shape[1:]) if not double and moving.ndim > 2 else (m, n)
    # A mask leaves part of the contraction, of the rows or of the columns.
    kind = stationary.dtype if is_transpose and not is_moving_onezero and stationary.dtype.itemsize == 2 else float32

    def product(to: NkiTensor, left: NkiTensor, right: NkiTensor, accumulate: Any) -> None:
        core.nc_matmul(to, left, right, is_stationary_onezero, is_moving_onezero, is_transpose, accumulate,
                       tile_position, tile_size, perf_mode)

    def write(to: NkiTensor, accumulate: Any = None) -> None:
        product(to, stationary, moving, accumulate)

    box = box_of(mask) if mask is not None else None
    if box is not None:
        return _masked_matmul(stationary, moving, shape, kind, product, box)
    return _result(shape, kind, write, None, PSUM)


def _masked_matmul(stationary: NkiTensor, moving: NkiTensor, shape: Any, kind: DType, product: Any, box: Box
                   ) -> NkiTensor:
    # The mask's shape is [rows of dst, columns of dst], or it names the contraction in three dimensions.
    result = allocate(PSUM, kind, tuple(shape))

    def clipped(to: NkiTensor, accumulate: Any = None) -> None:
        ranges = dict(enumerate(box.ranges))
        rows, columns = ranges.get(0, (0, shape[0])), ranges.get(1, (0, shape[1]))
        rows = rows if box.shape[0] == shape[0] else (0, shape[0])
        columns = columns if len(box.shape) > 1 and box.shape[1] == shape[1] else (0, shape[1])
        product(Box(tuple(shape), (rows, columns)).clip(to), stationary[:, rows[0]:rows[1]],
                moving[:, columns[0]:columns[1]], accumulate)

    clipped(result)
    return mark(result, clipped)


def nc_transpose(data: NkiTensor, *, mask: Any = None, dtype: Any = None, engine: Any = None,
                 name: Any = None) -> NkiTensor:
    chosen = getattr(engine, "name", engine)
    free = data.size // data.shape[0]
    small = free <= 32 and data.shape[0] <= 32
    vector = chosen == "vector" or (chosen in (None, "unknown") and small and data.storage.region is PSUM)
    buffer = SBUF if vector else PSUM
    if not vector:
        require_other_engine("nisa.nc_transpose on the Tensor engine", "give engine=nisa.vector_engine for 32 × 32 elements, or "
                             "an identity of the kernel's own to nisa.nc_matmul")

    def write(to: NkiTensor) -> None:
        source = data if vector or data.storage.region is SBUF else lowering.copy(data)
        if to.dtype is source.dtype or vector:
            core.nc_transpose(to, source)
            return
        # A transposition keeps the type; the destination's comes by a copy.
        turned = allocate(PSUM, source.dtype, (free, data.shape[0]))
        core.nc_transpose(turned, source)
        core.tensor_copy(to, turned)

    return _result((free, data.shape[0]), data.dtype, write, None, buffer)


def activation(op: Any, data: NkiTensor, *, bias: Any = None, scale: Any = 1.0, reduce_op: Any = None,
               reduce_res: Any = None, reduce_cmd: Any = None, mask: Any = None, dtype: Any = None,
               name: Any = None) -> NkiTensor:
    if bias is None:
        require_bias("nisa.activation")
    require_factors(bias, scale)
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: core.activation(
        to, op, data, bias, scale, reduce_op, reduce_res, reduce_cmd), mask)


def activation_reduce(op: Any, data: NkiTensor, *, reduce_op: Any, reduce_res: Any, bias: Any = None,
                      scale: Any = 1.0, mask: Any = None, dtype: Any = None, name: Any = None) -> NkiTensor:
    return activation(op, data, bias=bias, scale=scale, reduce_op=reduce_op, reduce_res=reduce_res,
                      reduce_cmd="reset_reduce", mask=mask, dtype=dtype)


def tensor_reduce(op: Any, data: NkiTensor, axis: Any, *, mask: Any = None, dtype: Any = None, negate: bool = False,
                  keepdims: bool = False, name: Any = None) -> NkiTensor:
    axes = free_axes(data, axis)
    kept = [data.shape[d] for d in range(1, data.ndim) if d not in axes]
    shape = tuple(1 if d in axes else extent for d, extent in enumerate(data.shape)) if keepdims \
        else (data.shape[0], *(kept or [1]))
    return _result(shape, _kind(dtype, data.dtype), lambda to: core.tensor_reduce(to, op, data, axes, negate), mask)


def tensor_partition_reduce(op: Any, data: NkiTensor, *, mask: Any = None, dtype: Any = None,
                            name: Any = None) -> NkiTensor:
    return _result((1, *data.shape[1:]), _kind(dtype, data.dtype),
                   lambda to: _table["tensor_partition_reduce"](to, op, data), mask)


def _wide(a: NkiTensor, b: NkiTensor) -> tuple[int, ...]:
    return a.shape if a.size >= b.size else b.shape


def tensor_tensor(data1: NkiTensor, data2: NkiTensor, op: Any, *, dtype: Any = None, mask: Any = None,
                  engine: Any = None, name: Any = None) -> NkiTensor:
    require_same_partitions(data1, data2, "nisa.tensor_tensor")
    shape = _wide(data1, data2)
    left, right = lowering.broadcast_to(data1, shape), lowering.broadcast_to(data2, shape)
    return _result(shape, _kind(dtype, lowering.promoted(data1.dtype, data2.dtype)),
                   lambda to: core.tensor_tensor(to, left, right, op, engine), mask)


def tensor_tensor_scan(data0: NkiTensor, data1: NkiTensor, initial: Any, op0: Any, op1: Any, reverse0: bool = False,
                       reverse1: bool = False, *, dtype: Any = None, mask: Any = None, name: Any = None) -> NkiTensor:
    return _result(data1.shape, _kind(dtype, data0.dtype), lambda to: _table["tensor_tensor_scan"](
        to, data0, data1, initial, op0, op1, reverse0, reverse1), mask)


def scalar_tensor_tensor(*, data: NkiTensor, op0: Any, operand0: Any, op1: Any, operand1: NkiTensor,
                         reverse0: bool = False, reverse1: bool = False, dtype: Any = None, mask: Any = None,
                         name: Any = None) -> NkiTensor:
    return _result(data.shape, _kind(dtype, lowering.promoted(data.dtype, operand1.dtype)),
                   lambda to: core.scalar_tensor_tensor(to, data, op0, operand0, op1, operand1, reverse0, reverse1),
                   mask)


def tensor_scalar(data: NkiTensor, op0: Any, operand0: Any, reverse0: bool = False, op1: Any = None,
                  operand1: Any = None, reverse1: bool = False, *, dtype: Any = None, mask: Any = None,
                  engine: Any = None, name: Any = None) -> NkiTensor:
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: core.tensor_scalar(
        to, data, op0, operand0, reverse0, op1, operand1, reverse1, engine), mask)


def tensor_scalar_reduce(*, data: NkiTensor, op0: Any, operand0: Any, reduce_op: Any, reduce_res: Any,
                         reverse0: bool = False, dtype: Any = None, mask: Any = None,
                         name: Any = None, **_ignored: Any) -> NkiTensor:
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: _table["tensor_scalar_reduce"](
        to, data, op0, operand0, reduce_op, reduce_res, reverse0), mask)


def tensor_scalar_cumulative(*, src: NkiTensor, dst: NkiTensor, op0: Any, op1: Any, imm0: Any, imm1: Any = None,
                             reduce_cmd: Any = "reset_reduce", mask: Any = None, name: Any = None) -> None:
    masked(mask, lambda: _table["tensor_scalar_cumulative"](dst, src, op0, op1, imm0, imm1, reduce_cmd))


def tensor_copy(src: NkiTensor, *, mask: Any = None, dtype: Any = None, engine: Any = None,
                name: Any = None, **_ignored: Any
                ) -> NkiTensor:
    return _result(src.shape, _kind(dtype, src.dtype), lambda to: core.tensor_copy(to, src, engine), mask)


def tensor_copy_predicated(*, src: Any, dst: NkiTensor, predicate: NkiTensor, mask: Any = None, dtype: Any = None,
                           reverse_pred: bool = False, name: Any = None) -> None:
    if not isinstance(src, NkiTensor):
        value = src
        src = allocate(SBUF, dst.dtype, dst.shape)
        core.memset(src, value)
    masked(mask, lambda: _table["tensor_copy_predicated"](dst, src, predicate, reverse_pred))


def reciprocal(data: NkiTensor, *, dtype: Any = None, mask: Any = None, name: Any = None) -> NkiTensor:
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: core.reciprocal(to, data), mask)


def _affine(grid: Any) -> tuple[tuple[int, ...], int, int, list[list[int]]]:
    """Shape, offset, partition step and loops of an affine expression of grids."""
    array = np.asarray(grid)
    offset, steps = linear(array, array.ndim)
    return array.shape, offset, steps[0], [[step, extent] for step, extent in zip(steps[1:], array.shape[1:])]


def iota(expr: Any, dtype: Any, *, mask: Any = None, name: Any = None) -> NkiTensor:
    shape, offset, multiplier, pattern = _affine(expr)
    return _result(shape, as_dtype(dtype), lambda to: _table["iota"](to, pattern, offset, multiplier), mask)


def affine_select(pred: Any, on_true_tile: NkiTensor, on_false_value: Any, *, mask: Any = None, dtype: Any = None,
                  name: Any = None) -> NkiTensor:
    difference = getattr(pred, "difference", None)
    if difference is None:
        raise fail("affine_select pred is no comparison of an affine expression of nl.arange",
                   "write it as one comparison, such as i_p >= i_f")
    full = np.broadcast_to(difference, tuple(on_true_tile.shape))
    offset, steps = linear(difference, len(full.shape))
    pattern = [[step, extent] for step, extent in zip(steps[1:], full.shape[1:])]
    op = pred.op
    on_true_tile = lowering.in_sbuf(on_true_tile)  # GpSimd does not reach psum, which the compiler of that time saw to
    return _result(on_true_tile.shape, _kind(dtype, on_true_tile.dtype), lambda to: _table["affine_select"](
        to, pattern, steps[0], on_true_tile, on_false_value, op, offset), mask)


def range_select(*, on_true_tile: NkiTensor, comp_op0: Any, comp_op1: Any, bound0: Any, bound1: Any,
                 reduce_cmd: Any = "reset_reduce", reduce_res: Any = None, reduce_op: Any = "maximum",
                 range_start: Any = 0, on_false_value: Any = -3.4028234663852886e+38, mask: Any = None,
                 dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result(on_true_tile.shape, _kind(dtype, on_true_tile.dtype), lambda to: _table["range_select"](
        to, on_true_tile, comp_op0, comp_op1, bound0, bound1, reduce_cmd, reduce_res, reduce_op, range_start,
        on_false_value), mask)


def select_reduce(*, dst: NkiTensor, predicate: NkiTensor, on_true: NkiTensor, on_false: Any, reduce_res: Any = None,
                  reduce_cmd: Any = "idle", reduce_op: Any = "maximum", reverse_pred: bool = False, mask: Any = None,
                  dtype: Any = None, name: Any = None) -> None:
    masked(mask, lambda: _table["select_reduce"](dst, predicate, on_true, on_false, reduce_res, reduce_cmd, reduce_op,
                                                 reverse_pred))


def memset(shape: Any, value: Any, dtype: Any, *, mask: Any = None, engine: Any = None, name: Any = None) -> NkiTensor:
    return _result(tuple(int(extent) for extent in shape), as_dtype(dtype),
                   lambda to: core.memset(to, value, engine), mask)


def bn_stats(data: NkiTensor, *, mask: Any = None, dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result((data.shape[0], 6), _kind(dtype, data.dtype), lambda to: _table["bn_stats"](to, data), mask)


def bn_aggr(data: NkiTensor, *, mask: Any = None, dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result((data.shape[0], 2), _kind(dtype, data.dtype), lambda to: _table["bn_aggr"](to, data), mask)


def dropout(data: NkiTensor, prob: Any, *, mask: Any = None, dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: _table["dropout"](to, data, prob), mask)


def local_gather(src_buffer: NkiTensor, index: NkiTensor, num_elem_per_idx: int = 1, num_valid_indices: Any = None, *,
                 mask: Any = None, name: Any = None) -> NkiTensor:
    count = index.size // index.shape[0] * 16
    shape = (src_buffer.shape[0], count) if num_elem_per_idx == 1 else (src_buffer.shape[0], count, num_elem_per_idx)
    return _result(shape, src_buffer.dtype, lambda to: _table["local_gather"](
        to, src_buffer, index, num_elem_per_idx, num_valid_indices), mask)


def max8(*, src: NkiTensor, mask: Any = None, dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result((src.shape[0], 8), _kind(dtype, src.dtype), lambda to: _table["max8"](to, src), mask)


def nc_find_index8(*, data: NkiTensor, vals: NkiTensor, mask: Any = None, dtype: Any = None,
                   name: Any = None) -> NkiTensor:
    return _result((data.shape[0], 8), _kind(dtype, uint32), lambda to: _table["nc_find_index8"](to, data, vals), mask)


def nc_match_replace8(*, data: NkiTensor, vals: NkiTensor, imm: Any, dst_idx: Any = None, mask: Any = None,
                      dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result(data.shape, _kind(dtype, data.dtype), lambda to: _table["nc_match_replace8"](
        to, data, vals, imm, dst_idx), mask)


def nc_stream_shuffle(src: NkiTensor, dst: NkiTensor, shuffle_mask: Any, *, dtype: Any = None, mask: Any = None,
                      name: Any = None) -> None:
    masked(mask, lambda: _table["nc_stream_shuffle"](dst, src, shuffle_mask))


def sequence_bounds(*, segment_ids: NkiTensor, dtype: Any = None, name: Any = None) -> NkiTensor:
    return _result((segment_ids.shape[0], 2, *segment_ids.shape[1:]), _kind(dtype, segment_ids.dtype),
                   lambda to: _table["sequence_bounds"](to, segment_ids))


def dma_copy(*, dst: NkiTensor, src: NkiTensor, mask: Any = None, dst_rmw_op: Any = None, oob_mode: Any = None,
             dge_mode: Any = None, name: Any = None) -> None:
    rules.stored(dst)
    if src.storage.region is PSUM:
        src = lowering.copy(src)
    masked(mask, lambda: _dma_copy(dst, src, oob_mode=oob_mode, dge_mode=getattr(dge_mode, "name", dge_mode),
                                   dst_rmw_op=dst_rmw_op))


def dma_transpose(src: NkiTensor, *, axes: Any = None, mask: Any = None, dtype: Any = None, dge_mode: Any = None,
                  name: Any = None, **_ignored: Any) -> NkiTensor:
    order = tuple(axes) if axes is not None else {2: (1, 0), 3: (2, 1, 0), 4: (3, 1, 2, 0)}[src.ndim]
    shape = tuple(src.shape[d] for d in order)
    return _result(shape, src.dtype, lambda to: _dma_transpose(to, src, order), mask)


_OPERATIONS = [_name for _name, _found in globals().items()
               if inspect.isfunction(_found) and _found.__module__ == __name__ and not _name.startswith("_")]
for _name in _OPERATIONS:
    _documented(globals()[_name])
del _name

__all__ = [*_OPERATIONS, *constants.__all__, "constants", "get_nc_sub_version", "get_nc_version"]
