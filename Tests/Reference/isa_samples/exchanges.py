"""Exchanges of cores, by a program that runs alone: it gets what it gives."""

from .arithmetic import *
from .base import *


def exchange_samples():
    def alone(name, rows, columns, dtype, space="sbuf", styles=("plain",) * 2, **fields):
        d = tile("d", rows, columns, dtype, space, styles[0], blank=True)
        a = tile("a", rows, columns, dtype, space, styles[1])

        def compute():
            d.store_bits(a.bits())
            d.tensor.written = True

        sample(name, "sync", {"dst": d, "src": a, **fields}, compute)

    # Four of each: kinds of memory, types, directions, orders of the elements.
    strided, both = ("strided", "plain"), ("strided", "reversed")
    alone("all_reduce", 8, 12, "float32")
    alone("all_reduce", 4, 12, "bfloat16", "hbm", op="max")
    alone("all_reduce", 128, 5, "float16", op="min", styles=strided)
    alone("all_reduce", 3, 7, "bfloat16", styles=both)
    alone("all_gather", 8, 12, "float32", dim=1)
    alone("all_gather", 4, 12, "int32", "hbm")
    alone("all_gather", 128, 3, "bfloat16", styles=strided)
    alone("all_gather", 5, 8, "uint8", dim=1, styles=both)
    alone("reduce_scatter", 8, 12, "float16", op="min", dim=1)
    alone("reduce_scatter", 4, 12, "float32", "hbm")
    alone("reduce_scatter", 16, 6, "bfloat16", op="max", styles=strided)
    alone("reduce_scatter", 2, 9, "float32", dim=1, styles=both)
    alone("all_to_all", 8, 12, "bfloat16", styles=both)
    alone("all_to_all", 4, 12, "float32", "hbm", dim=1)
    alone("all_to_all", 128, 2, "int32")
    alone("all_to_all", 6, 10, "float16", dim=1, styles=strided)
    alone("collective_permute", 8, 12, "float32", targets=[0])
    alone("collective_permute", 4, 12, "bfloat16", "hbm", targets=[0])
    alone("collective_permute", 16, 3, "int32", targets=[0], styles=strided)
    alone("collective_permute", 2, 8, "uint8", targets=[0], styles=both)
    alone("sendrecv", 128, 12, "bfloat16", send_to_rank=0, recv_from_rank=0)
    alone("sendrecv", 4, 12, "float32", send_to_rank=0, recv_from_rank=0, pipe_id=3)
    alone("sendrecv", 8, 16, "float32", send_to_rank=0, recv_from_rank=0, dma_engine="gpsimd_dma")
    alone("sendrecv", 2, 6, "int32", send_to_rank=0, recv_from_rank=0, styles=both)
    for space, dtype, rows in (("hbm", "float32", 4), ("hbm", "bfloat16", 128), ("hbm", "int32", 1),
                               ("hbm", "uint8", 9)):
        data = tile("d", rows, 12, dtype, space)
        sample("core_barrier", "sync", {"data": data}, lambda: None)
