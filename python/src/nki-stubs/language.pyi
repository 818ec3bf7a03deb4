"""`nki.language`: tensors, loops, operators, and functions of tiles."""

# Written by `python -m trnsim.stubs`; not to be edited.

from collections.abc import Callable as Callable
from collections.abc import Iterator as Iterator
from collections.abc import Sequence as Sequence
from trnsim.core.layout import GridDim as _GridDim
from trnsim.tensor.dtypes import DType as DType
from trnsim.tensor.grids import MGrid as MGrid
from trnsim.tensor.indices import DynamicSlice as DynamicSlice
from trnsim.tensor.indices import ParDim as ParDim
from trnsim.tensor.nkiobject import NKIObject as NKIObject
from trnsim.tensor.registers import VirtualRegister as VirtualRegister
from trnsim.tensor.spaces import MemoryRegion as MemoryRegion
from trnsim.tensor.view import NkiTensor as NkiTensor
from typing import Any as Any
from typing import TypeAlias as TypeAlias

Scalar: TypeAlias = NkiTensor | float
ElementType: TypeAlias = DType | str | type

class Operator:
    """An operation: passed as `op=`, or called on tiles."""
    def __init__(self, name: str, call: Callable[..., Any]) -> None: ...

    def __call__(self, *args: Any, **_more: Any) -> Any: ...


def abs(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.abs`: an operation of instructions, and a function of tiles."""

def abs_max(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.abs_max`: an operation of instructions, and a function of tiles."""

def abs_min(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.abs_min`: an operation of instructions, and a function of tiles."""

def add(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.add`: an operation of instructions, and a function of tiles."""

def affine_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`affine_range(n)` or `affine_range(start, stop, step)`: unrolled while tracing."""

def all(x: NkiTensor, axis: int | Sequence[int] | None, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def arange(*args: int) -> Any:
    """An index grid, as NumPy's."""

def arctan(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.arctan`: an operation of instructions, and a function of tiles."""

def average(*_: Any, **_more: Any) -> Any:
    """`nl.average`: an operation of instructions, and a function of tiles."""

bfloat16: DType
def bitwise_and(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.bitwise_and`: an operation of instructions, and a function of tiles."""

def bitwise_or(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.bitwise_or`: an operation of instructions, and a function of tiles."""

def bitwise_xor(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.bitwise_xor`: an operation of instructions, and a function of tiles."""

bool_: DType
def broadcast_to(x: NkiTensor, shape: Sequence[int], dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def bypass(*_: Any, **_more: Any) -> Any:
    """`nl.bypass`: an operation of instructions, and a function of tiles."""

def ceil(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.ceil`: an operation of instructions, and a function of tiles."""

def copy(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.copy`: an operation of instructions, and a function of tiles."""

def cos(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.cos`: an operation of instructions, and a function of tiles."""

def device_print(print_prefix: Any, tensor: NkiTensor) -> None:
    """Prints a tensor while the program runs."""

def divide(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.divide`: an operation of instructions, and a function of tiles."""

def dropout(x: NkiTensor, rate: Any, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def ds(start: Any, size: int) -> DynamicSlice:
    """`size` elements from `start` on; the start may be known only when the program runs."""

def dslice(start: Any, size: int) -> DynamicSlice:
    """`size` elements from `start` on; the start may be known only when the program runs."""

def dynamic_range(start: Any, stop: Any = None, step: Any = 1) -> Iterator[VirtualRegister]:
    """A loop of the sequencer: its body is traced once."""

def empty_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray: ...

def equal(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.equal`: an operation of instructions, and a function of tiles."""

def erf(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.erf`: an operation of instructions, and a function of tiles."""

def erf_dx(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.erf_dx`: an operation of instructions, and a function of tiles."""

def exp(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.exp`: an operation of instructions, and a function of tiles."""

def expand_dims(x: NkiTensor, axis: int) -> ndarray: ...

float16: DType
float32: DType
float4_e2m1fn_x4: DType
float8_e4m3: DType
float8_e4m3fn: DType
float8_e4m3fn_x4: DType
float8_e5m2: DType
float8_e5m2_x4: DType
float8_e8m0fnu: DType
def floor(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.floor`: an operation of instructions, and a function of tiles."""

def fmod(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.fmod`: an operation of instructions, and a function of tiles."""

def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], step: Any = 1) -> None:
    """`for i in lower…upper: body_fun(i)` as a loop of the sequencer; the body is traced once."""

fp32: DType
def full(shape: Sequence[int], fill_value: Any, dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def gather_flattened(data: NkiTensor, indices: NkiTensor, axis: int = 0, dtype: ElementType | None = None) -> ndarray: ...

def gelu(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.gelu`: an operation of instructions, and a function of tiles."""

def gelu_apprx_sigmoid(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.gelu_apprx_sigmoid`: an operation of instructions, and a function of tiles."""

def gelu_apprx_sigmoid_dx(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.gelu_apprx_sigmoid_dx`: an operation of instructions, and a function of tiles."""

def gelu_apprx_tanh(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.gelu_apprx_tanh`: an operation of instructions, and a function of tiles."""

def gelu_dx(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.gelu_dx`: an operation of instructions, and a function of tiles."""

def greater(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.greater`: an operation of instructions, and a function of tiles."""

def greater_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.greater_equal`: an operation of instructions, and a function of tiles."""

hbm: MemoryRegion
int16: DType
int32: DType
int8: DType
def invert(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.invert`: an operation of instructions, and a function of tiles."""

def is_hbm(buffer: Any) -> bool: ...

def is_on_chip(buffer: Any) -> bool: ...

def is_psum(buffer: Any) -> bool: ...

def is_sbuf(buffer: Any) -> bool: ...

def left_shift(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.left_shift`: an operation of instructions, and a function of tiles."""

def less(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.less`: an operation of instructions, and a function of tiles."""

def less_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.less_equal`: an operation of instructions, and a function of tiles."""

def load(src: NkiTensor, dtype: ElementType | None = None) -> ndarray:
    """A new tile in sbuf with the contents of an HBM tensor."""

def load_transpose2d(src: NkiTensor, dtype: ElementType | None = None) -> ndarray: ...

def log(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.log`: an operation of instructions, and a function of tiles."""

def logical_and(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.logical_and`: an operation of instructions, and a function of tiles."""

def logical_not(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.logical_not`: an operation of instructions, and a function of tiles."""

def logical_or(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.logical_or`: an operation of instructions, and a function of tiles."""

def logical_xor(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.logical_xor`: an operation of instructions, and a function of tiles."""

def matmul(x: NkiTensor, y: NkiTensor, transpose_x: bool = False, **_more: Any) -> ndarray: ...

def max(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False, *, mask: Any = ...) -> Any:
    """`nl.maximum`: an operation of instructions, and a function of tiles."""

def maximum(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.maximum`: an operation of instructions, and a function of tiles."""

def mean(x: Scalar, axis: int | Sequence[int] | None, dtype: ElementType | None = None, keepdims: bool = False, *, mask: Any = ...) -> Any:
    """`nl.average`: an operation of instructions, and a function of tiles."""

mgrid: MGrid
def min(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False, *, mask: Any = ...) -> Any:
    """`nl.minimum`: an operation of instructions, and a function of tiles."""

def minimum(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.minimum`: an operation of instructions, and a function of tiles."""

def mish(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.mish`: an operation of instructions, and a function of tiles."""

def mod(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.mod`: an operation of instructions, and a function of tiles."""

def multiply(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.multiply`: an operation of instructions, and a function of tiles."""

class nc:
    """`nl.nc(2)`: a grid dimension of cores."""
    def __init__(self, cores: int) -> None: ...

    @property
    def trnsim_dim(self) -> _GridDim: ...

    def __mul__(self, other: Any) -> Any: ...


class ndarray(NkiTensor):
    """A tensor: `nl.ndarray(shape, dtype, buffer=nl.sbuf)` allocates one, and it is the type of all."""
    def __init__(self, shape: Sequence[int], dtype: ElementType | None = None, buffer: Any = None, name: str = '', address: Any = None, **_more: Any) -> None: ...

    def broadcast_to(self, shape: Sequence[int]) -> ndarray: ...


def negative(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.negative`: an operation of instructions, and a function of tiles."""

def no_reorder() -> Any:
    """Keeps the order of what is inside, also where the compiler's scheduling is on."""

def not_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.not_equal`: an operation of instructions, and a function of tiles."""

def num_programs(axes: Any = 0) -> Any:
    """How many programs the grid has."""

def ones(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def par_dim(size: int) -> ParDim:
    """Marks the partition dimension of a shape."""

def power(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.power`: an operation of instructions, and a function of tiles."""

def prelu(*_: Any, **_more: Any) -> Any:
    """`nl.prelu`: an operation of instructions, and a function of tiles."""

private_hbm: MemoryRegion
def prod(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False, *, mask: Any = ...) -> Any:
    """`nl.multiply`: an operation of instructions, and a function of tiles."""

def program_id(axis: int = 0) -> int:
    """Which program of the grid this is."""

def program_ndim() -> int:
    """Dimensions of the grid."""

psum: MemoryRegion
def rand(shape: Sequence[int], dtype: ElementType | None = float32, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def random_seed(seed: Any) -> None:
    """Seeds the Vector engine's generator."""

def range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`static_range(n)` or `static_range(start, stop, step)`: unrolled while tracing."""

def reciprocal(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.reciprocal`: an operation of instructions, and a function of tiles."""

def relu(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.relu`: an operation of instructions, and a function of tiles."""

def right_shift(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.right_shift`: an operation of instructions, and a function of tiles."""

def rms_norm(x: NkiTensor, w: NkiTensor, axis: int | Sequence[int] | None, n: int, epsilon: float = 1e-06, dtype: ElementType | None = None, compute_dtype: Any = None, **_more: Any) -> ndarray: ...

def rsqrt(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.rsqrt`: an operation of instructions, and a function of tiles."""

sbuf: MemoryRegion
def sequential_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`sequential_range(n)` or `sequential_range(start, stop, step)`: unrolled while tracing."""

def shared_constant(constant: Any, dtype: ElementType | None = None, **_more: Any) -> ndarray:
    """A constant array, or one in a `.npy` file, as an HBM tensor."""

shared_hbm: MemoryRegion
def shared_identity_matrix(n: int, dtype: ElementType | None = 'uint8', dst: NkiTensor | None = None) -> ndarray:
    """The identity matrix in sbuf, loaded into `dst` if that is given.

    In the first API generation it is an HBM tensor, as `shared_constant` is.
    """

def sigmoid(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.sigmoid`: an operation of instructions, and a function of tiles."""

def sign(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.sign`: an operation of instructions, and a function of tiles."""

def silu(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.silu`: an operation of instructions, and a function of tiles."""

def silu_dx(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.silu_dx`: an operation of instructions, and a function of tiles."""

def sin(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.sin`: an operation of instructions, and a function of tiles."""

def softmax(x: NkiTensor, axis: int | Sequence[int] | None = -1, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def softplus(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.softplus`: an operation of instructions, and a function of tiles."""

class spmd_dim:
    """A grid dimension of programs on cores."""
    def __init__(self, first: Any, second: Any) -> None: ...


def sqrt(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.sqrt`: an operation of instructions, and a function of tiles."""

def square(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.square`: an operation of instructions, and a function of tiles."""

def static_cast(x: Scalar, dtype: ElementType | None = None) -> Any:
    """A tile with the values in another element type; outside of kernels, an array of NumPy."""

def static_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`static_range(n)` or `static_range(start, stop, step)`: unrolled while tracing."""

def store(dst: NkiTensor, value: Any) -> None:
    """Writes a tile to HBM."""

def subtract(x: Scalar, y: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.subtract`: an operation of instructions, and a function of tiles."""

def sum(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False, *, mask: Any = ...) -> Any:
    """`nl.add`: an operation of instructions, and a function of tiles."""

def tan(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.tan`: an operation of instructions, and a function of tiles."""

def tanh(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.tanh`: an operation of instructions, and a function of tiles."""

tensor = ndarray
tfloat32: DType
class _TileSize:
    """Limits of tiles (NKI documentation, nki.language.tile_size), of the machine that is traced for."""
    psum_min_align: int
    sbuf_min_align: int
    @property
    def pmax(self) -> int: ...

    @property
    def psum_fmax(self) -> int: ...

    @property
    def psum_bank_fmax(self) -> int: ...

    @property
    def psum_bank_fmax_bytes(self) -> int: ...

    @property
    def psum_num_banks(self) -> int: ...

    @property
    def gemm_stationary_fmax(self) -> int: ...

    @property
    def gemm_moving_fmax(self) -> int: ...

    @property
    def bn_stats_fmax(self) -> int: ...

    @property
    def sbuf_size_bytes(self) -> int: ...

    @property
    def sbuf_fmax_bytes(self) -> int: ...

    @property
    def sbuf_fmax(self) -> int: ...

    @property
    def total_available_sbuf_size(self) -> int: ...


tile_size: _TileSize
def transpose(x: NkiTensor, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def trunc(x: Scalar, dtype: ElementType | None = None, *, mask: Any = ...) -> Any:
    """`nl.trunc`: an operation of instructions, and a function of tiles."""

uint16: DType
uint32: DType
uint8: DType
def var(x: NkiTensor, axis: int | Sequence[int] | None, dtype: ElementType | None = None, keepdims: bool = False, **_more: Any) -> ndarray: ...

def where(condition: NkiTensor, x: Scalar, y: Scalar, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def while_loop(init: Any, body_fun: Callable[..., Any]) -> None:
    """Repeats `body_fun(register)` while the register is not 0; the body is traced once."""

def zeros(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def zeros_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray: ...
