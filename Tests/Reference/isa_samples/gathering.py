"""Gathers, searches and choices of GpSimd, and choices with a maximum."""

import numpy as np

from .arithmetic import *
from .base import *


def gather_samples():
    def gather(rows, columns, width, dtype, styles=("plain",) * 3):
        a = tile("a", rows, width, dtype, style=styles[1])
        i = tile("i", rows, columns, "uint32", style=styles[2],
                 data=random.integers(0, width, (rows, columns)).astype(np.uint32))
        d = tile("d", rows, columns, dtype, style=styles[0], blank=True)
        sample("nc_n_gather", "gpsimd", {"dst": d, "data": a, "indices": i},
               lambda: d.store_bits(np.take_along_axis(a.bits(), i.raw().astype(np.int64), axis=1)))

    gather(128, 5, 9, "float32")
    gather(1, 40, 7, "bfloat16")
    gather(32, 8, 8, "int32", ("strided", "reversed", "gaps"))
    gather(5, 600, 33, "uint8")
    gather(7, 6, 12, "float16", ("gaps", "gaps", "strided"))

    def local(rows, width, columns, each, valid, dtype):
        a = tile("a", rows, width, dtype)
        i = tile("i", rows, columns, "uint16",
                 data=random.integers(0, width - each + 1, (rows, columns)).astype(np.uint16))
        count = valid or 16 * columns
        d = tile("d", rows, count * each, dtype, blank=True)

        def compute():
            result = np.zeros((rows, count, each), a.bits().dtype)
            for core in range(0, rows, 16):
                flat = i.raw()[core:core + 16].flatten(order="F")[:count].astype(np.int64)
                for k in range(each):
                    result[core:core + 16, :, k] = a.bits()[core:core + 16][:, flat + k]
            d.store_bits(result.reshape(rows, -1))

        fields = {"dst": d, "src_buffer": a, "index": i, "num_elem_per_idx": each}
        if valid:
            fields["num_valid_indices"] = valid
        sample("local_gather", "gpsimd", fields, compute)

    local(128, 20, 2, 1, None, "float32")
    local(16, 30, 1, 4, 5, "bfloat16")
    local(32, 9, 3, 1, 41, "int32")
    local(48, 70, 1, 32, 3, "uint8")

    def nonzero(rows, columns, dtype, offset, padding):
        chosen = random.integers(0, 2, (rows, columns)) * random.integers(1, 9, (rows, columns))
        a = tile("a", rows, columns, dtype, data=chosen.astype(TYPES[dtype]))
        d = tile("d", rows, columns + 1, "int32")

        def compute():
            result = d.raw().copy()
            for row in range(0, rows, 16):
                found = np.flatnonzero(a.raw()[row])
                result[row] = np.concatenate(
                    [found + offset, np.full(columns - len(found), padding), [len(found)]])
            d.store(result)

        sample("nonzero_with_count", "gpsimd",
               {"dst": d, "src": a, "index_offset": offset, "padding_val": padding}, compute)

    nonzero(128, 12, "float32", 0, -1)
    nonzero(1, 30, "int32", 100, 7)
    nonzero(20, 5, "float32", -3, 2 ** 31 - 1)
    nonzero(32, 16, "int32", 0, 16)

    def top(rows, n, k, ties=False, largest_first=False):
        width = -(-n // 16) + 1
        raw = random.integers(-4, 5, (rows, width)).astype(F32) if ties else noise((rows, width))
        a = tile("a", rows, width, "bfloat16", data=raw)
        v, i = tile("v", rows, k, "bfloat16"), tile("i", rows, k, "uint32")

        def compute():
            values, numbers = v.values().copy(), i.raw().copy()
            for group in range(0, rows, 16):
                snake = a.values()[group:group + 16].flatten(order="F")[:n]
                order = np.argsort(-snake, kind="stable")[:k]
                if not largest_first:
                    order = order[::-1]
                for place, s in enumerate(order):
                    values[group + place % 16, place // 16] = snake[s]
                    numbers[group + place % 16, place // 16] = s
            v.store(values)
            i.store(numbers)

        fields = {"val_dst": v, "idx_dst": i, "src": a, "n": n}
        if largest_first:
            fields["sorted"] = True
        sample("topk", "gpsimd", fields, compute)

    top(16, 40, 5)
    top(128, 100, 20)
    top(32, 33, 33, largest_first=True)
    top(16, 64, 17, True)

    def bounds(ids, types):
        n = len(ids)
        a = tile("a", 1, n, types[1], data=np.array([ids]).astype(TYPES[types[1]]))
        d = tile("d", 1, 2 * n, types[0], blank=True)

        def compute():
            first, last = [0] * n, [0] * n
            for i in range(n):
                if ids[i] == 0:
                    first[i], last[i] = n, -1
                else:
                    first[i] = first[i - 1] if i and ids[i] == ids[i - 1] else i
            for i in reversed(range(n)):
                if ids[i]:
                    last[i] = last[i + 1] if i + 1 < n and ids[i] == ids[i + 1] else i + 1
            d.store(np.array([first + last]).astype(F32))

        sample("sequence_bounds", "gpsimd", {"dst": d, "segment_ids": a}, compute)

    bounds([1, 1, 2, 2, 2, 0, 0, 3], ("int32", "int32"))
    bounds([0, 0, 5, 5, 1], ("float32", "int32"))
    bounds([7], ("int32", "float32"))
    bounds([0, 1, 0, 1, 1, 4, 4, 4, 4, 0], ("float32", "float32"))

    def select(rows, columns, types, other, kind, reduce=None, reverse=False, spaces=("sbuf",) * 3,
               styles=("plain",) * 3, special=False):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=special)
        chosen = random.integers(0, 2, (rows, columns)) * random.integers(1, 100, (rows, columns))
        p = tile("p", rows, columns, kind, spaces[2], styles[2], data=chosen.astype(TYPES[kind]))
        o = tile("o", rows, 1) if other == "tile" else other
        r = tile("r", rows, 1, reduce, blank=True) if reduce else None

        def compute():
            result = np.where((p.raw() != 0) != reverse, a.values(), scalar(o)).astype(F32)
            d.store(result)
            if r:
                r.store(reduce_rows(result, "maximum"))

        fields = {"dst": d, "predicate": p, "on_true": a, "on_false": o, "reverse_pred": reverse}
        if r:
            fields.update(reduce_res=r, reduce_cmd="reset_reduce")
        sample("select_reduce", "vector", fields, compute)

    select(128, 5, ("float32", "float32"), -1e9, "uint8")
    select(1, 20, ("bfloat16", "float16"), "tile", "int16", "float32", True, ("psum", "psum", "sbuf"))
    select(32, 8, ("float32", "bfloat16"), 0.0, "int8", "bfloat16", styles=("strided", "reversed", "gaps"))
    select(6, 8, ("float16", "float32"), "tile", "uint16", special=True)
