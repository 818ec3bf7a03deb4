"""Instructions of NeuronCore-v4: products and quantisation of microscaling (MX) data, and others."""

import numpy as np

from .activations import FUNCTIONS
from .arithmetic import *
from .base import *
from .engine_state import numbers, seeded

PARTS = {"float8_e5m2_x4": ml_dtypes.float8_e5m2, "float8_e4m3fn_x4": ml_dtypes.float8_e4m3fn,
         "float4_e2m1fn_x4": ml_dtypes.float4_e2m1fn}


def packed(parts, dtype):
    """[P, N, 4] elements of one MX type as [P, N] packed ones, the first in the lowest bits."""
    codes = np.asarray(parts).view(np.uint8).astype(np.uint32)
    width = 4 if dtype == "float4_e2m1fn_x4" else 8
    return sum(codes[..., q] << (q * width) for q in range(4)).astype(TYPES[dtype])


def spread(scales, rows, start=0):
    """Which partitions hold the scales: one of `rows / 8` in four partitions of each quadrant."""
    return [start + 32 * (group // 4) + group % 4 for group in range(rows // 8)]


def scale_tile(name, codes, rows, dtype, start=0):
    """A tile that begins at partition `start` of a tensor with other numbers around it."""
    groups, columns = codes.shape
    tensor = Tensor(name, "sbuf", dtype, [rows, columns], noise((rows, columns), dtype))
    tensor.data[spread(codes, 8 * groups, start)] = codes
    tensor.before = tensor.data.copy()
    return tensor.tile(rows=min(rows - start, 128), row=start)


def mx_samples():
    def product(rows, m, n, kinds, accumulate=False, output="float32", scales="uint8", start=0, style="plain",
                extra=None):
        def operand(name, columns, dtype, form="plain"):
            part = PARTS[dtype]
            parts = random.normal(0, 2, (rows, columns, 4)).astype(F32).astype(part)
            codes = random.integers(118, 134, (rows // 8, columns)).astype(np.uint8)
            bits = tile(name, rows, columns, dtype, style=form, data=packed(parts, dtype))
            # A group of 8 partitions by 4 elements shares a scale.
            factor = np.repeat(2.0 ** (codes.astype(np.float64) - 127), 8, axis=0)
            held = start + 32 * (rows // 32 - 1) + 4
            return bits, scale_tile(f"{name}s", codes, held, scales, start), parts.astype(np.float64) * factor[..., None]

        d = tile("d", m, n, output, "psum", blank=not accumulate, matmul=accumulate)
        w, ws, left = operand("w", m, kinds[0])
        x, xs, right = operand("x", n, kinds[1], style)
        wide = np.einsum("kmq,knq->mn", np.abs(left), np.abs(right))

        def compute():
            total = np.einsum("kmq,knq->mn", left, right)
            d.store((d.values() + total).astype(F32) if accumulate else total.astype(F32))

        sample("nc_matmul_mx", "tensor",
               {"dst": d, "stationary": w, "moving": x, "stationary_scale": ws, "moving_scale": xs,
                "accumulate": accumulate, **(extra or {})},
               compute, 1, float(wide.max()) * 4 * rows * 2.0 ** -24, 4)

    e5, e4, f4 = PARTS
    product(128, 16, 24, (e5, e5))
    product(32, 6, 40, (e4, f4), scales="float8_e8m0fnu")
    product(64, 10, 12, (f4, e5), True, start=8)
    product(128, 8, 20, (e4, e4), output="bfloat16", start=4)
    product(96, 8, 10, (e4, e5), True, "bfloat16", style="strided")
    product(32, 8, 8, (f4, f4), start=12, extra={"tile_position": [96, 0], "tile_size": [32, 128]})

    def quantise(rows, columns, source, kind, scales="uint8", start=0, style="plain", block="doubled", values=None):
        part = PARTS[kind]
        a = tile("a", rows, columns, source, style=style, data=values)
        d = tile("d", rows, columns // 4, kind, blank=True)
        held = start + 32 * (rows // 32 - 1) + 4
        s = scale_tile("s", np.zeros((rows // 8, columns // 4), np.uint8), held, scales, start)

        def compute():
            groups = a.values().astype(np.float64).reshape(rows // 8, 8, columns // 4, 4)
            most = np.abs(groups).max(axis=(1, 3))
            # frexp gives a fraction of 1/2 to 1, so the exponent is one more than the logarithm's floor.
            exponent = np.frexp(most)[1] - 1 - (15 if part is ml_dtypes.float8_e5m2 else 8)
            if block == "doubled":
                exponent = exponent + 1
            exponent = np.where(most == 0, -127, np.maximum(exponent, -127))
            scaled = groups / (2.0 ** exponent)[:, None, :, None]
            top = float(ml_dtypes.finfo(part).max)
            found = np.clip(scaled, -top, top).astype(F32).astype(part)
            d.store(packed(found.reshape(rows, columns // 4, 4), kind))
            s.tensor.data[spread(exponent, rows, start)] = (exponent + 127).astype(np.uint8)
            s.tensor.changed = True

        sample("quantize_mx", "vector", {"dst": d, "src": a, "dst_scale": s, "block_scale": block}, compute,
               generation=4)

    b, h = "bfloat16", "float16"
    quantise(128, 32, b, e4)
    quantise(32, 40, h, e5, "float8_e8m0fnu")
    quantise(64, 24, b, e5, start=8, style="strided")
    quantise(96, 16, h, e4, start=12, block="ocp")
    quantise(32, 16, b, e5, block="ocp")
    # Groups of zeros, of the least and of large numbers, and halves of the last place.
    edges = np.zeros((32, 16), F32)
    edges[8, 0], edges[8:16, 4], edges[16:24, 8:12], edges[24, 12] = 1e-40, 3e38, 1.0625, -65504
    quantise(32, 16, b, e4, values=edges)


    # Copies move the bits of packed elements and scales.
    for kind in sorted(OPAQUE):
        d = tile("d", 8, 6, kind, blank=True, style="strided")
        a = tile("a", 8, 6, kind, style="reversed")
        sample("tensor_copy", "vector", {"dst": d, "src": a}, lambda: d.store_bits(a.bits()))
        d, a = tile("d", 8, 6, kind, blank=True), tile("a", 8, 6, kind, "hbm")
        sample("dma_copy", "sync", {"dst": d, "src": a}, lambda: d.store_bits(a.bits()))
    d = tile("d", 4, 9, "float4_e2m1fn_x4", blank=True)
    sample("memset", "vector", {"dst": d, "value": 0.0}, lambda: d.store_bits(np.zeros((4, 9), np.uint16)))


def vector_samples():
    def exponential(rows, columns, types, most, spaces=("sbuf", "sbuf"), styles=("plain", "plain"),
                    command=None, initial=None, result=None):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1])
        m = tile("m", rows, 1) if most == "tile" else most
        i = tile("i", rows, 1) if initial == "tile" else initial
        fields = {"dst": d, "src": a, "max_value": m}
        r = tile("r", rows, 1, result or "float32", blank=True) if command else None
        if command:
            fields |= {"reduce_res": r, "reduce_cmd": command}
        if i is not None:
            fields["reduce_init"] = i

        def compute():
            values = np.exp((a.values() - scalar(m)).astype(F32).astype(np.float64)).astype(F32)
            d.store(values)
            if r:
                start = scalar(i) if i is not None else np.zeros((rows, 1), F32)
                r.store(start.astype(np.float64) + values.astype(np.float64).sum(1, keepdims=True))

        sample("exponential", "vector", fields, compute, 1, 1e-4 if command else 0.0, 4)

    exponential(128, 8, ("float32", "float32"), "tile")
    exponential(32, 24, ("bfloat16", "bfloat16"), 0.5, ("sbuf", "psum"), ("low", "plain"))
    exponential(7, 12, ("float16", "int8"), 100.0, styles=("strided", "gaps"))
    exponential(16, 30, ("float32", "bfloat16"), "tile", command="reset_reduce")
    exponential(5, 9, ("bfloat16", "float16"), 1.0, command="load_reduce", initial="tile", result="bfloat16")
    exponential(3, 9, ("float8_e5m2", "float32"), 0.0, command="load_reduce", initial=2.5)

    def rand2(rows, columns, dtype, low, high, space="sbuf", style="plain"):
        d = tile("d", rows, columns, dtype, space, style, blank=True)
        ends = np.sort(random.normal(0, 50, (rows, 2)).astype(F32), axis=1)
        a = tile("a", rows, 1, data=ends[:, :1]) if low == "tile" else low
        b = tile("b", rows, 1, data=ends[:, 1:]) if high == "tile" else high
        first = d.tensor.partition

        def compute():
            bits = np.array([numbers(seeded(0, first + row), columns) for row in range(rows)], np.uint64)
            share = (bits >> np.uint64(8)).astype(F32) * F32(2.0 ** -24)
            least, most = scalar(a), scalar(b)
            d.store(np.minimum(least + share * (most - least), most))

        sample("rand2", "vector", {"dst": d, "min": a, "max": b}, compute, generation=4)

    rand2(128, 6, "float32", 0.0, 1.0)
    rand2(32, 12, "bfloat16", -2.0, 3.0, "psum", "strided")
    rand2(16, 20, "int32", "tile", "tile", style="low")
    rand2(3, 30, "uint32", 0.0, 4294967040.0)
    rand2(5, 9, "float8_e5m2", "tile", 200.0)


    def first(op, operation, rows, columns, types, **more):
        d = tile("d", rows, columns, types[0], blank=True)
        a = tile("a", rows, columns, types[1], special=True)
        fields = {"dst": d, "data": a, "op0": op, **more}
        r = tile("r", rows, 1, blank=True) if operation == "tensor_scalar_reduce" else None
        if r:
            fields |= {"reduce_op": "maximum", "reduce_res": r}

        def compute():
            x = a.values()
            x = x * x if op == "square" else np.where(x <= 0, F32(0), x)
            if "operand1" in more:
                x = x + F32(more["operand1"])
            d.store(x)
            if r:
                r.store(reduce_rows(x, "maximum")[:, None])

        sample(operation, more.get("engine", "vector"), {k: v for k, v in fields.items() if k != "engine"}, compute,
               generation=4)

    first("square", "tensor_scalar", 16, 12, ("float32", "float32"))
    first("relu", "tensor_scalar", 16, 12, ("bfloat16", "float32"), op1="add", operand1=1.5)
    first("square", "tensor_scalar", 8, 9, ("float32", "bfloat16"), engine="scalar")
    first("square", "tensor_scalar_reduce", 8, 9, ("float32", "float32"))
    first("relu", "tensor_scalar_reduce", 8, 9, ("float16", "float32"))
    # The Scalar engine subtracts, too.
    d, a = tile("d", 5, 8, blank=True), tile("a", 5, 8)
    sample("tensor_scalar", "scalar", {"dst": d, "data": a, "op0": "subtract", "operand0": 2.0, "reverse0": True},
           lambda: d.store(F32(2) - a.values()), generation=4)


def activate_samples():
    steps = {"multiply": lambda x, y: x * y, "add": lambda x, y: x + y, "subtract": lambda x, y: x - y}
    reduces = {"add": lambda x: x.astype(np.float64).sum(1), "maximum": lambda x: x.max(1),
               "minimum": lambda x: x.min(1), "abs_max": lambda x: np.abs(x).max(1),
               "abs_min": lambda x: np.abs(x).min(1)}

    def one(op, rows, columns, types, op0, imm0, op1, imm1, reverse=(False, False), spaces=("sbuf", "sbuf"),
            styles=("plain", "plain"), reduce=None, slope=0.0):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1])

        def operand(name, value):
            return tile(name, rows, 1, value[5:] or "float32") if str(value).startswith("tile") else value

        first, second, s = operand("i", imm0), operand("j", imm1), operand("s", slope)
        fields = {"dst": d, "op": op, "data": a, "imm0": first, "imm1": second, "op0": op0, "op1": op1,
                  "reverse0": reverse[0], "reverse1": reverse[1], "relu_param": s}
        r = tile("r", rows, 1, blank=True) if reduce else None
        if reduce:
            fields |= {"reduce_op": reduce, "reduce_res": r, "reduce_cmd": "reset_reduce"}

        def compute():
            x = a.values()
            for name, value, swapped in ((op0, first, reverse[0]), (op1, second, reverse[1])):
                if name != "bypass":
                    pair = (scalar(value), x) if swapped else (x, scalar(value))
                    x = steps[name](*pair).astype(F32)
            if op == "prelu":
                x = np.where(x < 0, x * scalar(s), x).astype(F32)
            else:
                x = FUNCTIONS[op](x.astype(np.float64)).astype(F32)
            d.store(x)
            if r:
                r.store(reduces[reduce](x)[:, None])

        sample("activate2", "scalar", fields, compute, 1, 1e-4 if reduce == "add" else 0.0, 4)

    f, b = ("float32", "float32"), ("bfloat16", "bfloat16")
    one("gelu", 128, 8, f, "multiply", 2.0, "add", 0.5)
    one("exp", 32, 20, b, "multiply", "tile", "subtract", "tile", spaces=("sbuf", "psum"), styles=("low", "plain"))
    one("square", 7, 12, f, "multiply", 0.25, "bypass", 0.0, styles=("strided", "gaps"), reduce="add")
    one("sigmoid", 16, 9, f, "add", "tilebfloat16", "bypass", 0.0, reduce="maximum")
    one("copy", 16, 9, f, "subtract", 1.5, "bypass", 0.0, (True, False), reduce="minimum")
    one("prelu", 5, 30, ("float16", "float32"), "multiply", 3.0, "subtract", 1.0, (False, True), reduce="abs_max",
        slope="tile")
    one("prelu", 4, 8, f, "bypass", 0.0, "bypass", 0.0, reduce="abs_min", slope=0.25)
    one("tanh", 3, 8, ("float32", "int16"), "bypass", 0.0, "bypass", 0.0)
