"""Largest elements, their positions, and shuffles."""

import numpy as np

from .arithmetic import *
from .base import *


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
