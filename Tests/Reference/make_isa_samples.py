"""Writes Tests/ISATests/Data/isa.bin.zst: inputs and results of every operation, by NumPy.

Needs numpy, ml_dtypes and the zstd command. Run it from anywhere; the output is always the same.

The file is a little-endian uint32, the length of a JSON text, that text, and a block of bytes. The text
is a list of samples:

  operation, engine   the names
  tensors             name, space, dtype, shape, partition, address; `data` is where its bytes before
                      the operation begin in the block (none: never written), `expected` where those
                      after it begin (none: unchanged); `matmul`: whether a matmul wrote it
  fields              name and one of tile, number, integer, flag, symbol, integers, pairs
  ulp                 how many units in the last place of its type a result may be off
  absolute            how much a result may be off in all, where that is larger

Arithmetic is float32 here as in the machine, so most results agree to the last bit. NaN has many codes:
that something is a NaN is compared, not which.
"""

import json
import math
import pathlib
import struct
import subprocess

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "ISATests" / "Data" / "isa.bin.zst"

TYPES = {
    "float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16,
    "tfloat32": np.float32, "float8_e4m3": ml_dtypes.float8_e4m3,
    "float8_e5m2": ml_dtypes.float8_e5m2, "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "uint8": np.uint8,
    "uint16": np.uint16, "uint32": np.uint32,
}
UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32}
F32 = np.float32
np.seterr(all="ignore")
random = np.random.default_rng(20)
block = bytearray()
samples = []


def is_integer(dtype):
    return "int" in dtype


def rounded(values, dtype):
    """Values as the machine stores them."""
    values = np.asarray(values)
    if is_integer(dtype):
        info = np.iinfo(TYPES[dtype])
        if values.dtype.kind in "iu":
            return np.clip(values, info.min, info.max).astype(TYPES[dtype])
        wide = np.where(np.isnan(values), 0, values).astype(np.float64)
        return np.clip(np.rint(wide), info.min, info.max).astype(np.int64).astype(TYPES[dtype])
    values = values.astype(F32)
    if dtype.startswith("float8"):
        top = F32(ml_dtypes.finfo(TYPES[dtype]).max)
        values = np.where(np.isfinite(values), np.clip(values, -top, top), values)
    if dtype == "tfloat32":
        bits = values.view(np.uint32)
        even = (bits + 0x0FFF + ((bits >> 13) & 1)) & np.uint32(0xFFFFE000)
        return np.where(np.isfinite(values), even.view(F32), values)
    return values.astype(TYPES[dtype])


class Tensor:
    def __init__(self, name, space, dtype, shape, data=None, partition=0, matmul=False):
        self.name, self.space, self.dtype, self.shape = name, space, dtype, list(shape)
        self.partition, self.matmul, self.address = partition, matmul, 0
        free = math.prod(shape[1:])
        self.written = data is not None
        if data is None:
            data = np.zeros((shape[0], free), TYPES[dtype])
        self.data = np.array(data, TYPES[dtype]).reshape(shape[0], free)
        self.before = self.data.copy()

    def tile(self, rows=None, row=0, offset=0, free=None, row_stride=None):
        return Tile(self, rows, row, offset, free, row_stride)


class Tile:
    """An access pattern: rows times strided free dimensions."""

    def __init__(self, tensor, rows, row, offset, free, row_stride):
        self.tensor, self.row, self.offset = tensor, row, offset
        width = tensor.data.shape[1]
        self.rows = tensor.shape[0] if rows is None else rows
        self.free = [[1, width]] if free is None else free
        on_chip = tensor.space != "hbm"
        self.row_stride = 0 if on_chip else width if row_stride is None else row_stride
        index = np.zeros(1, np.int64)
        for stride, size in self.free:
            index = (index[:, None] + stride * np.arange(size)[None, :]).reshape(-1)
        if on_chip:
            first = (self.row + np.arange(self.rows)) * width
        else:
            first = np.arange(self.rows) * self.row_stride
        self.index = first[:, None] + self.offset + index[None, :]

    @property
    def dtype(self):
        return self.tensor.dtype

    def raw(self):
        return self.tensor.data.reshape(-1)[self.index]

    def values(self):
        return self.raw().astype(F32)

    def bits(self):
        return self.raw().view(UNSIGNED[self.raw().dtype.itemsize])

    def store(self, values):
        """Rounds and writes; bits of the tensor's own type are taken as they are."""
        values = np.asarray(values)
        if values.dtype != TYPES[self.dtype] or self.dtype == "tfloat32":
            values = rounded(values, self.dtype)
        self.tensor.data.reshape(-1)[self.index] = values.reshape(self.index.shape)
        self.tensor.written = self.tensor.changed = True

    def store_bits(self, bits):
        kind = UNSIGNED[np.dtype(TYPES[self.dtype]).itemsize]
        flat = self.tensor.data.reshape(-1).view(kind)
        flat[self.index] = bits.astype(kind).reshape(self.index.shape)
        self.tensor.changed = True


def field(value):
    if isinstance(value, Tile):
        return {"tile": value}
    if isinstance(value, bool):
        return {"flag": value}
    if isinstance(value, str):
        return {"symbol": value}
    if isinstance(value, int):
        return {"integer": value}
    if isinstance(value, (float, np.floating)):
        return {"number": float(value)}
    if value and isinstance(value[0], list):
        return {"pairs": value}
    return {"integers": list(value)}


def put(array):
    at = len(block)
    block.extend(np.ascontiguousarray(array).tobytes())
    return at


def sample(operation, engine, fields, compute, ulp=0, absolute=0.0):
    """Runs `compute` on the fields' tiles and records what was there before and after."""
    tensors, used = [], {"hbm": 0, "sbuf": 0, "psum": 0}
    described = []
    for name, value in fields.items():
        if isinstance(value, Tile) and value.tensor not in tensors:
            tensors.append(value.tensor)
    written = {t.name: t.written for t in tensors}
    for t in tensors:
        t.changed = False
    compute()
    for t in tensors:
        if t.space != "hbm":
            t.address = used[t.space]
            size = t.data.shape[1] * np.dtype(TYPES[t.dtype]).itemsize
            # Every PSUM tensor begins a bank.
            unit = 2048 if t.space == "psum" else 64
            used[t.space] += -(-size // unit) * unit
        described.append({
            "name": t.name, "space": t.space, "dtype": t.dtype, "shape": t.shape,
            "partition": t.partition, "address": t.address, "matmul": t.matmul,
            "data": put(t.before) if written[t.name] else None,
            "expected": put(t.data) if t.changed else None,
        })
    listed = []
    for name, value in fields.items():
        entry = {"name": name, **field(value)}
        if "tile" in entry:
            tile = entry["tile"]
            entry["tile"] = {
                "tensor": tensors.index(tile.tensor), "row": tile.row, "rows": tile.rows,
                "rowStride": tile.row_stride, "offset": tile.offset, "free": tile.free}
        listed.append(entry)
    samples.append({
        "operation": operation, "engine": engine, "tensors": described, "fields": listed,
        "ulp": ulp, "absolute": absolute})


SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-42, 3.4e38]


def noise(shape, dtype="float32", scale=3.0, special=False):
    """Random data; the integers of small types cover their whole range."""
    if is_integer(dtype):
        info = np.iinfo(TYPES[dtype])
        return random.integers(info.min, info.max, shape, endpoint=True).astype(TYPES[dtype])
    values = random.normal(0, scale, shape).astype(F32)
    if special:
        flat = values.reshape(-1)
        flat[random.permutation(flat.size)[:len(SPECIAL)]] = SPECIAL[:flat.size]
    return rounded(values, dtype)


def tile(name, rows, columns, dtype="float32", space="sbuf", style="plain", data=None, blank=False,
         special=False, scale=3.0, matmul=False):
    """A tile of rows x columns in a tensor of its own, laid out in one of several ways."""
    partition = 32 if style == "low" and rows <= 32 else 0
    widths = {"plain": columns, "low": columns, "strided": 2 * columns + 1, "gaps": 2 * columns + 3,
              "reversed": columns + 2, "broadcast": 2, "offset": columns + 5}
    width = widths[style]
    raw = noise((rows, width), dtype, scale, special)
    tensor = Tensor(name, space, dtype, [rows, width], None if blank else raw, partition, matmul)
    if style == "strided":
        made = tensor.tile(offset=1, free=[[2, columns]])
    elif style == "gaps":
        inner = 4 if columns % 4 == 0 else 1
        made = tensor.tile(offset=2, free=[[2 * inner, columns // inner], [1, inner]])
    elif style == "reversed":
        made = tensor.tile(offset=columns, free=[[-1, columns]])
    elif style == "broadcast":
        made = tensor.tile(offset=1, free=[[0, columns]])
    elif style == "offset":
        made = tensor.tile(offset=3, free=[[1, columns]])
    else:
        made = tensor.tile()
    if data is not None:
        made.store(data)
        tensor.before = tensor.data.copy()
        tensor.written = True
    return made


# Arithmetic

def nan_max(a, b):
    return np.where(np.isnan(a) | np.isnan(b), F32(np.nan), np.where(a > b, a, b)).astype(F32)


def nan_min(a, b):
    return np.where(np.isnan(a) | np.isnan(b), F32(np.nan), np.where(a < b, a, b)).astype(F32)


OPS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "maximum": nan_max, "minimum": nan_min,
    "abs_max": lambda a, b: nan_max(np.abs(a), np.abs(b)),
    "abs_min": lambda a, b: nan_min(np.abs(a), np.abs(b)),
    "power": lambda a, b: np.power(a.astype(np.float64), b.astype(np.float64)).astype(F32),
    "equal": np.equal, "not_equal": np.not_equal, "greater": np.greater,
    "greater_equal": np.greater_equal, "less": np.less, "less_equal": np.less_equal,
    "logical_and": lambda a, b: (a != 0) & (b != 0), "logical_or": lambda a, b: (a != 0) | (b != 0),
    "logical_xor": lambda a, b: (a != 0) != (b != 0),
    "abs": lambda a, b: np.abs(a), "rsqrt": lambda a, b: (1 / np.sqrt(a.astype(np.float64))),
    "logical_not": lambda a, b: a == 0,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "invert": lambda a, b: ~a, "left_shift": np.left_shift, "right_shift": np.right_shift,
}
BITWISE = ["bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"]
ARITHMETIC = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "abs_max", "abs_min",
              "equal", "not_equal", "greater", "greater_equal", "less", "less_equal",
              "logical_and", "logical_or", "logical_xor"]


def apply(op, a, b, reverse=False):
    a, b = (b, a) if reverse else (a, b)
    a, b = np.broadcast_arrays(a, b)
    result = OPS[op](a, b)
    return result if op in BITWISE + ["invert"] else result.astype(F32)


def scalar(value):
    """A number or a [P, 1] tile as an array that broadcasts along rows."""
    return value.values() if isinstance(value, Tile) else F32(value)


def reduce_rows(values, op):
    """From the first element on, in float32."""
    result = values[..., 0]
    for i in range(1, values.shape[-1]):
        result = apply(op, result, values[..., i])
    return result


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

    for dtype in TYPES:
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


def select_samples():
    def affine(rows, columns, types, pattern, offset, multiplier, op, value,
               styles=("plain", "plain"), special=False):
        d = tile("d", rows, columns, types[0], style=styles[0], blank=True)
        a = tile("a", rows, columns, types[1], style=styles[1], special=special)

        def compute():
            index = np.zeros(1, np.int64)
            for step, count in pattern:
                index = (index[:, None] + step * np.arange(count)[None, :]).reshape(-1)
            position = offset + multiplier * np.arange(rows)[:, None] + index[None, :]
            d.store(np.where(OPS[op](position, 0), a.values(), F32(value)))

        sample("affine_select", "gpsimd", {
            "dst": d, "pattern": pattern, "offset": offset, "channel_multiplier": multiplier,
            "on_true_tile": a, "on_false_value": value, "cmp_op": op}, compute)

    for op in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
        affine(8, 8, ("float32", "float32"), [[-1, 8]], 0, 1, op, -1e9)
    affine(128, 6, ("bfloat16", "bfloat16"), [[-1, 6]], -60, 1, "greater_equal", -3e38)
    affine(1, 24, ("float16", "float32"), [[-8, 4], [1, 6]], 3, 0, "less", 0.0,
           ("strided", "reversed"))
    affine(32, 8, ("float32", "int16"), [[2, 8]], -7, -1, "greater", 5.5, ("low", "low"))
    affine(5, 8, ("float32", "float32"), [[1, 8]], -4, 0, "less", 1.0, special=True)

    def ranged(rows, columns, types, ops, start, spaces=("sbuf", "sbuf"), reduce=None,
               styles=("plain", "plain"), special=False):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=special)
        low = tile("l", rows, 1, data=random.integers(start, start + columns, (rows, 1)).astype(F32))
        high = tile("h", rows, 1, data=random.integers(start, start + columns, (rows, 1)).astype(F32))
        r = tile("r", rows, 1, reduce, blank=True) if reduce else None
        lowest = -np.finfo(F32).max

        def compute():
            index = (np.arange(columns) + start).astype(F32)[None, :]
            inside = OPS[ops[0]](index, low.values()) & OPS[ops[1]](index, high.values())
            result = np.where(inside, a.values(), lowest).astype(F32)
            d.store(result)
            if r:
                r.store(reduce_rows(result, "maximum"))

        fields = {"dst": d, "on_true_tile": a, "comp_op0": ops[0], "comp_op1": ops[1],
                  "bound0": low, "bound1": high, "range_start": start}
        if r:
            fields["reduce_res"] = r
        sample("range_select", "vector", fields, compute)

    both = ("greater_equal", "less")
    ranged(128, 8, ("float32", "float32"), both, 0, reduce="float32")
    ranged(32, 8, ("bfloat16", "bfloat16"), both, 100, reduce="float32", styles=("low", "low"))
    ranged(1, 24, ("float16", "float32"), ("less_equal", "not_equal"), 0, ("sbuf", "psum"))
    ranged(6, 8, ("float32", "float16"), ("greater", "equal"), 3, ("psum", "psum"), "bfloat16")
    ranged(6, 8, ("float32", "float32"), both, 0, reduce="float32", styles=("gaps", "reversed"),
           special=True)

    def predicated(rows, columns, dtype, kind, spaces=("sbuf",) * 3, styles=("plain",) * 3,
                   reverse=False, whole=False, special=False):
        d = tile("d", rows, columns, dtype, spaces[0], styles[0], blank=whole)
        a = tile("a", rows, columns, dtype, spaces[1], styles[1], special=special)
        chosen = np.ones((rows, columns)) if whole else random.integers(0, 2, (rows, columns))
        chosen = chosen * random.integers(1, 200, (rows, columns))
        p = tile("p", rows, columns, kind, spaces[2], styles[2], data=chosen.astype(TYPES[kind]))

        def compute():
            take = (p.raw() != 0) != reverse
            d.store_bits(np.where(take, a.bits(), d.bits()))

        sample("tensor_copy_predicated", "vector", {
            "dst": d, "src": a, "predicate": p, "reverse_pred": reverse}, compute)

    predicated(128, 5, "float32", "uint8")
    predicated(1, 20, "bfloat16", "uint16", ("psum", "psum", "sbuf"), reverse=True, special=True)
    predicated(32, 8, "int32", "uint32", ("sbuf", "sbuf", "psum"), ("strided", "reversed", "gaps"))
    predicated(32, 8, "float8_e4m3", "uint8", styles=("low",) * 3)
    predicated(6, 8, "float16", "uint8", whole=True)


def top_samples():
    def ties(rows, columns, dtype):
        return rounded(random.integers(-6, 7, (rows, columns)).astype(F32), dtype)

    def max8(rows, columns, types, data=None, spaces=("sbuf", "sbuf"), style="plain"):
        d = tile("d", rows, 8, types[0], spaces[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], style, data=data)
        sample("max8", "vector", {"dst": d, "src": a},
               lambda: d.store(np.sort(a.values(), axis=1)[:, ::-1][:, :8]))

    max8(128, 9, ("float32", "float32"))
    max8(1, 300, ("bfloat16", "float32"), spaces=("psum", "sbuf"))
    max8(32, 8, ("float32", "float16"), style="strided")
    max8(6, 20, ("float32", "bfloat16"), ties(6, 20, "bfloat16"))
    max8(6, 20, ("float16", "int16"), style="gaps")
    odd = noise((4, 20), special=True)
    max8(4, 20, ("float32", "float32"), odd)

    def matches(row, wanted, descending):
        """Independent of the machine's way: queues of positions for each distinct value."""
        found = [0xFFFFFFFF] * 8
        for value in set(v for v in wanted if v == v):
            places = [i for i, x in enumerate(row) if x == value]
            columns = [j for j in range(8) if wanted[j] == value]
            for j, i in zip(columns[::-1] if descending else columns, places):
                found[j] = i
        return found

    def wanted_of(data, absent=True):
        wanted = np.sort(data, axis=1)[:, ::-1][:, :8].copy()
        if absent:
            wanted[:, 5] = 1000.0
        return wanted

    def find(rows, columns, dtype, kind, data, spaces=("sbuf",) * 3, style="plain"):
        d = tile("d", rows, 8, kind, spaces[0], blank=True)
        a = tile("a", rows, columns, dtype, spaces[1], style, data=data)
        v = tile("v", rows, 8, "float32", spaces[2], data=wanted_of(a.values()))

        def compute():
            found = [matches(list(x), list(w), False) for x, w in zip(a.values(), v.values())]
            d.store_bits(np.array(found, np.uint32))

        sample("nc_find_index8", "vector", {"dst": d, "data": a, "vals": v}, compute)

    def replace(rows, columns, types, data, index=None, imm=-1e30, spaces=("sbuf",) * 3,
                styles=("plain", "plain"), wanted=None):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], data=data)
        v = tile("v", rows, 8, "float32", spaces[2],
                 data=wanted_of(a.values()) if wanted is None else wanted)
        r = tile("r", rows, 8, index, blank=True) if index else None

        def compute():
            found = [matches(list(x), list(w), True) for x, w in zip(a.values(), v.values())]
            result = a.values().copy()
            for row, places in enumerate(found):
                for i in places:
                    if i != 0xFFFFFFFF:
                        result[row, i] = F32(imm)
            d.store(result)
            if r:
                r.store_bits(np.array(found, np.uint32))

        fields = {"dst": d, "data": a, "vals": v, "imm": imm}
        if r:
            fields["dst_idx"] = r
        sample("nc_match_replace8", "vector", fields, compute)

    find(128, 12, "float32", "uint32", ties(128, 12, "float32"))
    find(1, 300, "bfloat16", "uint16", ties(1, 300, "bfloat16"), ("psum", "sbuf", "sbuf"))
    find(32, 10, "float16", "uint16", noise((32, 10), "float16"), style="strided")
    find(4, 20, "float32", "uint32", odd, ("sbuf", "psum", "psum"))
    replace(128, 12, ("float32", "float32"), ties(128, 12, "float32"), "uint32")
    replace(1, 300, ("bfloat16", "float32"), ties(1, 300, "float32"), "uint16", -3.0)
    replace(32, 10, ("float16", "float16"), noise((32, 10), "float16"), None, 0.0,
            ("psum", "sbuf", "sbuf"), ("gaps", "strided"))
    replace(4, 20, ("float32", "float32"), odd, "uint32")
    # The example of the NKI documentation: duplicates are paired in descending order.
    replace(1, 11, ("float32", "float32"), np.array([[1, 2, 3, 4] + [8] * 7], F32), "uint32", 0.0,
            wanted=np.array([[3] + [8] * 7], F32))

    def shuffle(rows, columns, dtype, mask, spaces=("sbuf", "sbuf"), styles=("plain", "plain"),
                in_place=False):
        a = tile("a", rows, columns, dtype, spaces[1], styles[1])
        d = a if in_place else tile("d", rows, columns, dtype, spaces[0], styles[0])

        def compute():
            old, bits = a.bits().copy(), d.bits().copy()
            for row in range(rows):
                if mask[row % 32] != 255:
                    bits[row] = old[row // 32 * 32 + mask[row % 32]]
            d.store_bits(bits)

        sample("nc_stream_shuffle", "vector", {"dst": d, "src": a, "shuffle_mask": mask}, compute)

    some = [int(x) for x in random.permutation(32)]
    kept = [255 if i % 3 == 0 else (i * 7) % 32 for i in range(32)]
    shuffle(128, 3, "float32", some)
    shuffle(32, 6, "bfloat16", kept, ("psum", "sbuf"), ("strided", "low"))
    shuffle(64, 4, "int32", [0] * 32, ("sbuf", "psum"))
    shuffle(96, 2, "uint8", kept)
    shuffle(32, 4, "float16", some, in_place=True)
    shuffle(4, 4, "float32", [3, 2, 1, 0] + [255] * 28)


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


def dma_samples():
    def copy(rows, columns, types, spaces, styles=("plain", "plain"), engine="sync"):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=True)

        def compute():
            if types[0] == types[1]:
                d.store_bits(a.bits())
            else:
                d.store(a.values())

        sample("dma_copy", engine, {"dst": d, "src": a}, compute)

    copy(128, 5, ("float32", "float32"), ("sbuf", "hbm"))
    copy(7, 12, ("bfloat16", "float32"), ("hbm", "sbuf"), ("plain", "strided"))
    copy(1, 20, ("int32", "int32"), ("sbuf", "sbuf"), ("gaps", "reversed"), "gpsimd")
    copy(32, 8, ("float8_e4m3", "float8_e4m3"), ("hbm", "hbm"), engine="scalar")
    copy(5, 8, ("float16", "bfloat16"), ("sbuf", "hbm"), ("plain", "broadcast"))

    def gather(rows, table_rows, columns, indices, mode="error", scatter=False, dtype="float32"):
        table = Tensor("t", "hbm", dtype, [table_rows, columns], noise((table_rows, columns), dtype))
        other = tile("o", rows, columns, dtype, blank=not scatter and mode == "error")
        index = tile("i", rows, 1, "int32", data=np.array(indices, np.int32).reshape(-1, 1))
        moved = table.tile(rows=rows)
        fields = {"dst": moved if scatter else other, "src": other if scatter else moved,
                  "vector_offset": index, "indirect": "dst" if scatter else "src",
                  "oob_mode": mode, "dge_mode": "swdge"}

        def compute():
            for row, place in enumerate(indices):
                if not 0 <= place < table_rows:
                    continue
                if scatter:
                    table.data[place] = other.tensor.data[row]
                else:
                    other.tensor.data[row] = table.data[place]
            (table if scatter else other.tensor).changed = True

        sample("dma_copy", "gpsimd", fields, compute)

    gather(6, 20, 9, [3, 3, 0, 19, 7, 11])
    gather(5, 20, 9, [3, 20, 0, -1, 7], "skip", dtype="bfloat16")
    gather(6, 20, 9, [3, 5, 0, 19, 7, 11], scatter=True)
    gather(4, 6, 5, [3, 77, 0, 5], "skip", True)

    table = Tensor("t", "hbm", "float32", [10, 8], noise((10, 8)))
    d = tile("d", 3, 8, blank=True)
    i = tile("i", 1, 1, "int32", data=np.array([[4]], np.int32))
    sample("dma_copy", "sync",
           {"dst": d, "src": table.tile(rows=3), "scalar_offset": i, "indirect": "src"},
           lambda: d.store(table.data[4:7]))


for make in (dma_samples, transpose_samples, matmul_samples, simple_samples, tensor_tensor_samples,
             tensor_scalar_samples, scalar_tensor_tensor_samples, reduce_samples,
             partition_reduce_samples, scalar_reduce_samples, activation_samples, select_samples,
             top_samples):
    make()

text = json.dumps(samples, separators=(",", ":")).encode()
OUT.parent.mkdir(parents=True, exist_ok=True)
subprocess.run(["zstd", "-19", "--ultra", "-q", "-f", "-o", str(OUT)],
               input=struct.pack("<I", len(text)) + text + bytes(block), check=True)
print(len(samples), "samples,", OUT.stat().st_size, "bytes of", len(text) + len(block))
