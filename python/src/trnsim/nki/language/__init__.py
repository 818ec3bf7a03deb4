"""`nki.language`: tensors, loops, operators, and functions of tiles."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from types import FunctionType as _FunctionType
from typing import Any

import builtins as _builtins

import numpy as np

from ...core.layout import GridDim as _GridDim
from ...core.machine import Machine as _Machine
from ...core.machine import machine as _machine_of
from ...core.memory import LARGE as _LARGE
from ...core.memory import shortage as _shortage
from ...errors import UnsupportedError
from ...isa.dma import dma_copy as _dma_copy
from ...isa.dma import load as _load
from ...isa.dma import spill as _spill
from ...language import functions as _lowering
from ...language import tile_grids as _tile_grids
from ...language.constants import shared_constant, shared_identity_matrix
from ...language.loops import (affine_range, dynamic_range, fori_loop, sequential_range, static_range,
                              while_loop)
from ...language.tile_grids import NkiBlockGrid, NkiGrid, NkiTileGrid
from ...places import current_place as _place
from ...places import fail as _fail
from ...record.allocate import ndarray as _allocate
from ...record.context import default_target as _default_target
from ...record.context import trace as _trace
from ...record.context import tracing as _tracing
from ...record.operand import operand_value as _operand_value
from ...record.operations import Layout as _Layout
from ...record.recorder import emit as _emit
from ...tensor import dtypes as _dtypes
from ...tensor.grids import MGrid
from ...tensor.indices import DynamicSlice, ParDim
from ...tensor.nkiobject import NKIObject
from ...tensor.spaces import MemoryRegion, as_region
from ...tensor.view import NkiTensor
from ..compiler import no_reorder as _in_order
from ..isa import set_rng_seed as _set_rng_seed  # type: ignore[attr-defined]
from ._pages import documented as _documented

#: A loop that is unrolled, under the name that nki-library 2.29 uses too.
range = static_range

# Types

DType = _dtypes.DType
float32 = _dtypes.float32
bfloat16 = _dtypes.bfloat16
float16 = _dtypes.float16
tfloat32 = _dtypes.tfloat32
float8_e4m3 = _dtypes.float8_e4m3
float8_e5m2 = _dtypes.float8_e5m2
float8_e4m3fn = _dtypes.float8_e4m3fn
float8_e8m0fnu = _dtypes.float8_e8m0fnu
float8_e5m2_x4 = _dtypes.float8_e5m2_x4
float8_e4m3fn_x4 = _dtypes.float8_e4m3fn_x4
float4_e2m1fn_x4 = _dtypes.float4_e2m1fn_x4
int8 = _dtypes.int8
int16 = _dtypes.int16
int32 = _dtypes.int32
uint8 = _dtypes.uint8
uint16 = _dtypes.uint16
uint32 = _dtypes.uint32
bool_ = _dtypes.bool_
fp32 = _dtypes.float32
int64 = "int64"
uint64 = "uint64"

# Memories

sbuf = MemoryRegion.sbuf
psum = MemoryRegion.psum
hbm = MemoryRegion.hbm
private_hbm = MemoryRegion.private_hbm
shared_hbm = MemoryRegion.shared_hbm


def is_hbm(buffer: Any) -> bool:
    return as_region(buffer).is_hbm


def is_on_chip(buffer: Any) -> bool:
    return as_region(buffer).is_on_chip


def is_psum(buffer: Any) -> bool:
    return as_region(buffer) is psum


def is_sbuf(buffer: Any) -> bool:
    return as_region(buffer) is sbuf


class _TileSize:
    """Limits of tiles (NKI documentation, nki.language.tile_size), of the machine that is traced for."""

    psum_min_align = 4
    sbuf_min_align = 1

    @property
    def _machine(self) -> _Machine:
        current = _tracing()
        return current.machine if current is not None else _machine_of(_default_target())

    @property
    def pmax(self) -> int:
        return self._machine.partitions

    @property
    def psum_fmax(self) -> int:
        return self._machine.bank_elements

    @property
    def psum_bank_fmax(self) -> int:
        return self._machine.bank_elements

    @property
    def psum_bank_fmax_bytes(self) -> int:
        return self._machine.bank_bytes

    @property
    def psum_num_banks(self) -> int:
        return self._machine.banks

    @property
    def gemm_stationary_fmax(self) -> int:
        return self._machine.stationary_max

    @property
    def gemm_moving_fmax(self) -> int:
        # NKI names one number, a bank's, also where products may be longer; `min` is `nl.min` in this module.
        return _builtins.min(self._machine.moving_max, self._machine.bank_elements)

    @property
    def bn_stats_fmax(self) -> int:
        return self._machine.bn_stats_max

    @property
    def sbuf_size_bytes(self) -> int:
        return self._machine.sbuf_bytes

    @property
    def sbuf_fmax_bytes(self) -> int:
        return self.sbuf_size_bytes

    @property
    def sbuf_fmax(self) -> int:
        return self.sbuf_size_bytes // 4

    @property
    def total_available_sbuf_size(self) -> int:
        return self.sbuf_size_bytes


tile_size = _TileSize()

# Tensors


class _NdarrayMeta(type):
    def __call__(cls, shape: Any, dtype: Any = None, *, buffer: Any = None, name: str = "", address: Any = None,
                 **_: Any) -> NkiTensor:
        raise AssertionError("replaced below")

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, NkiTensor)


def _new(_cls: Any, shape: Any, dtype: Any = None, buffer: Any = None, name: str = "", address: Any = None,
         **more: Any) -> NkiTensor:
    if more and not _trace().beta:
        raise TypeError(f"ndarray() got an unexpected keyword argument '{next(iter(more))}'")
    found: NkiTensor = _allocate(shape, dtype, buffer, name, address)
    return found


class ndarray(metaclass=_NdarrayMeta):
    __doc__ = _documented("ndarray", _new) + "\nIt is also the type of all tensors.\n"


_NdarrayMeta.__call__ = _new  # type: ignore[assignment,method-assign,unused-ignore]

tensor = ndarray


def zeros(shape: Any, dtype: Any, buffer: Any = None, name: str = "") -> NkiTensor:
    return full(shape, 0, dtype, buffer, name)


def ones(shape: Any, dtype: Any, buffer: Any = None, name: str = "") -> NkiTensor:
    return full(shape, 1, dtype, buffer, name)


def full(shape: Any, fill_value: Any, dtype: Any, buffer: Any = None, name: str = "") -> NkiTensor:
    found: NkiTensor = _lowering.full(shape, fill_value, dtype, buffer, name)
    return found


def zeros_like(x: NkiTensor, dtype: Any = None, buffer: Any = None, name: str = "") -> NkiTensor:
    return zeros(x.shape, dtype or x.dtype, buffer or x.buffer, name)


def empty_like(x: NkiTensor, dtype: Any = None, buffer: Any = None, name: str = "") -> NkiTensor:
    found: NkiTensor = _allocate(x.shape, dtype or x.dtype, buffer or x.buffer, name)
    return found


def load(src: NkiTensor, dtype: Any = None) -> NkiTensor:
    return _load(src, dtype)


def ds(start: Any, size: int) -> DynamicSlice:
    """`size` elements from `start` on; the start may be known only when the program runs."""
    return DynamicSlice(start, size)


dslice = ds


def par_dim(size: int) -> ParDim:
    """Marks the partition dimension of a shape."""
    return ParDim(size)


def arange(*args: int) -> Any:
    """An index grid, as NumPy's."""
    count = len(_builtins.range(*(int(value) for value in args))) * 8
    found = _shortage(count, f"an index grid of {count // 8} elements needs") if count >= _LARGE else None
    if found is not None:
        raise _fail(found, "index by slices, or by smaller grids in a loop")
    return np.arange(*args)


mgrid = MGrid()


def store(dst: NkiTensor, value: Any) -> None:
    """Writes a tile to HBM."""
    if not isinstance(value, NkiTensor):
        tile = _allocate(dst.shape if dst.ndim > 1 else (1, dst.size), dst.dtype, sbuf)
        _lowering.fill(tile, value)
        value = tile
    if value.storage.region is psum:
        value = _spill(value)
    _dma_copy(dst, value)


def tiles(source: Any, *, tile_shape: Any = None) -> NkiTileGrid:
    return _tile_grids.tiles(source, tile_shape=tile_shape)


def blocks(source: Any, *, tile_shape: Any = None, block_shape: Any) -> NkiBlockGrid:
    return _tile_grids.blocks(source, tile_shape=tile_shape, block_shape=block_shape)


def alloc_tiles(*, tile_shape: Any, element_shape: Any, buffer: Any, dtype: Any, address: Any = None, name: str = "") -> NkiTileGrid:
    return _tile_grids.alloc_tiles(tile_shape=tile_shape, element_shape=element_shape, buffer=buffer, dtype=dtype, address=address, name=name)


def alloc_blocks(*, tile_shape: Any, block_shape: Any, element_shape: Any, buffer: Any, dtype: Any, address: Any = None, name: str = ""
                 ) -> NkiBlockGrid:
    return _tile_grids.alloc_blocks(tile_shape=tile_shape, block_shape=block_shape, element_shape=element_shape, buffer=buffer, dtype=dtype,
                                    address=address, name=name)


load_transpose2d = _lowering.load_transpose2d
gather_flattened = _lowering.gather_flattened

# Launch


def program_id(axis: int = 0) -> int:
    """Which program of the grid this is."""
    current = _trace()
    current.asks_position = True
    if current.position:
        return int(current.position[axis])
    return current.core if axis == 0 else 0


def num_programs(axes: Any = 0) -> Any:
    """How many programs the grid has."""
    current = _trace()
    current.asks_position = True
    extents = current.grid or (current.layout.cores,)
    if axes is None:
        return tuple(extents)
    if isinstance(axes, (list, tuple)):
        return tuple(extents[axis] for axis in axes)
    return extents[axes] if axes < len(extents) else 1


def program_ndim() -> int:
    """Dimensions of the grid."""
    current = _trace()
    current.asks_position = True
    if current.grid:
        return len(current.grid)
    return 1 if current.layout.cores > 1 else 0


class nc:
    """A grid dimension of the cores of a rank: `kernel[nl.nc(2)](…)`, or `nl.nc(2) * 4` with programs on each.

    Parameters
    ----------
    cores
        how many, 1 or 2
    """

    def __init__(self, cores: int) -> None:
        self.cores = int(cores)

    @property
    def trnsim_dim(self) -> _GridDim:
        return _GridDim(self.cores, self.cores)

    def __mul__(self, other: Any) -> Any:
        return spmd_dim(self, other)

    __rmul__ = __mul__


class spmd_dim:
    """A grid dimension of programs on cores.

    Parameters
    ----------
    first, second
        nl.nc(cores) and the number of programs on each, in any order

    Raises
    ------
    UnsupportedError where both are nl.nc
    """

    def __init__(self, first: Any, second: Any) -> None:
        if isinstance(first, nc) and isinstance(second, nc):
            raise UnsupportedError("a grid dimension of cores and cores", remedy="give nl.nc once")
        counts = [part.cores if isinstance(part, nc) else int(part) for part in (first, second)]
        extent = counts[0] * counts[1]
        if isinstance(first, nc):
            self.trnsim_dim = _GridDim(extent, first.cores, counts[1])
        else:
            self.trnsim_dim = _GridDim(extent, second.cores if isinstance(second, nc) else 1)


@contextmanager
def no_reorder() -> Any:
    """Keeps the order of what is inside, also where the compiler's scheduling is on."""
    with _in_order():
        yield


_PRINT = _Layout("device_print", "src", "prefix")


def device_print(print_prefix: Any, tensor: NkiTensor) -> None:
    """Prints a tensor while the program runs."""
    prefix = _trace().program.text_value(str(print_prefix))
    _emit(_PRINT, _operand_value(tensor, "device_print") + prefix, [tensor])


# Operators


class Operator:
    """An operation: passed as `op=`, or called on tiles."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.trnsim_op = name
        self.__name__ = name
        self._call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __repr__(self) -> str:
        return f"nl.{self.trnsim_op}"

    def __reduce__(self) -> Any:
        return (_operator, (self.trnsim_op,))


_operators: dict[str, Operator] = {}


def _operator(name: str) -> Operator:
    return _operators[name]


def _define(name: str, call: Callable[..., Any], public: str | None = None) -> Operator:
    found = Operator(name, call)
    _operators[name] = found
    globals()[public or name] = found
    found.__doc__ = _documented(name, call, is_operation=True)
    return found


def _binary(name: str) -> Callable[..., Any]:
    return lambda x, y, dtype=None: _lowering.binary(name, x, y, dtype)


def _unary(name: str) -> Callable[..., Any]:
    return lambda x, dtype=None: _lowering.unary(name, x, dtype)


for _name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "abs_max", "abs_min", "power", "equal",
              "not_equal", "less", "less_equal", "greater", "greater_equal", "bitwise_and", "bitwise_or",
              "bitwise_xor", "left_shift", "right_shift", "logical_and", "logical_or", "logical_xor"):
    _define(_name, _binary(_name))
for _name in ("abs", "square", "invert", "logical_not", "exp", "log", "sqrt", "rsqrt", "tanh", "sigmoid", "relu",
              "gelu", "gelu_apprx_sigmoid", "gelu_apprx_tanh", "gelu_dx", "gelu_apprx_sigmoid_dx", "silu",
              "silu_dx", "softplus", "mish", "erf", "erf_dx", "reciprocal", "copy", "sin", "cos", "tan", "arctan",
              "ceil", "floor", "trunc", "negative", "sign"):
    _define(_name, _unary(_name))
del _name
_define("mod", lambda x, y, dtype=None: _lowering.modulo(x, y, dtype))
_define("fmod", lambda x, y, dtype=None: _lowering.modulo(x, y, dtype, truncated=True))


def _no_function(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnsupportedError(f"nl.{name} is an operation of instructions, no function of tiles", place=_place())

    return refuse


_define("average", _no_function("average"))
_define("bypass", _no_function("bypass"))
_define("prelu", _no_function("prelu"))

# Reductions: `nl.max` is a function of a tile, and as `op=` it means the maximum.


def _reduction(op: str) -> Callable[..., Any]:
    return lambda x, axis=None, dtype=None, keepdims=False, negate=False: _lowering.reduction(
        op, x, axis, dtype, keepdims, negate)


def _reducer(public: str, op: str, call: Callable[..., Any]) -> None:
    found = Operator(op, call)
    found.__doc__ = _documented(public, call, is_operation=True)
    globals()[public] = found


_reducer("sum", "add", _reduction("add"))
_reducer("max", "maximum", _reduction("maximum"))
_reducer("min", "minimum", _reduction("minimum"))
_reducer("prod", "multiply", _reduction("multiply"))
_reducer("mean", "average", lambda x, axis, dtype=None, keepdims=False: _lowering.mean(x, axis, dtype, keepdims))


def var(x: NkiTensor, axis: Any, dtype: Any = None, keepdims: bool = False) -> NkiTensor:
    return _lowering.variance(x, axis, dtype, keepdims)


def all(x: NkiTensor, axis: Any, dtype: Any = None) -> NkiTensor:
    return _lowering.all_of(x, axis, dtype)


def softmax(x: NkiTensor, axis: Any = -1, dtype: Any = None) -> NkiTensor:
    return _lowering.softmax(x, axis, dtype)


def rms_norm(x: NkiTensor, w: NkiTensor, axis: Any, n: int, epsilon: float = 1e-6, dtype: Any = None,
             compute_dtype: Any = None) -> NkiTensor:
    return _lowering.rms_norm(x, w, axis, n, epsilon, dtype, compute_dtype)


def where(condition: NkiTensor, x: Any, y: Any, dtype: Any = None) -> NkiTensor:
    return _lowering.where(condition, x, y, dtype)


def transpose(x: NkiTensor, dtype: Any = None) -> NkiTensor:
    return _lowering.transpose(x, dtype)


def matmul(x: NkiTensor, y: NkiTensor, transpose_x: bool = False) -> NkiTensor:
    return _lowering.matmul(x, y, transpose_x)


def static_cast(x: Any, dtype: Any = None) -> Any:
    """A tile with the values in another element type; outside of kernels, an array of NumPy."""
    if isinstance(x, NkiTensor):
        return _lowering.copy(x, dtype)
    return np.asarray(x).astype(_dtypes.as_dtype(dtype).numpy)


def expand_dims(x: NkiTensor, axis: int) -> NkiTensor:
    return x.expand_dim(axis)


def broadcast_to(x: NkiTensor, shape: Any, dtype: Any = None) -> NkiTensor:
    found = x.broadcast_to(shape)
    return found if dtype is None else _lowering.copy(found, dtype)


def dropout(x: NkiTensor, rate: Any, dtype: Any = None) -> NkiTensor:
    return _lowering.dropout(x, rate, dtype)


def rand(shape: Any, dtype: Any = float32, buffer: Any = None, name: str = "") -> NkiTensor:
    return _lowering.rand(shape, dtype, buffer)


def random_seed(seed: Any) -> None:
    """Seeds the Vector engine's generator."""
    if not isinstance(seed, NkiTensor):
        value = seed
        seed = _allocate((1, 1), uint32, sbuf)
        _lowering.fill(seed, int(value))
    _set_rng_seed(seed)


__all__ = sorted(
    [name for name, value in globals().items() if not name.startswith("_") and name not in (
        "annotations", "Callable", "Any", "np", "contextmanager", "UnsupportedError", "as_region", "MGrid")])

for _name in __all__:
    _found = globals()[_name]
    if isinstance(_found, _FunctionType):
        _found.__doc__ = _documented(_name, _found)
del _name, _found
