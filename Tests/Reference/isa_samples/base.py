"""Tensors, tiles and the list of samples."""

import math

import ml_dtypes
import numpy as np

TYPES = {
    "float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16,
    "tfloat32": np.float32, "float8_e4m3": ml_dtypes.float8_e4m3,
    "float8_e5m2": ml_dtypes.float8_e5m2, "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "uint8": np.uint8,
    "uint16": np.uint16, "uint32": np.uint32,
    # Parts of MX data, by their bits.
    "float8_e8m0fnu": np.uint8, "float8_e5m2_x4": np.uint32, "float8_e4m3fn_x4": np.uint32,
    "float4_e2m1fn_x4": np.uint16,
}
OPAQUE = {"float8_e8m0fnu", "float8_e5m2_x4", "float8_e4m3fn_x4", "float4_e2m1fn_x4"}
VALUED = [name for name in TYPES if name not in OPAQUE]
UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32}
F32 = np.float32
np.seterr(all="ignore")
random = np.random.default_rng(20)
block = bytearray()
samples = []


def is_integer(dtype):
    return "int" in dtype or dtype in OPAQUE


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


def sample(operation, engine, fields, compute, ulp=0, absolute=0.0, generation=3):
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
        "ulp": ulp, "absolute": absolute,
        **({"generation": generation} if generation != 3 else {})})


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
