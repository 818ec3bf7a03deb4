"""Shapes and strides, without the tensors that have them. Strides count elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex

from ..places import fail


def dimension(dim: SupportsIndex, shape: tuple[int, ...]) -> int:
    """The number of a dimension, which may be counted from the end by a negative one."""
    rank = len(shape)
    number = dim.__index__()
    if not -rank <= number < rank:
        raise fail(f"dimension {dim} of a tensor of shape {list(shape)}")
    return number % rank


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of a tensor that lies in one run."""
    if len(shape) == 2:
        return shape[1], 1
    strides: list[int] = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether the elements lie in one run, in order; strides of single elements say nothing."""
    expected = 1
    for extent, stride in zip(reversed(shape), reversed(strides)):
        if extent != 1 and stride != expected:
            return False
        expected *= extent
    return True


def completed(shape: tuple[int, ...], size: int) -> tuple[int, ...] | None:
    """`shape` for `size` elements, with its -1 filled in; `None` if the sizes disagree."""
    known = 1
    for extent in shape:
        if extent != -1:
            known *= extent
    if -1 in shape:
        if shape.count(-1) > 1 or known == 0 or size % known:
            return None
        return tuple(size // known if extent == -1 else extent for extent in shape)
    return shape if known == size else None


def reshaped(shape: tuple[int, ...], strides: tuple[int, ...], wanted: tuple[int, ...]
             ) -> tuple[int, ...] | None:
    """Strides of the same elements in the shape `wanted`; `None` where no strides do it."""
    # Runs: neighbouring dimensions that are one longer dimension.
    runs: list[list[int]] = []
    for extent, stride in zip(shape, strides):
        if extent == 1:
            continue
        if runs and runs[-1][1] == stride * extent:
            runs[-1][0] *= extent
            runs[-1][1] = stride
        else:
            runs.append([extent, stride])
    result: list[int] = []
    position = len(runs) - 1
    left, step = (runs[position] if runs else (1, 1))
    for extent in reversed(wanted):
        if extent == 1:
            result.append(step if left != 1 else 1)
            continue
        if left == 1 and position > 0:
            position -= 1
            left, step = runs[position]
        if left % extent:
            return None
        result.append(step)
        step *= extent
        left //= extent
    return tuple(reversed(result))
