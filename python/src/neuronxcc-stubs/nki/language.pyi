"""`neuronxcc.nki.language`: as `nki.language`, with masks, index grids and block dimensions."""

# Written by `python -m trnsim.stubs`; not to be edited.

from collections.abc import Callable as Callable
from collections.abc import Iterator as Iterator
from collections.abc import Sequence as Sequence
from trnsim.nki.language import Operator as Operator
from trnsim.nki.language import _TileSize as _TileSize
from trnsim.nki.language import nc as nc
from trnsim.nki.language import ndarray as ndarray
from trnsim.nki.language import ndarray as tensor
from trnsim.nki.language import spmd_dim as spmd_dim
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
Op: TypeAlias = Callable[..., Any] | str
ElementType: TypeAlias = DType | str | type

def abs(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.abs`: an operation of instructions, and a function of tiles."""

def abs_max(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.abs_max`: an operation of instructions, and a function of tiles."""

def abs_min(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.abs_min`: an operation of instructions, and a function of tiles."""

def add(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.add`: an operation of instructions, and a function of tiles."""

def affine_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`affine_range(n)` or `affine_range(start, stop, step)`: unrolled while tracing."""

def all(x: NkiTensor, axis: int | Sequence[int] | None, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def all_reduce(x: Scalar, op: Op, program_axes: Any, **_more: Any) -> Any: ...

def arange(*args: int) -> Any:
    """An index grid."""

def arctan(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.arctan`: an operation of instructions, and a function of tiles."""

def average(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.average`: an operation of instructions, and a function of tiles."""

bfloat16: DType
def bitwise_and(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.bitwise_and`: an operation of instructions, and a function of tiles."""

def bitwise_or(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.bitwise_or`: an operation of instructions, and a function of tiles."""

def bitwise_xor(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.bitwise_xor`: an operation of instructions, and a function of tiles."""

bool_: DType
def broadcast_to(x: NkiTensor, shape: Sequence[int], dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def bypass(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.bypass`: an operation of instructions, and a function of tiles."""

def ceil(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.ceil`: an operation of instructions, and a function of tiles."""

def copy(src: Any, *, mask: Any = None, dtype: ElementType | None = None, **_more: Any) -> Any:
    """A tile with the same values."""

def cos(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.cos`: an operation of instructions, and a function of tiles."""

def device_print(print_prefix: Any, tensor: NkiTensor) -> None:
    """Prints a tensor while the program runs."""

def divide(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.divide`: an operation of instructions, and a function of tiles."""

def dropout(x: NkiTensor, rate: Any, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def ds(start: Any, size: int) -> DynamicSlice:
    """`size` elements from `start` on; the start may be known only when the program runs."""

def dslice(start: Any, size: int) -> DynamicSlice:
    """`size` elements from `start` on; the start may be known only when the program runs."""

def dynamic_range(start: Any, stop: Any = None, step: Any = 1) -> Iterator[VirtualRegister]:
    """A loop of the sequencer: its body is traced once."""

def empty_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray: ...

def equal(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.equal`: an operation of instructions, and a function of tiles."""

def erf(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.erf`: an operation of instructions, and a function of tiles."""

def erf_dx(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.erf_dx`: an operation of instructions, and a function of tiles."""

def exp(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.exp`: an operation of instructions, and a function of tiles."""

def expand_dims(x: NkiTensor, axis: int) -> ndarray: ...

def finfo(dtype: ElementType | None) -> Any:
    """The limits of a float type, as NumPy's."""

float16: DType
float32: DType
float4_e2m1fn_x4: DType
float8_e4m3: DType
float8_e4m3fn: DType
float8_e4m3fn_x4: DType
float8_e5m2: DType
float8_e5m2_x4: DType
float8_e8m0fnu: DType
def floor(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.floor`: an operation of instructions, and a function of tiles."""

def fmod(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.fmod`: an operation of instructions, and a function of tiles."""

def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], step: Any = 1) -> None:
    """`for i in lower…upper: body_fun(i)` as a loop of the sequencer; the body is traced once."""

fp32: DType
def full(shape: Sequence[int], fill_value: Any, dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def gather_flattened(data: NkiTensor, indices: NkiTensor, axis: int = 0, dtype: ElementType | None = None) -> ndarray: ...

def gelu(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.gelu`: an operation of instructions, and a function of tiles."""

def gelu_apprx_sigmoid(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.gelu_apprx_sigmoid`: an operation of instructions, and a function of tiles."""

def gelu_apprx_sigmoid_dx(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.gelu_apprx_sigmoid_dx`: an operation of instructions, and a function of tiles."""

def gelu_apprx_tanh(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.gelu_apprx_tanh`: an operation of instructions, and a function of tiles."""

def gelu_dx(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.gelu_dx`: an operation of instructions, and a function of tiles."""

def greater(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.greater`: an operation of instructions, and a function of tiles."""

def greater_equal(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.greater_equal`: an operation of instructions, and a function of tiles."""

hbm: MemoryRegion
int16: DType
int32: DType
int8: DType
def invert(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.invert`: an operation of instructions, and a function of tiles."""

def is_hbm(buffer: Any) -> bool: ...

def is_on_chip(buffer: Any) -> bool: ...

def is_psum(buffer: Any) -> bool: ...

def is_sbuf(buffer: Any) -> bool: ...

def left_shift(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.left_shift`: an operation of instructions, and a function of tiles."""

def less(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.less`: an operation of instructions, and a function of tiles."""

def less_equal(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.less_equal`: an operation of instructions, and a function of tiles."""

def load(src: Any, *, mask: Any = None, dtype: ElementType | None = None) -> Any:
    """A tile in sbuf with the contents of an HBM tensor; a mask leaves the rest undefined."""

def load_transpose2d(src: Any, *, mask: Any = None, dtype: ElementType | None = None) -> Any:
    """An HBM matrix, transposed."""

def log(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.log`: an operation of instructions, and a function of tiles."""

def logical_and(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.logical_and`: an operation of instructions, and a function of tiles."""

def logical_not(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.logical_not`: an operation of instructions, and a function of tiles."""

def logical_or(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.logical_or`: an operation of instructions, and a function of tiles."""

def logical_xor(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.logical_xor`: an operation of instructions, and a function of tiles."""

def loop_reduce(x: Scalar, op: Op, loop_indices: Any, *, dtype: ElementType | None = None, mask: Any = None, **_more: Any) -> Any:
    """The reduction over the passes of loops; complete when the loops are.

    `t[…] = nl.loop_reduce(…)` reduces into `t`, so that each of its tiles has a sum of its own. Where the result is
    kept in a variable there is one sum for the line.
    """

def matmul(x: Scalar, y: Scalar, *, transpose_x: bool = False, mask: Any = None) -> Any:
    """x @ y; the result is in psum."""

def max(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.maximum`: an operation of instructions, and a function of tiles."""

def maximum(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.maximum`: an operation of instructions, and a function of tiles."""

def mean(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.average`: an operation of instructions, and a function of tiles."""

mgrid: MGrid
def min(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.minimum`: an operation of instructions, and a function of tiles."""

def minimum(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.minimum`: an operation of instructions, and a function of tiles."""

def mish(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.mish`: an operation of instructions, and a function of tiles."""

def mod(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.mod`: an operation of instructions, and a function of tiles."""

def multiply(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.multiply`: an operation of instructions, and a function of tiles."""

def ndarray_like(x: Scalar, **_more: Any) -> Any: ...

def negative(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.negative`: an operation of instructions, and a function of tiles."""

def no_reorder() -> Any:
    """Keeps the order of what is inside, also where the compiler's scheduling is on."""

def not_equal(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.not_equal`: an operation of instructions, and a function of tiles."""

def num_programs(axes: Any = 0) -> Any:
    """How many programs the grid has."""

def ones(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def par_dim(size: int) -> ParDim:
    """Marks the partition dimension of a shape."""

def power(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.power`: an operation of instructions, and a function of tiles."""

def prelu(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.prelu`: an operation of instructions, and a function of tiles."""

private_hbm: MemoryRegion
def prod(*args: Any, mask: Any = None, **_more: Any) -> Any:
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

def reciprocal(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.reciprocal`: an operation of instructions, and a function of tiles."""

def relu(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.relu`: an operation of instructions, and a function of tiles."""

def right_shift(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.right_shift`: an operation of instructions, and a function of tiles."""

def rms_norm(x: Scalar, w: Any, axis: int | Sequence[int] | None, n: int, epsilon: float = 1e-06, *, dtype: ElementType | None = None, mask: Any = None, **_more: Any) -> Any: ...

def rsqrt(*args: Any, mask: Any = None, **_more: Any) -> Any:
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

def sigmoid(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.sigmoid`: an operation of instructions, and a function of tiles."""

def sign(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.sign`: an operation of instructions, and a function of tiles."""

def silu(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.silu`: an operation of instructions, and a function of tiles."""

def silu_dx(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.silu_dx`: an operation of instructions, and a function of tiles."""

def sin(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.sin`: an operation of instructions, and a function of tiles."""

def softmax(x: NkiTensor, axis: int | Sequence[int] | None = -1, dtype: ElementType | None = None, **_more: Any) -> ndarray: ...

def softplus(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.softplus`: an operation of instructions, and a function of tiles."""

def sqrt(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.sqrt`: an operation of instructions, and a function of tiles."""

def square(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.square`: an operation of instructions, and a function of tiles."""

def static_cast(x: Scalar, dtype: ElementType | None = None) -> Any:
    """A tile with the values in another element type; outside of kernels, an array of NumPy."""

def static_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """`static_range(n)` or `static_range(start, stop, step)`: unrolled while tracing."""

def store(dst: Any, value: Any, *, mask: Any = None) -> None:
    """Writes a tile to HBM."""

def subtract(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.subtract`: an operation of instructions, and a function of tiles."""

def sum(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.add`: an operation of instructions, and a function of tiles."""

def tan(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.tan`: an operation of instructions, and a function of tiles."""

def tanh(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.tanh`: an operation of instructions, and a function of tiles."""

tfloat32: DType
tile_size: _TileSize
def transpose(x: Scalar, *, dtype: ElementType | None = None, mask: Any = None) -> Any: ...

def trunc(*args: Any, mask: Any = None, **_more: Any) -> Any:
    """`nl.trunc`: an operation of instructions, and a function of tiles."""

uint16: DType
uint32: DType
uint8: DType
def var(x: Scalar, axis: int | Sequence[int] | None, *, dtype: ElementType | None = None, mask: Any = None, **_more: Any) -> Any: ...

def where(condition: Any, x: Scalar, y: Scalar, *, dtype: ElementType | None = None, mask: Any = None) -> Any: ...

def while_loop(init: Any, body_fun: Callable[..., Any]) -> None:
    """Repeats `body_fun(register)` while the register is not 0; the body is traced once."""

def zeros(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '', **_more: Any) -> ndarray: ...

def zeros_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray: ...
