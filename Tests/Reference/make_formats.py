"""Writes Tests/FormatsTests/Data/formats.bin.zst: encodings of every element type.

Needs numpy, ml_dtypes and the zstd command. Run it from anywhere; the output is always the same.

The file is a row of records. Each has a header of four little-endian uint32: kind, element type (its
number in Sources/Formats/DType.swift), count, bytes per code. Then come

* kind 0, decoding: float32 bits of the codes 0 ..< count (or of a list of codes that comes first,
  where a code has 4 bytes),
* kind 1, encoding: float32 bits of the inputs, then their codes.

Each list of words is stored as byte planes (first all lowest bytes, ...), which compresses better.

NaN has many codes: only "is a NaN" is compared, with the sign. Values too large for an 8-bit float
saturate in trnsim and do not in ml_dtypes, so they are clipped here before the cast.
"""

import pathlib
import struct
import subprocess

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "FormatsTests" / "Data" / "formats.bin.zst"

SMALL = {
    1: ml_dtypes.bfloat16,
    2: np.float16,
    4: ml_dtypes.float8_e4m3,
    5: ml_dtypes.float8_e5m2,
    6: ml_dtypes.float8_e4m3fn,
}
INTEGERS = {7: np.int8, 8: np.int16, 9: np.int32, 10: np.uint8, 11: np.uint16, 12: np.uint32}
FLOAT32, TFLOAT32, BOOL = 0, 3, 13
UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32}

records = []


def planes(words):
    return np.ascontiguousarray(words.view(np.uint8).reshape(len(words), -1).T).tobytes()


def add(kind, dtype, size, *lists):
    count = len(lists[-1])
    records.append(struct.pack("<4I", kind, dtype, count, size) + b"".join(map(planes, lists)))


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32)


def round_to_tfloat32(values):
    """10 stored fraction bits, by exact float64 arithmetic."""
    wide = values.astype(np.float64)
    finite = np.isfinite(wide)
    _, exponent = np.frexp(np.where(finite, wide, 1.0))
    step = np.ldexp(1.0, np.maximum(exponent - 11, -136))
    with np.errstate(over="ignore"):
        rounded = (np.rint(np.where(finite, wide, 0.0) / step) * step).astype(np.float32)
    return np.where(finite, rounded, values)


def encoded(dtype, values):
    if dtype in SMALL:
        if dtype >= 4:
            top = np.float32(ml_dtypes.finfo(SMALL[dtype]).max)
            values = np.where(np.isfinite(values), np.clip(values, -top, top), values)
        out = values.astype(SMALL[dtype])
    elif dtype == TFLOAT32:
        out = round_to_tfloat32(values)
    elif dtype == FLOAT32:
        out = values
    elif dtype == BOOL:
        out = (values != 0).astype(np.uint8)
    else:
        info = np.iinfo(INTEGERS[dtype])
        wide = np.where(np.isnan(values), 0, values).astype(np.float64)
        out = np.clip(np.rint(wide), info.min, info.max).astype(INTEGERS[dtype])
    return out.view(UNSIGNED[out.dtype.itemsize])


def neighbours(values):
    """The values and the float32 numbers on either side of them."""
    values = np.asarray(values, np.float32)
    up = np.nextafter(values, np.float32(np.inf))
    down = np.nextafter(values, np.float32(-np.inf))
    return np.concatenate([values, up, down])


random = np.random.default_rng(20240607)
with np.errstate(all="ignore"):
    # 20 000 floats of all magnitudes, infinities, zeros, subnormals, and NaN of both kinds.
    common = random.integers(0, 2**32, 20000, np.uint64).astype(np.uint32).view(np.float32)
    special = np.array(
        [0, 0x80000000, 1, 0x80000001, 0x7FFFFF, 0x807FFFFF, 0x800000, 0x7F7FFFFF, 0xFF7FFFFF,
         0x7F800000, 0xFF800000, 0x7F800001, 0xFF800001, 0x7FC00000, 0xFFC12345, 0x7FFFFFFF,
         0x7F7F8000, 0x7F7F7FFF, 0x7F7FEFFF, 0x7F7FF000, 0x7F7FF001, 0x3F800000],
        np.uint32).view(np.float32)

    for dtype, numpy_type in SMALL.items():
        size = np.dtype(numpy_type).itemsize
        codes = np.arange(256**size).astype(UNSIGNED[size])
        values = codes.view(numpy_type).astype(np.float32)
        add(0, dtype, size, bits(values))
        # Every number of the format, and every point halfway between two of them (beyond the
        # largest: halfway to what would come next).
        numbers = np.unique(values[np.isfinite(values)].astype(np.float64))
        halves = (numbers[1:] + numbers[:-1]) / 2
        beyond = numbers[-1] + (numbers[-1] - numbers[-2]) * np.array([0.5, 1, 2])
        if size == 1:
            ties = neighbours(np.concatenate([halves, beyond, -beyond]))
        else:
            some = random.choice(halves, 3000, replace=False)
            ties = np.concatenate(
                [halves.astype(np.float32), neighbours(np.concatenate([some, beyond, -beyond]))])
        span = np.exp2(random.uniform(np.log2(numbers[numbers > 0][0]) - 3,
                                      np.log2(numbers[-1]) + 1, 4000))
        scaled = (span * random.choice([-1, 1], 4000)).astype(np.float32)
        inputs = np.concatenate([values, ties, scaled, special])
        inputs = inputs[~np.isnan(inputs) | (np.arange(len(inputs)) >= len(inputs) - 22)]
        add(1, dtype, size, bits(inputs), encoded(dtype, inputs))

    for dtype, numpy_type in INTEGERS.items():
        size = np.dtype(numpy_type).itemsize
        if size < 4:
            codes = np.arange(256**size).astype(UNSIGNED[size])
            add(0, dtype, size, bits(codes.view(numpy_type).astype(np.float32)))
        else:
            edges = [0, 1, 2**24 - 1, 2**24, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**32 - 1]
            codes = np.concatenate([
                np.array(edges, np.uint32), random.integers(0, 2**32, 2000).astype(np.uint32)])
            add(0, dtype, size, codes, bits(codes.view(numpy_type).astype(np.float32)))
        info = np.iinfo(numpy_type)
        edges = [info.min, info.min - 0.5, info.min - 1, info.max, info.max + 0.5, info.max + 1,
                 info.min * 2.0, info.max * 2.0]
        whole = np.exp2(random.uniform(-2, info.bits + 1, 3000)) * random.choice([-1, 1], 3000)
        halves = np.floor(whole[:1000]) + 0.5
        inputs = np.concatenate([neighbours(edges), whole, halves, special]).astype(np.float32)
        add(1, dtype, size, bits(inputs), encoded(dtype, inputs))

    tie = (common.view(np.uint32) & 0xFFFFE000 | 0x1000).view(np.float32)[:4000]
    inputs = np.concatenate([special, tie, neighbours(tie[:1000])])
    add(1, TFLOAT32, 4, bits(inputs), encoded(TFLOAT32, inputs))
    add(0, BOOL, 1, bits(np.minimum(np.arange(256), 1)))
    add(1, BOOL, 1, bits(special), encoded(BOOL, special))
    for dtype in range(14):
        out = encoded(dtype, common)
        add(1, dtype, out.dtype.itemsize, bits(common), out)

OUT.parent.mkdir(parents=True, exist_ok=True)
subprocess.run(["zstd", "-19", "--ultra", "--long=24", "-q", "-f", "-o", str(OUT)],
               input=b"".join(records), check=True)
print(OUT.stat().st_size, "bytes of", sum(map(len, records)))
