"""Reductions: which dimensions of a view they take, as trailing dimensions of an access pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..places import fail
from ..record.operand import CoreOperand, Pattern, core_operand, merged
from ..tensor.view import NkiTensor


def free_axes(view: NkiTensor, axis: Any, op: str = "tensor_reduce") -> tuple[int, ...]:
    """The axes as sorted positive numbers."""
    if axis is None:
        return tuple(range(1, view.ndim))
    given = tuple(axis) if isinstance(axis, (Sequence, set)) else (axis,)
    rank = view.ndim
    axes = sorted({int(a) + rank if int(a) < 0 else int(a) for a in given})
    if not axes:
        raise fail(f"{op} reduces no axis")
    if axes[0] < 0 or axes[-1] >= rank:
        raise fail(f"{op} axis {axis} of a tensor of shape {list(view.shape)}",
                   f"axes go from 1 to {rank - 1}")
    if axes[0] == 0:
        raise fail(f"{op} axis 0 is the partition dimension",
                   "use nc_matmul by ones, nc_transpose or tensor_partition_reduce")
    return tuple(axes)


def reduced_operand(view: NkiTensor, axis: Any) -> tuple[CoreOperand, int]:
    """The operand with the reduced dimensions last, and how many they are."""
    axes = free_axes(view, axis)
    rank = view.ndim
    kept = [d for d in range(1, rank) if d not in axes]
    if kept and kept[-1] > axes[0]:
        view = view.permute((0, *kept, *axes))
    base = core_operand(NkiTensor(view.storage, view.dtype, view.shape[:1], view.strides[:1], view.offset,
                                  view.dynamic), "tensor_reduce data")
    dims = list(zip(view.strides[1:], view.shape[1:]))
    split = len(dims) - len(axes)
    outer, inner = merged(dims[:split]), merged(dims[split:]) or [(1, 1)]
    free = outer + inner
    if len(free) > 4:
        raise fail(f"tensor_reduce data has {len(free)} free dimensions, an access pattern has at most 4")
    return CoreOperand(base.tensor, Pattern(base.row_start, base.rows, 0, base.offset, free), view.dynamic), len(inner)
