"""Scans: results that each element of a row hands on to the next."""

import numpy as np

from .arithmetic import *
from .base import *


def scan_samples():
    def scan(rows, columns, types, op0, op1, initial, reverse=(False, False), spaces=("sbuf",) * 3,
             styles=("plain",) * 3, special=False):
        d, a, b = [tile(n, rows, columns, t, s, y, blank=n == "d", special=special, scale=0.9)
                   for n, t, s, y in zip("dab", types, spaces, styles)]
        start = tile("i", rows, 1) if initial == "tile" else initial

        def compute():
            carried = np.broadcast_to(np.asarray(scalar(start), F32).reshape(-1), (rows,)).astype(F32)
            result = np.zeros((rows, columns), F32)
            for i in range(columns):
                inner = apply(op0, a.values()[:, i], carried, reverse[0])
                carried = apply(op1, inner, b.values()[:, i], reverse[1])
                result[:, i] = carried
            d.store(result)

        sample("tensor_tensor_scan", "vector",
               {"dst": d, "data0": a, "data1": b, "initial": start, "op0": op0, "op1": op1,
                "reverse0": reverse[0], "reverse1": reverse[1]}, compute)

    f = ("float32",) * 3
    scan(128, 9, f, "multiply", "add", 0.0)
    scan(1, 40, ("bfloat16", "float16", "float32"), "multiply", "add", "tile")
    scan(32, 8, f, "maximum", "add", 0.5, spaces=("psum", "psum", "sbuf"),
         styles=("strided", "reversed", "gaps"))
    scan(5, 12, f, "subtract", "subtract", -1.0, (True, True))
    scan(5, 12, f, "add", "minimum", "tile", special=True)
    scan(32, 6, ("float8_e4m3", "float8_e5m2", "bfloat16"), "multiply", "maximum", 1.0,
         styles=("low",) * 3)
    scan(4, 9, ("float32", "int16", "int32"), "add", "greater", 0.0)

    neutral = {"add": 0.0, "subtract": 0.0, "multiply": 1.0, "maximum": -np.inf, "minimum": np.inf}

    def cumulative(rows, columns, types, op0, op1, imm0, load=None, spaces=("sbuf",) * 2,
                   styles=("plain",) * 2, special=False):
        d, a = [tile(n, rows, columns, t, s, y, blank=n == "d", special=special, scale=0.9)
                for n, t, s, y in zip("da", types, spaces, styles)]
        o = tile("p", rows, 1) if imm0 == "tile" else imm0
        first = tile("q", rows, 1) if load == "tile" else load

        def compute():
            start = neutral[op1] if first is None else scalar(first)
            carried = np.broadcast_to(np.asarray(start, F32).reshape(-1), (rows,)).astype(F32)
            inner = apply(op0, a.values(), scalar(o))
            result = np.zeros((rows, columns), F32)
            for i in range(columns):
                carried = apply(op1, inner[:, i], carried)
                result[:, i] = carried
            d.store(result)

        fields = {"dst": d, "src": a, "op0": op0, "op1": op1, "imm0": o}
        if first is not None:
            fields.update(imm1=first, reduce_cmd="load_reduce")
        sample("tensor_scalar_cumulative", "vector", fields, compute)

    for op1 in neutral:
        cumulative(4, 10, ("float32", "float32"), "multiply", op1, 1.25)
    cumulative(128, 6, ("bfloat16", "bfloat16"), "add", "add", "tile")
    cumulative(1, 30, ("float32", "float16"), "maximum", "add", 0.0, 2.5, ("psum", "sbuf"))
    cumulative(32, 8, ("float16", "uint8"), "subtract", "maximum", 3.0, "tile",
               styles=("strided", "gaps"))
    cumulative(4, 12, ("float32", "float32"), "add", "minimum", 1.0, special=True)
