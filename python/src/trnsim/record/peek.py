"""Values inside of a kernel while it is traced: the core runs what has been recorded so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TrnsimError, UnsupportedError
from ..places import current_place
from ..tensor.dtypes import as_dtype
from ..tensor.view import NkiTensor
from .context import tracing
from .peeker import Peeker


def describe(view: NkiTensor) -> str:
    """What `print(tile)` shows: the tensor, and its values where they can be had."""
    region = view.storage.region.value
    head = f"<{region} {view.dtype} {list(view.shape)} '{view.storage.name}'>"
    if tracing() is None:
        return head
    try:
        return f"{head}\n{values(view)}"
    except TrnsimError as error:
        return f"{head} (no values: {error})"


def values(view: NkiTensor) -> np.ndarray[Any, Any]:
    """The view's values at this point of the kernel; undefined elements are NaN, or 4 for integers."""
    current = tracing()
    if current is None:
        raise UnsupportedError("a tensor has values inside of its kernel only", place=current_place(),
                               remedy="return it from the kernel")
    current.program.reads_values = True
    if current.program.loop_depth:
        raise UnsupportedError("a tensor has no values while a dynamic loop is traced", place=current_place(),
                               remedy="use nl.device_print, which prints while the program runs")
    if current.peeker is None:
        current.peeker = Peeker(current)
    flat = current.peeker.read(view.storage)
    kind = as_dtype(view.dtype)
    if kind.numpy != flat.dtype:
        flat = flat.view(kind.numpy)
    size = flat.dtype.itemsize
    found = np.lib.stride_tricks.as_strided(flat[view.offset:], view.shape,
                                            tuple(stride * size for stride in view.strides))
    return found.copy()
