"""`nki.language`: tensors, loops, operators, and functions of tiles."""

# Written by `python -m trnsim.stubs`; not to be edited.

from collections.abc import Callable as Callable
from collections.abc import Iterator as Iterator
from collections.abc import Sequence as Sequence
from trnsim.core.layout import GridDim as _GridDim
from trnsim.language.tile_grids import NkiBlockGrid as NkiBlockGrid
from trnsim.language.tile_grids import NkiGrid as NkiGrid
from trnsim.language.tile_grids import NkiTileGrid as NkiTileGrid
from trnsim.tensor.dtypes import DType as DType
from trnsim.tensor.grids import MGrid as MGrid
from trnsim.tensor.indices import DynamicSlice as DynamicSlice
from trnsim.tensor.indices import ParDim as ParDim
from trnsim.tensor.nkiobject import NKIObject as NKIObject
from trnsim.tensor.registers import VirtualRegister as VirtualRegister
from trnsim.tensor.spaces import MemoryRegion as MemoryRegion
from trnsim.tensor.view import NkiTensor as NkiTensor
from typing import Any as Any
from typing import SupportsIndex as SupportsIndex
from typing import TypeAlias as TypeAlias

Scalar: TypeAlias = NkiTensor | float
ElementType: TypeAlias = DType | str | type

class Operator:
    """An operation: passed as `op=`, or called on tiles."""
    def __init__(self, name: str, call: Callable[..., Any]) -> None: ...

    def __call__(self, *args: Any, **_more: Any) -> Any: ...


def abs(x: Scalar, dtype: ElementType | None = None) -> Any:
    """|x|, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def abs_max(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """The larger of |x| and |y|, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def abs_min(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """The smaller of |x| and |y|, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def add(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x + y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def affine_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """The numbers of a loop whose passes depend on each other by sums alone; it is unrolled while tracing.

    Each pass is a scope of the program. In the first API generation its body is traced once.

    Parameters
    ----------
    start
        first number; the end, if it is alone
    stop
        where it ends, exclusive
    step
        difference of neighbours, not 0

    Returns
    -------
    iterator of integers

    Raises
    ------
    KernelTypeError where a bound is a register, which is known on the device alone
    """

def all(x: NkiTensor, axis: int | Sequence[int] | None, dtype: ElementType | None = None) -> ndarray:
    """Whether all elements are different from 0: 1 or 0.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile without the reduced dimensions

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def alloc_blocks(*, tile_shape: Any, block_shape: Any, element_shape: Any, buffer: Any, dtype: ElementType | None, address: Any = None, name: str = '') -> NkiBlockGrid:
    """A new tensor by coordinates of blocks of tiles, whose contents are undefined.

    Its tiles lie as those of nl.alloc_tiles.

    Parameters
    ----------
    tile_shape
        elements of a tile
    block_shape
        tiles of a block, along each dimension that is tiled
    element_shape
        elements of all tiles together
    buffer
        memory of the tensor
    dtype
        element type
    address
        (partition, byte) of a place on chip; None: the compiler's choice
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    grid of blocks

    Raises
    ------
    KernelTypeError and KernelValueError as nl.blocks
    """

def alloc_tiles(*, tile_shape: Any, element_shape: Any, buffer: Any, dtype: ElementType | None, address: Any = None, name: str = '') -> NkiTileGrid:
    """A new tensor by coordinates of tiles, whose contents are undefined.

    On chip its tiles lie side by side, each in as many partitions as tile_shape has rows (their order
    is assumed: row-major).

    Parameters
    ----------
    tile_shape
        elements of a tile
    element_shape
        elements of all tiles together
    buffer
        memory of the tensor
    dtype
        element type
    address
        (partition, byte) of a place on chip; None: the compiler's choice
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    grid of tiles

    Raises
    ------
    KernelTypeError and KernelValueError as nl.tiles
    """

def arange(*args: int) -> Any:
    """Numbers as an index grid, as NumPy's arange gives them; brackets and masks take it.

    Parameters
    ----------
    args
        stop; start and stop; or start, stop and step

    Returns
    -------
    array of integers
    """

def arctan(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The arctangent of x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def average(*_: Any, **_more: Any) -> Any:
    """The mean of a reduction: an operation of instructions, which is no function of tiles.

    As `op=` it names the operation of an instruction.

    Raises
    ------
    UnsupportedError where it is called
    """

bfloat16: DType
def bitwise_and(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """Bits that x and y have, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile of integers, or an integer
    y
        tile of integers of x's size, or an integer
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit, or are not
    integers of one size
    """

def bitwise_or(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """Bits that x or y has, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile of integers, or an integer
    y
        tile of integers of x's size, or an integer
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit, or are not
    integers of one size
    """

def bitwise_xor(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """Bits that one of x and y has, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile of integers, or an integer
    y
        tile of integers of x's size, or an integer
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit, or are not
    integers of one size
    """

def blocks(source: Any, *, tile_shape: Any = None, block_shape: Any) -> NkiBlockGrid:
    """A tensor by coordinates of blocks of tiles: nothing is allocated, nothing is moved.

    Index it as nl.tiles; nl.tiles(grid[i, j]) has the tiles of a block.

    Parameters
    ----------
    source
        tensor, or a grid of tiles or blocks
    tile_shape
        elements of a tile; None: those of the grid
    block_shape
        tiles of a block, along each dimension that is tiled

    Returns
    -------
    grid of blocks

    Raises
    ------
    KernelTypeError and KernelValueError where shapes are no tuples of positive integers, or of
    different lengths
    """

bool_: DType
def broadcast_to(x: NkiTensor, shape: Sequence[int], dtype: ElementType | None = None) -> ndarray:
    """Dimensions of one element repeated to a shape.

    Free dimensions by a view; one partition to many by a product with ones, which are instructions.

    Parameters
    ----------
    x
        tensor in any memory
    shape
        extents, of which each is x's or x's is 1
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile or view of the shape

    Raises
    ------
    NkiValidationError where the shape does not fit
    """

def bypass(*_: Any, **_more: Any) -> Any:
    """What leaves the other operand as it is: an operation of instructions, which is no function of tiles.

    As `op=` it names the operation of an instruction.

    Raises
    ------
    UnsupportedError where it is called
    """

def ceil(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The smallest integer not below x, element by element, in float32.

    By several instructions, as no engine has it. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def copy(x: Scalar, dtype: ElementType | None = None) -> Any:
    """X, element by element, in float32.

    On Vector. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def cos(x: Scalar, dtype: ElementType | None = None) -> Any:
    """Cos x, element by element, in float32.

    By several instructions, as no engine has it. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def device_print(print_prefix: Any, tensor: NkiTensor) -> None:
    """Prints a tensor while the program runs; it takes no time.

    Parameters
    ----------
    print_prefix
        text before it
    tensor
        tensor in any memory
    """

def divide(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x / y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def dropout(x: NkiTensor, rate: Any, dtype: ElementType | None = None) -> ndarray:
    """x with elements replaced by 0 at random, by Vector's generator.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    rate
        probability of 0 in [0, 1], a number or a tile [P, 1]
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape
    """

def ds(start: Any, size: int) -> DynamicSlice:
    """A slice of `size` elements from `start` on, for use within brackets.

    Parameters
    ----------
    start
        number or register: it may be known only when the program runs
    size
        number of elements

    Returns
    -------
    slice
    """

def dslice(start: Any, size: int) -> DynamicSlice:
    """A slice of `size` elements from `start` on, for use within brackets.

    Parameters
    ----------
    start
        number or register: it may be known only when the program runs
    size
        number of elements

    Returns
    -------
    slice
    """

def dynamic_range(start: Any, stop: Any = None, step: Any = 1) -> Iterator[VirtualRegister]:
    """A loop of the sequencers: its body is traced once, and runs as often as the bounds say.

    Parameters
    ----------
    start
        first number, or a register; the end, if it is alone
    stop
        where it ends, exclusive, or a register
    step
        difference, or a register

    Returns
    -------
    iterator that gives the loop's register once
    """

def empty_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray:
    """A new tensor of a tensor's shape, whose contents are undefined.

    Parameters
    ----------
    x
        tensor in any memory
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    buffer
        memory; by default that of x
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tensor of x's shape
    """

def equal(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x = y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def erf(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The error function of x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def erf_dx(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The derivative of erf at x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def exp(x: Scalar, dtype: ElementType | None = None) -> Any:
    """e to the power x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def expand_dims(x: NkiTensor, axis: int) -> ndarray:
    """A view with one more dimension of one element; no instruction.

    Parameters
    ----------
    x
        tensor in any memory
    axis
        where it is inserted, from 1 on or negative

    Returns
    -------
    view
    """

float16: DType
float32: DType
float4_e2m1fn_x4: DType
float8_e4m3: DType
float8_e4m3fn: DType
float8_e4m3fn_x4: DType
float8_e5m2: DType
float8_e5m2_x4: DType
float8_e8m0fnu: DType
def floor(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The largest integer not above x, element by element, in float32.

    By several instructions, as no engine has it. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def fmod(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x - y · trunc(x / y), element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], step: Any = 1) -> None:
    """Calls a function with the register of a loop of the sequencers; the body is traced once.

    Parameters
    ----------
    lower
        first number, or a register
    upper
        where it ends, exclusive, or a register
    body_fun
        function of the loop's register
    step
        difference, or a register
    """

fp32: DType
def full(shape: Sequence[int], fill_value: Any, dtype: ElementType | None, buffer: Any = None, name: str = '') -> ndarray:
    """A new tensor of one value.

    On chip by memset; in psum nothing is stored where a product overwrites it, in HBM it is written by
    DMAs.

    Parameters
    ----------
    shape
        extents, on chip those of partitions (at most 128) first
    fill_value
        number, rounded to dtype
    dtype
        element type
    buffer
        memory of the tensor: nl.sbuf, nl.psum, nl.hbm (private_hbm, shared_hbm); by default nl.sbuf
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tensor of the shape
    """

def gather_flattened(data: NkiTensor, indices: NkiTensor, axis: int = 0, dtype: ElementType | None = None) -> ndarray:
    """In each partition the elements at given positions of the flattened free dimensions.

    Parameters
    ----------
    data
        tile [P, …]
    indices
        tile [P, …] of positions, uint32
    axis
        for readers: positions count in all free dimensions
    dtype
        element type of the result; by default data's

    Returns
    -------
    tile of indices' shape
    """

def gelu(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x · Φ(x), by the error function, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def gelu_apprx_sigmoid(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x · sigmoid(1.702 x), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def gelu_apprx_sigmoid_dx(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The derivative of gelu_apprx_sigmoid at x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def gelu_apprx_tanh(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x · Φ(x), by tanh of a cubic, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def gelu_dx(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The derivative of gelu at x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def greater(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x > y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def greater_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x ≥ y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

hbm: MemoryRegion
int16: DType
int32: DType
int64: str
int8: DType
def invert(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x with every bit inverted, element by element.

    By tensor_scalar on Vector. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] of integers in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def is_hbm(buffer: Any) -> bool:
    """Whether a memory is HBM.

    Parameters
    ----------
    buffer
        memory, or its name

    Returns
    -------
    bool
    """

def is_on_chip(buffer: Any) -> bool:
    """Whether a memory is sbuf or psum.

    Parameters
    ----------
    buffer
        memory, or its name

    Returns
    -------
    bool
    """

def is_psum(buffer: Any) -> bool:
    """Whether a memory is psum.

    Parameters
    ----------
    buffer
        memory, or its name

    Returns
    -------
    bool
    """

def is_sbuf(buffer: Any) -> bool:
    """Whether a memory is sbuf.

    Parameters
    ----------
    buffer
        memory, or its name

    Returns
    -------
    bool
    """

def left_shift(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """X's bits moved up by y, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile of integers, or an integer
    y
        tile of integers of x's size, or an integer
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit, or are not
    integers of one size
    """

def less(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x < y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def less_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x ≤ y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def load(src: NkiTensor, dtype: ElementType | None = None) -> ndarray:
    """A new tile in sbuf with the contents of an HBM tensor, by a DMA.

    Parameters
    ----------
    src
        HBM tensor, or a slice of one; one dimension becomes partitions
    dtype
        element type of the tile, converted on the way; by default src's

    Returns
    -------
    tile [P, …] in sbuf

    Raises
    ------
    NkiValidationError where it has more than 128 partitions
    """

def load_transpose2d(src: NkiTensor, dtype: ElementType | None = None) -> ndarray:
    """A matrix of HBM, transposed, as a new tile.

    Elements of 2 and 4 bytes by a transposing DMA, others by a load and a product.

    Parameters
    ----------
    src
        HBM matrix [rows, columns]
    dtype
        element type of the tile; by default src's

    Returns
    -------
    tile [columns, rows]
    """

def log(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The natural logarithm of x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def logical_and(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x ≠ 0 and y ≠ 0, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def logical_not(x: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x is 0, else 0, element by element, in float32.

    On Vector. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def logical_or(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x ≠ 0 or y ≠ 0, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def logical_xor(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where one of x and y is 0, the other is not, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def matmul(x: NkiTensor, y: NkiTensor, transpose_x: bool = False) -> ndarray:
    """The product x · y, by the PE array; sums are float32.

    x is transposed first unless transpose_x says that it is already.

    Parameters
    ----------
    x
        float tile [M, K]; [K, M] with transpose_x; M, K at most 128
    y
        float tile [K, N], N at most 512
    transpose_x
        whether x comes with K in the partitions

    Returns
    -------
    float32 tile [M, N] in psum

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def max(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False) -> Any:
    """The largest element over free dimensions, in float32, by tensor_reduce on Vector.

    As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element
    negate
        multiply the result by -1

    Returns
    -------
    tile without the reduced dimensions; [P, 1] where none is left

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def maximum(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """The larger of x and y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def mean(x: Scalar, axis: int | Sequence[int] | None, dtype: ElementType | None = None, keepdims: bool = False) -> Any:
    """The mean over free dimensions, in float32, by tensor_reduce on Vector.

    As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element

    Returns
    -------
    tile without the reduced dimensions; [P, 1] where none is left

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

mgrid: MGrid
def min(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False) -> Any:
    """The smallest element over free dimensions, in float32, by tensor_reduce on Vector.

    As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element
    negate
        multiply the result by -1

    Returns
    -------
    tile without the reduced dimensions; [P, 1] where none is left

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def minimum(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """The smaller of x and y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def mish(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x · tanh(softplus(x)), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def mod(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x - y · floor(x / y), element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def multiply(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x · y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

class nc:
    """A grid dimension of the cores of a rank: `kernel[nl.nc(2)](…)`, or `nl.nc(2) * 4` with programs on each.

    Parameters
    ----------
    cores
        how many, 1 or 2
    """
    def __init__(self, cores: int) -> None: ...

    @property
    def trnsim_dim(self) -> _GridDim: ...

    def __mul__(self, other: Any) -> Any: ...


class ndarray(NkiTensor):
    """A new tensor, whose contents are undefined.

    On chip it has a place when the compiler gives it one, or where buffer or address say it.

    Parameters
    ----------
    shape
        extents, on chip those of partitions (at most 128) first
    dtype
        element type
    buffer
        memory of the tensor: nl.sbuf, nl.psum, nl.hbm (private_hbm, shared_hbm); by default nl.sbuf
    name
        name in reports and messages; by default that of the variable it is assigned to
    address
        (partition, byte) of a place on chip; None: the compiler's choice

    Returns
    -------
    tensor of the shape

    Raises
    ------
    NkiValidationError where an extent is less than 1 or no integer

    It is also the type of all tensors.
    """
    def __init__(self, shape: Sequence[int], dtype: ElementType | None = None, buffer: Any = None, name: str = '', address: Any = None, **_more: Any) -> None: ...

    def __getitem__(self, key: Any) -> ndarray: ...

    def ap(self, pattern: Sequence[Sequence[int]], offset: SupportsIndex | None = None, scalar_offset: Any = None, vector_offset: NkiTensor | None = None, indirect_dim: SupportsIndex = 0, dtype: ElementType | None = None) -> ndarray: ...

    def broadcast(self, dim: SupportsIndex, size: SupportsIndex) -> ndarray: ...

    def broadcast_to(self, shape: Sequence[int]) -> ndarray: ...

    def expand_dim(self, dim: SupportsIndex) -> ndarray: ...

    def expand_dims(self, dim: SupportsIndex) -> ndarray: ...

    def flatten_dims(self, start_dim: SupportsIndex, end_dim: SupportsIndex) -> ndarray: ...

    def indirect(self, index: NkiTensor, num_elem: SupportsIndex | None = None) -> ndarray: ...

    def permute(self, dims: Sequence[SupportsIndex]) -> ndarray: ...

    def rearrange(self, src_pattern: Sequence[Any], dst_pattern: Sequence[Any], fixed_sizes: dict[str, Any] | None = None) -> ndarray: ...

    def reinterpret_cast(self, dtype: ElementType | None) -> ndarray: ...

    def reshape(self, *sizes: Any, shape: Sequence[int] | None = None) -> ndarray: ...

    def reshape_dim(self, dim: SupportsIndex, shape: Sequence[SupportsIndex]) -> ndarray: ...

    def select(self, dim: SupportsIndex, index: Any) -> ndarray: ...

    def slice(self, dim: SupportsIndex, start: SupportsIndex, end: SupportsIndex, step: SupportsIndex = 1) -> ndarray: ...

    def squeeze_dim(self, dim: SupportsIndex) -> ndarray: ...

    def vector_select(self, dim: SupportsIndex, vector_offset: NkiTensor) -> ndarray: ...

    def view(self, dtype: ElementType | None) -> ndarray: ...


def negative(x: Scalar, dtype: ElementType | None = None) -> Any:
    """-x, element by element, in float32.

    On Vector. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def no_reorder() -> Any:
    """A block whose instructions keep their order, also where the compiler orders them.

    Returns
    -------
    context manager
    """

def not_equal(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """1 where x ≠ y, else 0, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def num_programs(axes: Any = 0) -> Any:
    """How many programs the grid has.

    Parameters
    ----------
    axes
        dimension of the grid, several, or None for all

    Returns
    -------
    number, or a tuple where several were asked for; 1 in a dimension that the grid does not have
    """

def ones(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '') -> ndarray:
    """A new tensor of ones.

    Parameters
    ----------
    shape
        extents, on chip those of partitions (at most 128) first
    dtype
        element type
    buffer
        memory of the tensor: nl.sbuf, nl.psum, nl.hbm (private_hbm, shared_hbm); by default nl.sbuf
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tensor of the shape
    """

def par_dim(size: int) -> ParDim:
    """Marks the partition dimension of a shape, behind the dimensions of blocks.

    Parameters
    ----------
    size
        partitions, at most 128

    Returns
    -------
    extent for nl.ndarray
    """

def power(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x to the power y (on GpSimd), element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def prelu(*_: Any, **_more: Any) -> Any:
    """The larger of x and a multiple of it: an operation of instructions, which is no function of tiles.

    As `op=` it names the operation of an instruction.

    Raises
    ------
    UnsupportedError where it is called
    """

private_hbm: MemoryRegion
def prod(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False) -> Any:
    """The product over free dimensions, in float32, by tensor_reduce on Vector.

    As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element
    negate
        multiply the result by -1

    Returns
    -------
    tile without the reduced dimensions; [P, 1] where none is left

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def program_id(axis: int = 0) -> int:
    """Which program of the grid this is.

    Parameters
    ----------
    axis
        dimension of the grid

    Returns
    -------
    number from 0 on; 0 in a dimension that the grid does not have
    """

def program_ndim() -> int:
    """How many dimensions the grid has.

    Returns
    -------
    number; 0 without a grid
    """

psum: MemoryRegion
def rand(shape: Sequence[int], dtype: ElementType | None = float32, buffer: Any = None, name: str = '') -> ndarray:
    """Uniform random numbers of [0, 1), by Vector's generator: 24 random bits each.

    Parameters
    ----------
    shape
        extents, on chip those of partitions (at most 128) first
    dtype
        element type
    buffer
        for readers: the tile is in sbuf
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tile of the shape
    """

def random_seed(seed: Any) -> None:
    """Seeds Vector's generator of random numbers.

    Parameters
    ----------
    seed
        integer for all partitions, or a tile [P, 1]
    """

def range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """The numbers of a loop that is unrolled while tracing; each pass is a scope of the program.

    Parameters
    ----------
    start
        first number; the end, if it is alone
    stop
        where it ends, exclusive
    step
        difference of neighbours, not 0

    Returns
    -------
    iterator of integers

    Raises
    ------
    KernelTypeError where a bound is a register, which is known on the device alone
    """

def reciprocal(x: Scalar, dtype: ElementType | None = None) -> Any:
    """1 / x, element by element, in float32.

    On Vector. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def relu(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The larger of x and 0, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def right_shift(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """X's bits moved down by y, the sign with them where x has one, element by element.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile of integers, or an integer
    y
        tile of integers of x's size, or an integer
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit, or are not
    integers of one size
    """

def rms_norm(x: NkiTensor, w: NkiTensor, axis: int | Sequence[int] | None, n: int, epsilon: float = 1e-06, dtype: ElementType | None = None, compute_dtype: Any = None) -> ndarray:
    """x / sqrt(sum of x² / n + epsilon) · w, in float32.

    By activation_reduce on Scalar, and tensor_scalar and tensor_tensor on Vector.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    w
        weights, a tile that can be repeated to x's shape
    axis
        for readers: all free dimensions are reduced
    n
        by what the sum is divided, elements
    epsilon
        what is added below the root
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    compute_dtype
        for readers: it is computed in float32

    Returns
    -------
    tile of x's shape
    """

def rsqrt(x: Scalar, dtype: ElementType | None = None) -> Any:
    """1 / sqrt(x), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

sbuf: MemoryRegion
def sequential_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """The numbers of a loop whose passes follow each other; it is unrolled while tracing.

    Each pass is a scope of the program. In the first API generation its body is traced once.

    Parameters
    ----------
    start
        first number; the end, if it is alone
    stop
        where it ends, exclusive
    step
        difference of neighbours, not 0

    Returns
    -------
    iterator of integers

    Raises
    ------
    KernelTypeError where a bound is a register, which is known on the device alone
    """

def shared_constant(constant: Any, dtype: ElementType | None = None, **_more: Any) -> ndarray:
    """A constant as an HBM tensor, which is there before the kernel begins.

    Parameters
    ----------
    constant
        array, or the path of a .npy file
    dtype
        element type; by default the array's

    Returns
    -------
    HBM tensor of the array's shape

    Raises
    ------
    NkiValidationError where the elements are of a type that no tensor has
    """

shared_hbm: MemoryRegion
def shared_identity_matrix(n: int, dtype: ElementType | None = 'uint8', dst: NkiTensor | None = None) -> ndarray:
    """The identity matrix in sbuf, loaded from a constant in HBM.

    Kernels of the first API generation get the HBM tensor itself.

    Parameters
    ----------
    n
        rows and columns, at most 128
    dtype
        element type
    dst
        tile [n, n] to load it into; None: a new one

    Returns
    -------
    tile [n, n]
    """

def sigmoid(x: Scalar, dtype: ElementType | None = None) -> Any:
    """1 / (1 + exp(-x)), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def sign(x: Scalar, dtype: ElementType | None = None) -> Any:
    """-1, 0 or 1 by the sign of x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def silu(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x · sigmoid(x), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def silu_dx(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The derivative of silu at x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def sin(x: Scalar, dtype: ElementType | None = None) -> Any:
    """Sin x, for x in -π…π, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def softmax(x: NkiTensor, axis: int | Sequence[int] | None = -1, dtype: ElementType | None = None) -> ndarray:
    """Exp(x - max) / sum of exp(x - max), in float32.

    Over all free dimensions by tensor_reduce, activation_reduce on Scalar and a product with the sum's
    reciprocal.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        free dimensions that sum to 1, a number or several; by default the last
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def softplus(x: Scalar, dtype: ElementType | None = None) -> Any:
    """Log(1 + exp(x)), element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

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
    def __init__(self, first: Any, second: Any) -> None: ...


def sqrt(x: Scalar, dtype: ElementType | None = None) -> Any:
    """The square root of x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def square(x: Scalar, dtype: ElementType | None = None) -> Any:
    """X², element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def static_cast(x: Scalar, dtype: ElementType | None = None) -> Any:
    """A tile with the values in another element type, rounded to nearest even.

    Outside of kernels, of an array of NumPy.

    Parameters
    ----------
    x
        tile or array
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile or array of x's shape
    """

def static_range(start: Any, stop: Any = None, step: Any = 1, **_more: Any) -> Iterator[int]:
    """The numbers of a loop that is unrolled while tracing; each pass is a scope of the program.

    Parameters
    ----------
    start
        first number; the end, if it is alone
    stop
        where it ends, exclusive
    step
        difference of neighbours, not 0

    Returns
    -------
    iterator of integers

    Raises
    ------
    KernelTypeError where a bound is a register, which is known on the device alone
    """

def store(dst: NkiTensor, value: Any) -> None:
    """Writes a tile, or a number everywhere, to an HBM tensor by a DMA.

    A tile in psum is copied to sbuf first, which DMAs reach.

    Parameters
    ----------
    dst
        HBM tensor, or a slice of one
    value
        tile of as many elements, or a number

    Raises
    ------
    NkiValidationError where the shapes do not fit
    """

def subtract(x: Scalar, y: Scalar, dtype: ElementType | None = None) -> Any:
    """x - y, element by element, in float32.

    Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of
    two numbers it is Python's. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum, or a number
    y
        tile of x's shape, or one that can be repeated to it; or a number
    dtype
        element type of the result; by default the wider of x's and y's, floats before integers

    Returns
    -------
    tile of the common shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), or shapes do not fit
    """

def sum(x: Scalar, axis: int | Sequence[int] | None = None, dtype: ElementType | None = None, keepdims: bool = False, negate: bool = False) -> Any:
    """The sum over free dimensions, in float32, by tensor_reduce on Vector.

    As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element
    negate
        multiply the result by -1

    Returns
    -------
    tile without the reduced dimensions; [P, 1] where none is left

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def tan(x: Scalar, dtype: ElementType | None = None) -> Any:
    """Sin x / cos x, element by element, in float32.

    By several instructions, as no engine has it. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def tanh(x: Scalar, dtype: ElementType | None = None) -> Any:
    """Tanh x, element by element, in float32.

    By activation on Scalar, or by tensor_scalar on Vector where it has the operation. As `op=` it names
    the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

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
def tiles(source: Any, *, tile_shape: Any = None) -> NkiTileGrid:
    """A tensor by coordinates of tiles: nothing is allocated, nothing is moved.

    The last tile of a dimension may be smaller. A number chooses in its dimension, a slice keeps it;
    grid[i, j].data is the tensor of a tile. Of a block it gives the tiles within.

    Parameters
    ----------
    source
        tensor, or a grid of tiles or blocks
    tile_shape
        elements of a tile, for the last dimensions of a tensor; dimensions in front are chosen one by
        one. None: those of the grid

    Returns
    -------
    grid of tiles

    Raises
    ------
    KernelTypeError and KernelValueError where tile_shape is no tuple of two or more positive integers
    """

def transpose(x: NkiTensor, dtype: ElementType | None = None) -> ndarray:
    """A tile with partitions and free dimensions exchanged, by the PE array.

    Parameters
    ----------
    x
        tile [P, F], in psum copied first; F at most 128
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile [F, P] in psum

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

def trunc(x: Scalar, dtype: ElementType | None = None) -> Any:
    """x without its fraction, element by element, in float32.

    By several instructions, as no engine has it. As `op=` it names the operation of an instruction.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x

    Returns
    -------
    tile of x's shape in sbuf

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first)
    """

uint16: DType
uint32: DType
uint64: str
uint8: DType
def var(x: NkiTensor, axis: int | Sequence[int] | None, dtype: ElementType | None = None, keepdims: bool = False) -> ndarray:
    """The variance over free dimensions: the mean squared distance from the mean, in float32.

    Parameters
    ----------
    x
        tile [P, …] in sbuf or psum
    axis
        dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    keepdims
        whether reduced dimensions stay, with one element

    Returns
    -------
    tile without the reduced dimensions

    Raises
    ------
    NkiValidationError where a tile is in HBM (nl.load it first), where axis has dimension 0, or one
    that x does not have
    """

def where(condition: NkiTensor, x: Scalar, y: Scalar, dtype: ElementType | None = None) -> ndarray:
    """x where the condition is not 0, else y.

    By copies and tensor_copy_predicated on Vector.

    Parameters
    ----------
    condition
        tile; of uint8, uint16 or uint32 it is used as it is
    x
        tile or number
    y
        tile or number
    dtype
        element type of the result; by default the wider of x's and y's

    Returns
    -------
    tile of the common shape
    """

def while_loop(init: Any, body_fun: Callable[..., Any]) -> None:
    """Repeats a function while a register is not 0; the body is traced once.

    Parameters
    ----------
    init
        register, or the number that a new one begins with
    body_fun
        function of the register, which it changes
    """

def zeros(shape: Sequence[int], dtype: ElementType | None, buffer: Any = None, name: str = '') -> ndarray:
    """A new tensor of zeros.

    Parameters
    ----------
    shape
        extents, on chip those of partitions (at most 128) first
    dtype
        element type
    buffer
        memory of the tensor: nl.sbuf, nl.psum, nl.hbm (private_hbm, shared_hbm); by default nl.sbuf
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tensor of the shape
    """

def zeros_like(x: NkiTensor, dtype: ElementType | None = None, buffer: Any = None, name: str = '') -> ndarray:
    """A new tensor of zeros, of a tensor's shape.

    Parameters
    ----------
    x
        tensor in any memory
    dtype
        element type of the result: nl.bfloat16, "bfloat16" or NumPy's; by default that of x
    buffer
        memory; by default that of x
    name
        name in reports and messages; by default that of the variable it is assigned to

    Returns
    -------
    tensor of x's shape
    """
