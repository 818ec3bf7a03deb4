"""Random numbers: Marsaglia's xorwow, seeded by words of SplitMix64, written down a second time."""

import numpy as np

from .arithmetic import *
from .base import *

M64 = 2 ** 64 - 1


def seeded(seed, partition):
    state, words = seed | partition << 32, []
    for _ in range(6):
        state = state + 0x9E3779B97F4A7C15 & M64
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & M64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
        words.append((z ^ z >> 31) & 0xFFFFFFFF)
    return words


def numbers(words, count):
    x, y, z, w, v, d = words
    found = []
    for _ in range(count):
        t = x ^ x >> 2
        x, y, z, w = y, z, w, v
        v = (v ^ v << 4 ^ t ^ t << 1) & 0xFFFFFFFF
        d = d + 362437 & 0xFFFFFFFF
        found.append(d + v & 0xFFFFFFFF)
    return found


def state_samples():
    def rng(rows, columns, dtype, engine="vector", space="sbuf", style="plain"):
        d = tile("d", rows, columns, dtype, space, style, blank=True)
        first = d.tensor.partition

        def compute():
            bits = [numbers(seeded(0, first + row), columns) for row in range(rows)]
            size = 8 * np.dtype(TYPES[dtype]).itemsize
            d.store_bits(np.array(bits, np.uint64) & (2 ** size - 1))

        sample("rng", engine, {"dst": d}, compute)

    rng(128, 4, "uint32")
    rng(1, 30, "int16", space="psum")
    rng(32, 5, "uint8", style="low")
    rng(7, 6, "int32", "gpsimd", style="strided")

    def dropout(rows, columns, dtype, prob, spaces=("sbuf", "sbuf"), styles=("plain", "plain")):
        d = tile("d", rows, columns, dtype, spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, dtype, spaces[1], styles[1])
        chance = random.random((rows, 1)).astype(F32)
        p = tile("p", rows, 1, data=chance) if prob == "tile" else prob

        def compute():
            drawn = np.array([numbers(seeded(0, row), columns) for row in range(rows)], np.float64)
            limit = scalar(p).astype(np.float64) * 2.0 ** 32
            d.store_bits(np.where(drawn < limit, 0, a.bits()))

        sample("dropout", "vector", {"dst": d, "data": a, "prob": p}, compute)

    dropout(128, 6, "float32", 0.5)
    dropout(1, 40, "bfloat16", 0.25, ("psum", "sbuf"))
    dropout(32, 8, "float16", "tile", styles=("strided", "gaps"))
    dropout(5, 8, "int32", 1.0)

    # Seeds and states write no tensor: what is read is all that a sample of one operation can show.
    for kind, value in (("uint32", 7), ("int32", -1), ("uint32", 2 ** 32 - 1), ("int32", 12345)):
        s = tile("s", 1, 1, kind, data=np.array([[value]], np.int64).astype(TYPES[kind]))
        sample("set_rng_seed", "vector", {"src_seeds": s}, lambda: None)
    for rows in (1, 32, 7, 128):
        s = tile("s", rows, 6, "uint32")
        sample("rand_set_state", "gpsimd", {"src_seeds": s}, lambda: None)
    for rows, style in ((1, "plain"), (32, "low"), (7, "strided"), (128, "plain")):
        d = tile("d", rows, 6, "uint32", style=style, blank=True)
        first = d.tensor.partition
        sample("rand_get_state", "gpsimd", {"dst": d}, lambda: d.store_bits(
            np.array([seeded(0, first + row) for row in range(rows)], np.uint32)))
