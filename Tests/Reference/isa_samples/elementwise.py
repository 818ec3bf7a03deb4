"""Operations element by element."""

import numpy as np

from .arithmetic import *
from .base import *


def tensor_tensor_samples():
    def one(op, rows, columns, types, spaces, styles, engine="vector", special=False, ulp=0):
        d, a, b = [tile(n, rows, columns, t, s, y, blank=n == "d", special=special)
                   for n, t, s, y in zip("dab", types, spaces, styles)]
        if op in BITWISE:
            bits = 8 * np.dtype(TYPES[types[0]]).itemsize
            if "shift" in op:
                b.store(random.integers(0, bits, b.index.shape).astype(TYPES[types[2]]))
                b.tensor.before = b.tensor.data.copy()
            compute = lambda: d.store(apply(op, a.raw(), b.raw()))
        elif engine == "gpsimd" and all(t in ("int32", "uint32") for t in types):
            wrap = TYPES[types[0]]
            compute = lambda: d.store(
                OPS[op](a.raw().astype(np.int64), b.raw().astype(np.int64)).astype(np.int64)
                .astype(wrap))
        else:
            compute = lambda: d.store(apply(op, a.values(), b.values()))
        sample("tensor_tensor", engine, {"dst": d, "data1": a, "data2": b, "op": op}, compute, ulp)

    f, s, p = ["float32"] * 3, ["sbuf"] * 3, ["plain"] * 3
    for op in ARITHMETIC:
        one(op, 5, 12, f, s, p, special=True)
    one("add", 128, 12, ["bfloat16"] * 3, s, p)
    one("multiply", 1, 40, ["float16", "bfloat16", "float32"], s, ["strided", "gaps", "reversed"])
    one("subtract", 32, 12, ["float32", "float16", "float32"], ["psum", "sbuf", "psum"],
        ["offset", "broadcast", "plain"])
    one("add", 32, 8, ["float8_e4m3", "float8_e5m2", "bfloat16"], s, ["low"] * 3)
    one("maximum", 5, 8, ["float8_e5m2", "float8_e4m3", "float8_e4m3"], s, p, special=True)
    one("add", 7, 8, ["int32", "int32", "int16"], s, p)
    one("multiply", 7, 8, ["int8", "uint8", "uint16"], s, p)
    one("add", 7, 8, ["int32"] * 3, s, p)
    for op in ("add", "subtract", "multiply", "maximum", "minimum", "less", "equal"):
        one(op, 6, 8, ["int32"] * 3, s, p, engine="gpsimd")
    one("add", 6, 8, ["uint32"] * 3, s, p, engine="gpsimd")
    one("add", 6, 8, ["tfloat32", "float32", "float32"], s, p)
    for op in BITWISE:
        one(op, 6, 8, ["int32"] * 3, s, p)
        one(op, 6, 8, ["uint16"] * 3, s, ["strided", "plain", "broadcast"])
        one(op, 6, 8, ["int8"] * 3, s, p)
    d, a, b = tile("d", 6, 8, blank=True), tile("a", 6, 8), tile("b", 6, 8)
    a.store(np.abs(a.values()))
    a.tensor.before = a.tensor.data.copy()
    sample("tensor_tensor", "gpsimd", {"dst": d, "data1": a, "data2": b, "op": "power"},
           lambda: d.store(apply("power", a.values(), b.values())), ulp=1)


def tensor_scalar_samples():
    def one(rows, columns, types, op0, o0, op1=None, o1=None, reverse=(False, False),
            engine="vector", spaces=("sbuf", "sbuf"), styles=("plain", "plain"), special=False,
            ulp=0, positive=False):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=special)
        if positive:
            a.store(np.abs(a.values()))
            a.tensor.before = a.tensor.data.copy()
        column = lambda n, o: tile(n, rows, 1) if o == "tile" else o
        o0, o1 = column("p", o0), column("q", o1)
        fields = {"dst": d, "data": a, "op0": op0, "reverse0": reverse[0], "reverse1": reverse[1]}
        if o0 is not None:
            fields["operand0"] = o0
        if op1:
            fields["op1"] = op1
        if o1 is not None:
            fields["operand1"] = o1

        def compute():
            if op0 in BITWISE + ["invert"]:
                kind = TYPES[types[1]]
                fit = lambda o: np.array(o or 0).astype(np.int64).astype(kind)
                result = apply(op0, a.raw(), fit(o0), reverse[0])
                if op1:
                    result = apply(op1, result, fit(o1), reverse[1])
            else:
                result = apply(op0, a.values(), scalar(o0 or 0), reverse[0])
                if op1:
                    result = apply(op1, result, scalar(o1 or 0), reverse[1])
            d.store(result)

        sample("tensor_scalar", engine, fields, compute, ulp)

    f = ("float32", "float32")
    for op in ARITHMETIC:
        one(4, 12, f, op, 1.5, special=True)
    for op in ("abs", "logical_not"):
        one(4, 12, f, op, None, special=True)
    one(4, 12, f, "rsqrt", None, positive=True, ulp=1)
    one(4, 12, f, "rsqrt", None, positive=True, ulp=1, engine="gpsimd")
    one(4, 12, f, "power", 1.5, positive=True, ulp=1)
    one(128, 8, ("bfloat16", "bfloat16"), "multiply", "tile", "add", "tile")
    one(1, 20, ("float16", "float32"), "subtract", "tile", "multiply", 0.125, (True, False))
    one(32, 8, f, "divide", "tile", "subtract", 2.0, (True, True), spaces=("psum", "sbuf"))
    one(32, 8, ("float32", "bfloat16"), "multiply", 3.0, "add", "tile", engine="scalar",
        spaces=("sbuf", "psum"), styles=("strided", "reversed"))
    one(32, 8, ("float8_e5m2", "float8_e4m3"), "add", 0.5, styles=("low", "low"))
    one(5, 8, ("int32", "int32"), "add", 1.0)
    one(5, 8, ("uint8", "float32"), "greater", 0.0)
    one(5, 8, ("int16", "float32"), "multiply", 1e4, special=True)
    one(5, 8, ("int32", "int32"), "bitwise_and", 255.0, "left_shift", 3.0)
    one(5, 8, ("uint16", "uint16"), "right_shift", 3.0, "bitwise_xor", 4097.0)
    one(5, 8, ("int8", "int8"), "right_shift", 2.0)
    one(5, 8, ("int32", "int32"), "right_shift", 5.0)
    one(5, 8, ("uint32", "uint32"), "invert", None)


def scalar_tensor_tensor_samples():
    def one(rows, columns, types, op0, o0, op1, reverse=(False, False), spaces=("sbuf",) * 3,
            styles=("plain",) * 3, special=False):
        d, a, b = [tile(n, rows, columns, t, s, y, blank=n == "d", special=special)
                   for n, t, s, y in zip("dab", types, spaces, styles)]
        o = tile("p", rows, 1) if o0 == "tile" else o0
        sample("scalar_tensor_tensor", "vector",
               {"dst": d, "data": a, "op0": op0, "operand0": o, "op1": op1, "operand1": b,
                "reverse0": reverse[0], "reverse1": reverse[1]},
               lambda: d.store(apply(op1, apply(op0, a.values(), scalar(o), reverse[0]),
                                     b.values(), reverse[1])))

    f = ("float32",) * 3
    one(128, 8, f, "multiply", "tile", "add")
    one(1, 24, ("bfloat16",) * 3, "subtract", "tile", "multiply")
    one(32, 8, ("float16", "float32", "bfloat16"), "add", 0.25, "divide", (False, True),
        ("psum", "psum", "sbuf"), ("plain", "strided", "reversed"))
    one(5, 12, f, "maximum", 0.0, "minimum", special=True)
    one(32, 8, f, "subtract", 2.0, "subtract", (True, True), styles=("low", "gaps", "broadcast"))
