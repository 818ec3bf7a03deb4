"""Quantisation to packed microscaling (MX) data and products of it, which NeuronCore-v4 has."""

from __future__ import annotations

import os
from typing import Any

from ..places import fail
from ..record.context import trace
from ..record.encoding import YES, integers_value
from ..record.operand import core_operand
from ..record.operations import Symbols, layout
from ..record.psum import note_matmul
from ..record.recorder import NkiInstruction, emit, tile
from ..tensor.view import NkiTensor
from .compute import PSUM, SBUF, _dst, require_operation


def nc_matmul_mx(dst: Any, stationary: Any, moving: Any, stationary_scale: Any, moving_scale: Any,
                 tile_position: Any = (), tile_size: Any = (), accumulate: Any = None, name: Any = None
                 ) -> NkiInstruction:
    op = "nc_matmul_mx"
    require_operation(op)
    if isinstance(dst, NkiTensor) and dst.storage.lazy == 0:
        dst.storage.lazy = None  # a product that overwrites adds to zero
    to = tile(dst, "dst", op)
    given = {"stationary": stationary, "moving": moving, "stationary_scale": stationary_scale,
             "moving_scale": moving_scale}
    views = {what: tile(value, what, op) for what, value in given.items()}
    for what, view, region in (("dst", to, PSUM), *((what, view, SBUF) for what, view in views.items())):
        if view.storage.region is not region:
            raise fail(f"{op} {what} must be in {region.value}, is in {view.storage.region.value}",
                       "the Tensor engine reads sbuf and writes psum")
    a = core_operand(to, f"{op} dst")
    operands = {what: core_operand(view, f"{op} {what}") for what, view in views.items()}
    weights, data = operands["stationary"], operands["moving"]
    if weights.rows != data.rows:
        raise fail(f"{op} moving has {data.rows} partitions, stationary has {weights.rows}",
                   "both hold the contraction in their partition dimension")
    if a.rows != weights.elements or a.elements != data.elements:
        raise fail(f"{op} dst is {a.rows} × {a.elements}, the product is {weights.elements} × {data.elements}",
                   "dst is [stationary's free size, moving's free size]")
    values = {"dst": a.data, **{what: found.data for what, found in operands.items()}}
    adds = note_matmul(to, a, accumulate)
    to.storage.written = True
    if adds:
        values["accumulate"] = YES
    machine = trace().machine
    if tile_size and tuple(tile_size) != (machine.pe_rows, machine.pe_columns):
        row, column = (int(start) for start in (tile_position or (0, 0)))
        rows, columns = (int(extent) for extent in tile_size)
        values |= {"tile_position": integers_value((row, column)), "tile_size": integers_value((rows, columns))}
    fields = layout(op)
    return emit(fields, fields.values(values), [to, *views.values()], None, name)


def block_scale() -> str:
    """How large scales are: `doubled` since NKI 0.5 (SDK 2.31), `ocp` before, as kernels of then may expect.

    TRNSIM_MX_SCALE decides.
    """
    found = os.environ.get("TRNSIM_MX_SCALE") or "doubled"
    if found not in ("doubled", "ocp"):
        raise ValueError(f"TRNSIM_MX_SCALE={found}\n  help: doubled (NKI 0.5 and later) or ocp (before)")
    return found


def quantize_mx(dst: Any, src: Any, dst_scale: Any, name: Any = None) -> NkiInstruction:
    op = "quantize_mx"
    require_operation(op)
    to, values, scales = _dst(dst, op), tile(src, "src", op), _dst(dst_scale, op)
    for what, view in (("dst", to), ("src", values), ("dst_scale", scales)):
        if view.storage.region is not SBUF:
            raise fail(f"{op} {what} must be in sbuf, is in {view.storage.region.value}",
                       "copy it there with tensor_copy first")
    a, b, c = (core_operand(to, f"{op} dst"), core_operand(values, f"{op} src"),
               core_operand(scales, f"{op} dst_scale"))
    if a.rows != b.rows or 4 * a.elements != b.elements:
        raise fail(f"{op} dst is {a.rows} × {a.elements}, must be {b.rows} × {b.elements // 4}",
                   "dst packs four elements of src into one")
    given = {"dst": a.data, "src": b.data, "dst_scale": c.data, "block_scale": Symbols(op, "block_scale")[block_scale()]}
    fields = layout(op)
    return emit(fields, fields.values(given), [to, values, scales], None, name)
