"""Reductions of rows and of partitions."""

import math

import numpy as np

from .arithmetic import *
from .base import *


def reduce_samples():
    def one(rows, shape, types, op, axes, negate=False, spaces=("sbuf", "sbuf"), style=None,
            special=False):
        count = math.prod(shape)
        strides = [math.prod(shape[i + 1:]) for i in range(len(shape))]
        dims = [[s, n] for s, n in zip(strides, shape)]
        if style == "swapped":
            dims = dims[::-1]
        left = math.prod(n for _, n in dims[:len(dims) - len(axes)]) if axes else 1
        d = tile("d", rows, left, types[0], spaces[0], blank=True)
        a = Tensor("a", spaces[1], types[1], [rows, count],
                   noise((rows, count), types[1], special=special))
        if is_integer(types[1]) and op not in BITWISE:
            a.data[:] = a.data % 100
            a.before = a.data.copy()
        view = a.tile(free=dims)

        def compute():
            grouped = (view.raw() if op in BITWISE else view.values()).reshape(rows, left, -1)
            result = reduce_rows(grouped, op)
            d.store(-result if negate else result)

        sample("tensor_reduce", "vector",
               {"dst": d, "op": op, "data": view, "axes": axes, "negate": negate}, compute)

    f = ("float32", "float32")
    for op in ("add", "subtract", "multiply", "maximum", "minimum", "logical_and", "logical_or",
               "logical_xor"):
        one(5, [9], f, op, [1])
    one(4, [16], f, "maximum", [], special=True)
    one(4, [16], f, "add", [], special=True)
    one(128, [3, 4], ("float32", "bfloat16"), "add", [2])
    one(1, [5, 30], ("bfloat16", "float32"), "maximum", [1, 2], True)
    one(32, [2, 3, 4], ("float16", "float32"), "add", [2, 3], True, ("psum", "psum"))
    one(32, [6, 4], f, "add", [2], style="swapped")
    one(5, [8], ("int32", "int16"), "add", [1])
    one(5, [8], ("float8_e4m3", "float8_e5m2"), "minimum", [1])
    for op in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        one(5, [2, 4], ("uint16", "uint16"), op, [2])
        one(5, [8], ("int32", "int32"), op, [])


def partition_reduce_samples():
    def one(rows, columns, types, op, style="plain", special=False):
        d = tile("d", 1, columns, types[0], blank=True)
        a = tile("a", rows, columns, types[1], style=style, special=special)

        def compute():
            name = {"average": "add"}.get(op, op)
            raw = a.raw() if op.startswith("bit") else a.values()
            result = reduce_rows(raw.T, name)
            d.store(result / F32(rows) if op == "average" else result)

        sample("tensor_partition_reduce", "gpsimd", {"dst": d, "op": op, "data": a}, compute)

    f = ("float32", "float32")
    for op in ("add", "average", "maximum"):
        one(128, 5, f, op)
        one(32, 9, ("bfloat16", "float16"), op, "strided")
        one(4, 9, f, op, special=True)
    one(1, 6, ("float16", "float32"), "add")
    for op in ("bitwise_or", "bitwise_and"):
        one(6, 9, ("uint8", "uint8"), op)
        one(6, 9, ("int32", "int32"), op)


def scalar_reduce_samples():
    def one(rows, columns, types, op, o0, reduce_op, reverse=False, spaces=("sbuf",) * 3,
            styles=("plain", "plain"), special=False):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=special)
        r = tile("r", rows, 1, types[2], spaces[2], blank=True)
        o = tile("p", rows, 1) if o0 == "tile" else o0

        def compute():
            result = apply(op, a.values(), scalar(o), reverse)
            d.store(result)
            r.store(reduce_rows(result, reduce_op))

        sample("tensor_scalar_reduce", "vector",
               {"dst": d, "data": a, "op0": op, "operand0": o, "reduce_op": reduce_op,
                "reduce_res": r, "reverse0": reverse}, compute)

    f = ("float32",) * 3
    for reduce_op in ("add", "multiply", "maximum", "minimum"):
        one(5, 10, f, "multiply", 0.75, reduce_op)
    one(128, 8, ("bfloat16", "bfloat16", "float32"), "add", "tile", "add")
    one(1, 30, ("float16", "float32", "bfloat16"), "subtract", "tile", "maximum", True,
        ("psum", "sbuf", "psum"))
    one(32, 8, f, "maximum", 0.0, "add", styles=("gaps", "strided"))
    one(5, 10, f, "add", 1.0, "maximum", special=True)


def statistics_samples():
    def stats(rows, columns, types, spaces=("sbuf", "sbuf"), styles=("plain", "plain")):
        d = tile("d", rows, 6, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1])

        def compute():
            found = []
            for start in (0, 1):
                part = a.values()[:, start::2].astype(np.float64)
                count = np.full(rows, part.shape[1], np.float64)
                mean = part.sum(axis=1) / np.maximum(count, 1)
                found += [count, mean, ((part - mean[:, None]) ** 2).sum(axis=1)]
            d.store(np.stack(found, axis=1).astype(F32))

        # Sums of up to 256 squares of some 10 each, in float32.
        sample("bn_stats", "vector", {"dst": d, "data": a}, compute, 8, columns * 10 * columns * 2.0 ** -24)

    stats(128, 9, ("float32", "float32"))
    stats(1, 512, ("float32", "bfloat16"), ("psum", "sbuf"))
    stats(32, 8, ("float32", "float16"), ("sbuf", "psum"), ("gaps", "reversed"))
    stats(5, 1, ("float32", "float32"))

    def aggregate(rows, parts, types, spaces=("sbuf", "sbuf")):
        count = random.integers(1, 200, (rows, parts))
        mean = random.normal(0, 2, (rows, parts))
        squares = random.random((rows, parts)) * count
        raw = np.stack([count, mean, squares], axis=2).reshape(rows, -1).astype(F32)
        a = tile("a", rows, 3 * parts, types[1], spaces[1], data=raw)
        d = tile("d", rows, 2, types[0], spaces[0], blank=True)

        def compute():
            n, m, s = [a.values().astype(np.float64)[:, i::3] for i in range(3)]
            total = n.sum(axis=1)
            middle = (n * m).sum(axis=1) / total
            spread = (s + n * (m - middle[:, None]) ** 2).sum(axis=1) / total
            d.store(np.stack([middle, spread], axis=1).astype(F32))

        sample("bn_aggr", "vector", {"dst": d, "data": a}, compute, 4, 1e-5)

    aggregate(128, 2, ("float32", "float32"))
    aggregate(1, 9, ("float32", "float32"), ("psum", "psum"))
    aggregate(6, 4, ("bfloat16", "float32"))
    aggregate(32, 1, ("float32", "float32"))

    def held(operation, reduce_op, load):
        """Accumulators that begin with a loaded value, and a negated result."""
        d, a, r = tile("d", 6, 9, blank=True), tile("a", 6, 9), tile("r", 6, 1, blank=True)
        first = tile("i", 6, 1) if load == "tile" else load

        def compute():
            result = apply("multiply", a.values(), F32(0.5))
            d.store(result)
            start = np.broadcast_to(scalar(first), (6, 1)).astype(F32)
            r.store(-reduce_rows(np.concatenate([start, result], axis=1), reduce_op))

        sample(operation, "vector",
               {"dst": d, "data": a, "op0": "multiply", "operand0": 0.5, "reduce_op": reduce_op,
                "reduce_res": r, "reduce_cmd": "load_reduce", "reduce_init": first,
                "reduce_res_negate": True}, compute)

    held("tensor_scalar_reduce", "add", 2.0)
    held("tensor_scalar_reduce", "maximum", "tile")
