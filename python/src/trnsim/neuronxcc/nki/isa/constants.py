"""`neuronxcc.nki.isa.constants`."""

from ....nki.isa.constants import (dma_engine, engine, gpsimd_engine, matmul_perf_mode, nc_version, oob_mode,
                                   reduce_cmd, scalar_engine, sync_engine, tensor_engine, unknown_engine,
                                   vector_engine)
from ....nki.isa.constants import _Ordered


class dge_mode(_Ordered):
    """The numbers of the first generation, which the next ones changed."""

    none = 0
    swdge = 1
    hwdge = 2
    unknown = 3


__all__ = ["dge_mode", "dma_engine", "engine", "gpsimd_engine", "matmul_perf_mode", "nc_version", "oob_mode",
           "reduce_cmd", "scalar_engine", "sync_engine", "tensor_engine", "unknown_engine", "vector_engine"]
