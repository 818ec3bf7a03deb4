"""`t[…] = value` and `t += value`: the destination of the operation right before, or a copy."""

from __future__ import annotations

from typing import Any

from ..isa import compute as isa
from ..isa.dma import dma_copy
from ..places import fail
from ..record.operand import pieces
from ..record.origins import NOTHING, redirect
from ..tensor import recording
from ..tensor.broadcasting import is_scalar_tile
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .functions import broadcast_to, in_sbuf


def assign(view: NkiTensor, key: Any, value: Any) -> None:
    """`view[key] = value`."""
    target = view[key]
    if isinstance(value, NkiTensor) and value.storage is target.storage and value.offset == target.offset \
            and value.shape == target.shape and value.strides == target.strides:
        return  # what `t[…] += x` leaves to do
    recording.rules.assigned(target, value)
    if not isinstance(value, NkiTensor):
        isa.memset(target, value)
        return
    if not target.on_chip or not value.on_chip:
        dma_copy(target, value)
        return
    value_to(target, value)


def value_to(target: NkiTensor, value: NkiTensor) -> None:
    if value.origin is NOTHING:
        return
    if value.size > target.size:
        raise fail(f"a value of shape {list(value.shape)} does not fit into {list(target.shape)}",
                   "the destination has the value's shape or a larger one", "store_dst_shape_smaller_than_other_shape")
    if value.size != target.size:
        value = broadcast_to(value, target.shape)
    if not redirect(value, target):
        for part, source in pieces(target, value):
            isa.tensor_copy(part, source)


def accumulate(view: NkiTensor, value: Any) -> NkiTensor:
    """`view += value`: into psum a product adds by itself, all else is tensor_tensor."""
    if isinstance(value, NkiTensor) and value.origin is NOTHING:
        return view
    if view.storage.region is MemoryRegion.psum and isinstance(value, NkiTensor) and value.origin is not None \
            and value.storage.region is MemoryRegion.psum:
        if redirect(value, view):
            return view
        return update(view, "add", in_sbuf(value))
    return update(view, "add", value)


def update(view: NkiTensor, op: str, value: Any) -> NkiTensor:
    """`view = view op value`, in place."""
    if isinstance(value, NkiTensor):
        if view.size != value.size and is_scalar_tile(value, view.shape[0]) and value.dtype == "float32":
            isa.tensor_scalar(view, view, op, value)
        else:
            if value.size != view.size:
                value = broadcast_to(value, view.shape)
            isa.tensor_tensor(view, view, value, op)
    else:
        isa.tensor_scalar(view, view, op, value)
    return view

