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

    alone("all_reduce", 8, 12, "float32")
    alone("all_reduce", 4, 12, "bfloat16", "hbm", op="max")
    alone("all_gather", 8, 12, "float32", dim=1)
    alone("all_gather", 4, 12, "int32", "hbm")
    alone("reduce_scatter", 8, 12, "float16", op="min", dim=1)
    alone("all_to_all", 8, 12, "bfloat16", styles=("strided", "reversed"))
    alone("collective_permute", 8, 12, "float32", targets=[0])
    alone("sendrecv", 128, 12, "bfloat16", send_to_rank=0, recv_from_rank=0)
    data = tile("d", 4, 12, "float32", "hbm")
    sample("core_barrier", "sync", {"data": data}, lambda: None)
