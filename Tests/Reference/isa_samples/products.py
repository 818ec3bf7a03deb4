"""Transposes and matrix products."""

import numpy as np

from .arithmetic import *
from .base import *


def transpose_samples():
    def one(operation, engine, rows, columns, dtype, spaces, special=True, styles=("plain",) * 2):
        d = tile("d", columns, rows, dtype, spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, dtype, spaces[1], styles[1], special=special)
        source = "data" if operation == "nc_transpose" else "src"
        sample(operation, engine, {"dst": d, source: a}, lambda: d.store_bits(a.bits().T))

    on = ("psum", "sbuf")
    one("nc_transpose", "tensor", 128, 16, "float32", on)
    one("nc_transpose", "tensor", 5, 128, "bfloat16", on)
    one("nc_transpose", "tensor", 1, 20, "float16", on, styles=("strided", "reversed"))
    one("nc_transpose", "tensor", 33, 17, "float8_e4m3", on)
    one("nc_transpose", "tensor", 12, 8, "int32", on, styles=("plain", "gaps"))
    one("nc_transpose", "vector", 32, 32, "float32", ("sbuf", "sbuf"))
    one("nc_transpose", "vector", 32, 9, "bfloat16", ("psum", "psum"), styles=("plain", "low"))
    one("nc_transpose", "vector", 7, 32, "uint8", ("sbuf", "psum"))
    one("dma_transpose", "sync", 40, 32, "bfloat16", ("sbuf", "hbm"))
    one("dma_transpose", "sync", 7, 128, "float32", ("sbuf", "sbuf"))
    one("dma_transpose", "scalar", 16, 5, "int16", ("sbuf", "hbm"), styles=("strided", "gaps"))
    one("dma_transpose", "gpsimd", 1, 6, "uint32", ("sbuf", "hbm"))


def matmul_samples():
    def one(k, m, n, types, accumulate=False, styles=("plain",) * 3, double=False, scale=1.0):
        fold = 2 if double else 1
        d = tile("d", m, n, types[0], "psum", styles[0], blank=not accumulate, matmul=accumulate)
        shaped = lambda t, c: t.tensor.tile(free=[[c, 2], [1, c]]) if double else t
        w = shaped(tile("w", k, m * fold, types[1], style=styles[1], scale=scale), m)
        x = shaped(tile("x", k, n * fold, types[2], style=styles[2], scale=scale), n)
        exact = types[1] != "float32" and types[2] != "float32" and not double
        ws = w.values().reshape(k, fold, m)
        xs = x.values().reshape(k, fold, n)
        wide = np.einsum("kfm,kfn->mn", np.abs(ws.astype(np.float64)), np.abs(xs.astype(np.float64)))

        def compute():
            if exact:
                # Products are exact in float32, so a chain of additions is a chain of fused ones.
                total = np.zeros((m, n), F32)
                for p in range(k):
                    total = total + ws[p, 0][:, None] * xs[p, 0][None, :]
            else:
                total = np.einsum("kfm,kfn->mn", ws.astype(np.float64),
                                  xs.astype(np.float64)).astype(F32)
            d.store(d.values() + total if accumulate else total)

        fields = {"dst": d, "stationary": w, "moving": x, "accumulate": accumulate}
        if double:
            fields["perf_mode"] = "double_row"
        sample("nc_matmul", "tensor", fields, compute, 0 if exact else 1,
               0.0 if exact else float(wide.max()) * k * 2.0 ** -24)

    b, h, f = "bfloat16", "float16", "float32"
    one(128, 16, 24, (f, b, b))
    one(128, 3, 40, (f, h, h))
    one(1, 128, 4, (f, b, h))
    one(32, 32, 32, (f, b, b), True)
    one(64, 20, 16, (f, f, f))
    one(33, 7, 9, (f, f, f), True)
    one(64, 8, 8, (f, "float8_e4m3", "float8_e5m2"))
    one(64, 8, 8, (f, "float8_e4m3", b), styles=("strided", "reversed", "gaps"))
    one(32, 8, 8, (f, b, b), True, styles=("gaps", "strided", "broadcast"))
    one(128, 8, 12, (f, "float8_e4m3", "float8_e5m2"), double=True)

    def transpose(rows, columns, types, moved, permuted=False):
        """moved: the operand that holds the data; the other one picks its rows."""
        order = random.permutation(rows) if permuted else np.arange(rows)
        picks = np.zeros((rows, rows), F32)
        picks[order, np.arange(rows)] = 1
        i = tile("i", rows, rows, types[1], data=picks)
        a = tile("a", rows, columns, types[1], special=True)
        if moved == "stationary":
            d = tile("d", columns, rows, types[0], "psum", blank=True)
            fields = {"dst": d, "stationary": a, "moving": i, "is_transpose": True}
            result = lambda: a.raw()[order].T
        else:
            d = tile("d", rows, columns, types[0], "psum", blank=True)
            fields = {"dst": d, "stationary": i, "moving": a, "is_transpose": True}
            result = lambda: a.raw()[order]

        def compute():
            d.store(result() if types[0] == types[1] else result().astype(F32))

        sample("nc_matmul", "tensor", fields, compute)

    transpose(16, 12, (f, f), "stationary")
    transpose(128, 3, (b, b), "stationary")
    transpose(12, 16, (f, b), "stationary", True)
    transpose(12, 16, (h, h), "moving", True)
    transpose(12, 16, (f, h), "moving")
    # Neither operand picks rows: a product.
    d, w, x = tile("d", 4, 6, "float32", "psum", blank=True), tile("w", 5, 4, b), tile("x", 5, 6, b)

    def product():
        total = np.zeros((4, 6), F32)
        for p in range(5):
            total = total + w.values()[p][:, None] * x.values()[p][None, :]
        d.store(total)

    sample("nc_matmul", "tensor",
           {"dst": d, "stationary": w, "moving": x, "is_transpose": True}, product)


def axes_samples():
    def one(shape, dtype, axes, space="hbm"):
        strides = [math.prod(shape[i + 1:]) for i in range(len(shape))]
        a = Tensor("a", space, dtype, [shape[0], math.prod(shape[1:])],
                   noise((shape[0], math.prod(shape[1:])), dtype))
        view = a.tile(free=[[s, n] for s, n in zip(strides[1:], shape[1:])])
        turned = [shape[i] for i in axes]
        back = [math.prod(turned[i + 1:]) for i in range(len(turned))]
        t = Tensor("d", "sbuf", dtype, [turned[0], math.prod(turned[1:])])
        d = t.tile(free=[[s, n] for s, n in zip(back[1:], turned[1:])])
        sample("dma_transpose", "sync", {"dst": d, "src": view, "axes": axes}, lambda: d.store_bits(
            view.bits().reshape(shape).transpose(axes).reshape(turned[0], -1)))

    one([8, 3, 16], "bfloat16", [2, 1, 0])
    one([5, 4, 7], "float32", [2, 1, 0], "sbuf")
    one([6, 2, 3, 10], "float16", [3, 1, 2, 0])
    one([4, 3, 2, 5], "int32", [3, 1, 2, 0], "sbuf")
    one([12, 9], "uint16", [1, 0])

    # Promises and PE tiles change no value.
    d, w, x = (tile("d", 32, 6, "float32", "psum", blank=True), tile("w", 32, 32, "bfloat16"),
               tile("x", 32, 6, "bfloat16"))

    def product():
        total = np.zeros((32, 6), F32)
        for p in range(32):
            total = total + w.values()[p][:, None] * x.values()[p][None, :]
        d.store(total)

    sample("nc_matmul", "tensor",
           {"dst": d, "stationary": w, "moving": x, "is_moving_onezero": False,
            "tile_position": [32, 64], "tile_size": [32, 32]}, product)
