"""Copies, fills and indices."""

import numpy as np

from .arithmetic import *
from .base import *


def simple_samples():
    def reciprocal(rows, columns, types, spaces=("sbuf", "sbuf"), styles=("plain",) * 2, **more):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], **more)
        sample("reciprocal", "vector", {"dst": d, "data": a}, lambda: d.store(1 / a.values()))

    reciprocal(128, 5, ("float32", "float32"))
    reciprocal(5, 12, ("float32", "float32"), special=True)
    reciprocal(1, 20, ("bfloat16", "float16"), ("psum", "psum"), ("strided", "reversed"))
    reciprocal(32, 4, ("float8_e4m3", "int8"), styles=("low", "low"))

    def memset(rows, columns, dtype, value, space="sbuf", style="plain", engine="vector"):
        d = tile("d", rows, columns, dtype, space, style)
        whole = is_integer(dtype)
        content = np.full((rows, columns), int(value) if whole else F32(value))
        sample("memset", engine, {"dst": d, "value": float(value)}, lambda: d.store(content))

    memset(128, 5, "float32", 0.1)
    memset(1, 20, "bfloat16", 0.1, "psum", "strided")
    memset(32, 8, "int32", 2 ** 31 - 1, style="gaps")
    memset(32, 8, "int32", -(2 ** 24) - 1, engine="gpsimd")
    memset(5, 8, "uint32", 2 ** 32 - 1)
    memset(5, 8, "uint8", 255, style="reversed")
    memset(5, 8, "float8_e5m2", -3.3)
    memset(5, 8, "tfloat32", 1 / 3)

    def copy(rows, columns, types, spaces=("sbuf", "sbuf"), styles=("plain",) * 2,
             engine="vector", **more):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], **more)

        def compute():
            if types[0] == types[1]:
                d.store_bits(a.bits())
                d.tensor.written = True
            else:
                d.store(a.values())

        sample("tensor_copy", engine, {"dst": d, "src": a}, compute)

    for dtype in VALUED:
        copy(4, 8, (dtype, dtype), styles=("strided", "reversed"), special=True)
        copy(4, 8, (dtype, "float32"), special=True)
        copy(4, 8, ("float32", dtype), engine="scalar")
    copy(128, 6, ("bfloat16", "float32"), ("sbuf", "psum"))
    copy(1, 24, ("float32", "float32"), ("psum", "sbuf"), ("gaps", "broadcast"))
    copy(32, 8, ("int32", "int32"), engine="gpsimd", styles=("low", "low"))
    copy(32, 8, ("int16", "int32"))

    def iota(rows, columns, dtype, pattern, offset, multiplier, style="plain"):
        d = tile("d", rows, columns, dtype, style=style)

        def compute():
            index = np.zeros(1, np.int64)
            for step, count in pattern:
                index = (index[:, None] + step * np.arange(count)[None, :]).reshape(-1)
            values = offset + multiplier * np.arange(rows)[:, None] + index[None, :]
            d.store(values.astype(np.int32).astype(np.int64))

        sample("iota", "gpsimd", {"dst": d, "pattern": pattern, "offset": offset,
                                  "channel_multiplier": multiplier}, compute)

    iota(128, 4, "int32", [[1, 4]], 0, 4)
    iota(1, 24, "float32", [[-6, 4], [2, 6]], 100, 0)
    iota(32, 12, "int32", [[1000, 2], [100, 3], [10, 1], [1, 2]], 2 ** 24 + 1, 3, "strided")
    iota(5, 8, "uint8", [[40, 8]], -30, 1)
    iota(5, 8, "bfloat16", [[37, 8]], 200, 1)
    iota(5, 8, "uint32", [[1, 8]], 2 ** 31 - 9, 0)
    iota(5, 8, "float16", [[1000, 8]], 60000, 100, "gaps")
