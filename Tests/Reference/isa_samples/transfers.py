"""Copies by the DMA rings."""

import numpy as np

from .arithmetic import *
from .base import *


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


def compute_samples():
    def total(rows, columns, types, spaces, styles=None):
        styles = styles or ["plain"] * len(types)
        parts = [tile(f"s{i}", rows, columns, t, s, y)
                 for i, (t, s, y) in enumerate(zip(types[1:], spaces[1:], styles[1:]))]
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)

        def compute():
            result = parts[0].values()
            for part in parts[1:]:
                result = (result + part.values()).astype(F32)
            d.store(result)

        sample("dma_compute", "sync",
               {"dst": d, **{f"src{i}": part for i, part in enumerate(parts)}, "reduce_op": "add"}, compute)

    total(128, 5, ["float32"] * 3, ["sbuf", "sbuf", "hbm"])
    total(7, 12, ["bfloat16", "float32", "float16", "bfloat16"], ["hbm", "hbm", "sbuf", "sbuf"])
    total(32, 8, ["float32", "bfloat16"], ["sbuf", "hbm"], ["strided", "plain"])

    def scatter(rows, table_rows, columns, indices, mode="error"):
        table = Tensor("t", "hbm", "float32", [table_rows, columns], noise((table_rows, columns)))
        a = tile("a", rows, columns)
        i = tile("i", rows, 1, "int32", data=np.array(indices, np.int32).reshape(-1, 1))
        moved = table.tile(rows=rows)

        def compute():
            for row, place in enumerate(indices):
                if 0 <= place < table_rows:
                    table.data[place] = (table.data[place] + a.tensor.data[row]).astype(F32)
            table.changed = True

        sample("dma_compute", "gpsimd",
               {"dst": moved, "src0": moved, "src1": a, "vector_offset": i, "indirect": "dst",
                "oob_mode": mode, "reduce_op": "add"}, compute)

    scatter(6, 20, 9, [3, 5, 0, 19, 7, 3])
    scatter(4, 6, 5, [3, 77, 0, -1], "skip")

    table = Tensor("t", "hbm", "bfloat16", [12, 7], noise((12, 7), "bfloat16"))
    d = tile("d", 5, 7)
    places = [11, 0, 4, 4, 2]
    i = tile("i", 5, 1, "int32", data=np.array(places, np.int32).reshape(-1, 1))
    sample("dma_compute", "gpsimd",
           {"dst": d, "src0": d, "src1": table.tile(rows=5), "vector_offset": i, "indirect": "src",
            "reduce_op": "add"},
           lambda: d.store((d.values() + table.data[places].astype(F32)).astype(F32)))
