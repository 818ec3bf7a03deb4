"""Functions of the Scalar engine."""

import math

import numpy as np

from .arithmetic import *
from .base import *


def erf(x):
    return np.vectorize(math.erf)(x)


def erfc(x):
    return np.vectorize(math.erfc)(x)


def limit(function):
    """x f(x) style functions at -infinity: their limit."""
    return lambda x: np.where(np.isneginf(x), -0.0, function(x))


def sine(x):
    d = np.abs(x) - math.pi
    return np.where(np.abs(x) > math.pi, np.sign(x) * (d ** 3 / 6 - d), np.sin(x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


ROOT = math.sqrt(2 / math.pi)
FUNCTIONS = {
    "copy": lambda x: x, "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x, "square": np.square,
    "relu": lambda x: np.where(x <= 0, 0.0, x), "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": limit(lambda x: x / (1 + np.exp(-x))), "tanh": np.tanh,
    "gelu": limit(lambda x: x * erfc(-x / math.sqrt(2)) / 2),
    "gelu_apprx_tanh": limit(lambda x: x / (1 + np.exp(-2 * ROOT * (x + 0.044715 * x ** 3)))),
    "gelu_apprx_sigmoid": limit(lambda x: x / (1 + np.exp(-1.702 * x))),
    "softplus": softplus, "mish": limit(lambda x: x * np.tanh(softplus(x))), "erf": erf,
    "sign": np.sign, "abs": np.abs, "sin": sine, "arctan": np.arctan,
}


def activation_samples():
    def one(op, rows, columns, types, bias, scale, spaces=("sbuf", "sbuf"),
            styles=("plain", "plain"), data=None, reduce=None, ulp=1):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], data=data)
        b = tile("b", rows, 1, bias[5:] or "float32") if str(bias).startswith("tile") else bias
        s = tile("s", rows, 1) if scale == "tile" else scale
        r = tile("r", rows, 1, reduce, blank=True) if reduce else None

        def compute():
            inner = (a.values() * scalar(s)).astype(F32)
            # Without a bias nothing is added, so -0 stays what it is.
            if isinstance(b, Tile) or b != 0:
                inner = inner + scalar(b)
            result = FUNCTIONS[op](inner.astype(np.float64)).astype(F32)
            d.store(result)
            if r:
                r.store(reduce_rows(result, "add"))

        fields = {"dst": d, "op": op, "data": a, "bias": b, "scale": s}
        if r:
            fields["reduce_res"] = r
        sample("activation_reduce" if r else "activation", "scalar", fields, compute, ulp,
               2e-6 if r else 0)

    f = ("float32", "float32")
    edges = SPECIAL + [1.0, -1.0, 9.0, -9.0, 88.8, -103.0, 1e-4, -1e-4, 0.099, 0.101, -0.5, 3.14,
                       3.15, -700.0, 30.0]
    edges = np.concatenate([np.array(edges, F32), random.normal(0, 2, 42).astype(F32)])
    for op in FUNCTIONS:
        one(op, 4, 16, f, 0.0, 1.0, data=edges[:64].reshape(4, 16))
    one("exp", 128, 6, ("bfloat16", "bfloat16"), "tile", 0.125)
    one("silu", 1, 40, ("float16", "float32"), 0.5, "tile", ("psum", "sbuf"))
    one("gelu", 32, 8, ("float32", "float16"), "tile:bfloat16", "tile", ("sbuf", "psum"),
        ("strided", "reversed"))
    one("copy", 32, 8, ("float8_e4m3", "int16"), 0.0, 0.01, styles=("low", "low"), ulp=0)
    one("square", 5, 8, ("int32", "float32"), 0.0, 2.0)
    one("exp", 128, 6, ("bfloat16", "float32"), "tile", "tile", reduce="float32")
    one("square", 1, 50, f, 0.0, 1.0, reduce="bfloat16", ulp=1)
    one("copy", 32, 8, ("float16", "bfloat16"), 1.0, 1.0, ("psum", "psum"), reduce="float32", ulp=0)
    one("sigmoid", 6, 9, f, 0.0, 1.0, styles=("gaps", "strided"), reduce="float32")


def derivative_samples():
    def phi(x):
        return erfc(-x / math.sqrt(2)) / 2

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    derivatives = {
        "gelu_dx": lambda x: phi(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
        "gelu_apprx_sigmoid_dx":
            lambda x: sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - sigmoid(1.702 * x))),
        "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        "erf_dx": lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x),
    }
    for op, function in derivatives.items():
        data = np.concatenate([random.normal(0, 3, 60), [0.0, 9.0, -9.0, 30.0]]).astype(F32)
        d, a = tile("d", 4, 16, blank=True), tile("a", 4, 16, data=data.reshape(4, 16))
        sample("activation", "scalar", {"dst": d, "op": op, "data": a},
               lambda: d.store(function(a.values().astype(np.float64)).astype(F32)), 1, 1e-12)

    # A reduction into the accumulators, by activation itself.
    d, a, r = tile("d", 6, 9, blank=True), tile("a", 6, 9), tile("r", 6, 1, blank=True)

    def compute():
        result = np.exp(a.values().astype(np.float64)).astype(F32)
        d.store(result)
        r.store(reduce_rows(result, "add"))

    sample("activation", "scalar",
           {"dst": d, "op": "exp", "data": a, "reduce_op": "add", "reduce_res": r,
            "reduce_cmd": "reset_reduce"}, compute, 1, 1e-3)
