"""`nki.isa`: the instructions, destination first."""

from __future__ import annotations

import os
from typing import Any

from ...core.machine import machine as _machine
from ...errors import KernelTypeError, NkiValidationError, UnsupportedError
from ...isa.compute import (activation, activation_reduce, memset, nc_matmul, nc_transpose, reciprocal,
                            scalar_tensor_tensor, tensor_copy, tensor_reduce, tensor_scalar,
                            tensor_tensor)
from ...isa.dma import dma_compute, dma_copy, dma_transpose
from ...isa.exchanges import core_barrier, sendrecv
from ...isa.mx import nc_matmul_mx, quantize_mx
from ...isa.table import WRITTEN as _WRITTEN
from ...isa.table import table as _table
from ...record.context import default_target as _default_target
from ...record.context import tracing as _tracing
from ...record.recorder import NkiInstruction, register_load, register_move, register_store
from ...record.recorder import register_alloc as _register_alloc
from ...places import current_place
from ...tensor.registers import NkiScalar, VirtualRegister
from ...tensor.view import NkiTensor
from . import constants
from ._pages import documented as _documented
from .constants import (dependency, dge_mode, dma_engine, engine, gpsimd_engine, matmul_perf_mode, nc_version, oob_mode,
                        reduce_cmd, scalar_engine, sync_engine, tensor_engine, unknown_engine, vector_engine)

for _name in _table.names():
    globals()[_name] = _table[_name]
for _name in (*_WRITTEN, *_table):
    globals()[_name] = _documented(globals()[_name])
del _name


def get_nc_version() -> nc_version:
    """The generation of the NeuronCore that the kernel is traced for."""
    current = _tracing()
    if current is not None:
        return nc_version(current.generation)
    given = os.environ.get("NKI_NC_VERSION")
    if given and not os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE"):
        return nc_version[given]
    return nc_version(_machine(_default_target()).generation)


def get_nc_sub_version() -> int:
    """The revision within a generation."""
    return 0


def register_alloc(x: Any = None) -> VirtualRegister:
    """A new register, holding `x` if it is given."""
    return _register_alloc(x)


def scalar_load(src: NkiTensor) -> NkiScalar:
    """An integer from a tile of one element, known when the program runs."""
    if not isinstance(src, NkiTensor):
        raise KernelTypeError(f"scalar_load src is {type(src).__name__}", remedy="pass a tile of one element", place=current_place())
    if src.dtype.name != "int32":
        raise UnsupportedError(f"scalar_load of {src.dtype}", place=current_place(),
                               remedy="load int32: unsigned types are not accepted by NKI, and 64 bits are not simulated")
    register = _register_alloc()
    register_load(register, src)
    return NkiScalar(register.number, register.program, src.dtype)


def scalar_store(dst: NkiTensor, value: Any) -> NkiInstruction:
    """Writes a scalar, or a Python integer, to a tile of one element."""
    return register_store(dst, value)

__all__ = [
    "NkiInstruction", "NkiScalar", "NkiValidationError", "VirtualRegister", "activation", "activation_reduce", "constants",
    "core_barrier", "dependency", "dge_mode", "dma_compute", "dma_copy", "dma_engine", "dma_transpose", "engine",
    "get_nc_sub_version", "get_nc_version", "gpsimd_engine", "matmul_perf_mode", "memset", "nc_matmul",
    "nc_matmul_mx", "nc_transpose", "nc_version", "oob_mode", "quantize_mx", "reciprocal", "reduce_cmd", "register_alloc", "register_load",
    "register_move", "register_store", "scalar_engine", "scalar_load", "scalar_store", "scalar_tensor_tensor", "sendrecv",
    "sync_engine", "tensor_copy", "tensor_engine", "tensor_reduce", "tensor_scalar", "tensor_tensor",
    "unknown_engine", "vector_engine", *_table,
]
