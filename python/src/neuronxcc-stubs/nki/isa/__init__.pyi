"""`neuronxcc.nki.isa`: instructions that return their result as a tile.

`t[…] = nisa.op(…)` writes into `t` directly: an assignment right behind an operation becomes its destination."""

# Written by `python -m trnsim.stubs`; not to be edited.

from collections.abc import Callable as Callable
from collections.abc import Sequence as Sequence
from trnsim.neuronxcc.nki.isa import constants as constants
from trnsim.neuronxcc.nki.isa.constants import dge_mode as dge_mode
from trnsim.nki.isa.constants import dma_engine as dma_engine
from trnsim.nki.isa.constants import engine as engine
from trnsim.nki.isa.constants import matmul_perf_mode as matmul_perf_mode
from trnsim.nki.isa.constants import nc_version as nc_version
from trnsim.nki.isa.constants import oob_mode as oob_mode
from trnsim.nki.isa.constants import reduce_cmd as reduce_cmd
from trnsim.tensor.dtypes import DType as DType
from trnsim.tensor.view import NkiTensor as NkiTensor
from typing import Any as Any
from typing import TypeAlias as TypeAlias

Tensor: TypeAlias = NkiTensor
Scalar: TypeAlias = NkiTensor | float
Op: TypeAlias = Callable[..., Any] | str
Engine: TypeAlias = constants.engine | str
ReduceCommand: TypeAlias = constants.reduce_cmd | str
PerfMode: TypeAlias = constants.matmul_perf_mode | str
DgeMode: TypeAlias = constants.dge_mode | str
OobMode: TypeAlias = constants.oob_mode | str
ElementType: TypeAlias = DType | str | type

def activation(op: Op, data: Tensor, *, bias: Scalar | None = None, scale: Scalar = 1.0, reduce_op: Op | None = None, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand | None = None, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """dst = op(data × scale + bias) on the Scalar engine

    dst = op(data × scale + bias); the product and the sum are rounded to fp32. scale is a number or a
    float32 [P, 1], bias a number (trn2 on) or [P, 1] of a float type. Computed exactly in fp32; the
    hardware's piecewise polynomials are documented to be valid in ranges only (log 2^-64…2^64, sqrt
    2^-116…2^118, rsqrt 2^-87…2^97, reciprocal ±2^-42…2^42, arctan ±π/2), beyond which this still gives
    the exact function. sin is documented to continue as a cubic beyond ±π, and does so here. Cost: one
    element per cycle per partition, and 1283 ns when the function's table must be loaded. With
    reduce_cmd each row of the fp32 result is added to the Scalar engine's accumulators, and reduce_res
    receives them: priced as activation_reduce.

    Engines: scalar. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    op : Op
        the function: copy, exp, log, sqrt, rsqrt, reciprocal, square, relu, sigmoid, silu, tanh, gelu,
        gelu_apprx_tanh, gelu_apprx_sigmoid, softplus, mish, erf, sign, abs, sin, arctan, gelu_dx,
        gelu_apprx_sigmoid_dx, silu_dx, erf_dx, prelu
    data : Tensor
        input, same shape
    bias : Scalar | None
        added before the function: a number or one value per partition; must be float32, bfloat16,
        float16, float8_e4m3, float8_e5m2 or float8_e4m3fn
    scale : Scalar
        multiplied before the bias: a number or one value per partition; must be float32
    reduce_op : Op | None
        add: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power, rsqrt,
        equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    reduce_res : Tensor | None
        [P, 1] accumulators afterwards (written)
    reduce_cmd : ReduceCommand | None
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def activation_reduce(op: Op, data: Tensor, *, reduce_op: Op, reduce_res: Tensor, bias: Scalar | None = None, scale: Scalar = 1.0, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """dst = op(data × scale + bias), and its sum over all free dimensions

    As activation, and reduce_res[P, 1] = the sum of the fp32 results of a row before dst's rounding,
    from the first element on (order assumed). reduce_op is add. Cost: that of activation and 64 cycles
    to read the accumulator (trn1 architecture guide).

    Engines: scalar. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    op : Op
        the function: copy, exp, log, sqrt, rsqrt, reciprocal, square, relu, sigmoid, silu, tanh, gelu,
        gelu_apprx_tanh, gelu_apprx_sigmoid, softplus, mish, erf, sign, abs, sin, arctan, gelu_dx,
        gelu_apprx_sigmoid_dx, silu_dx, erf_dx, prelu
    data : Tensor
        input, same shape
    reduce_op : Op
        add: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power, rsqrt,
        equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    reduce_res : Tensor
        [P, 1] sum of the result (written)
    bias : Scalar | None
        added before the function: a number or one value per partition; must be float32, bfloat16,
        float16, float8_e4m3, float8_e5m2 or float8_e4m3fn
    scale : Scalar
        multiplied before the bias: a number or one value per partition; must be float32
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def affine_select(pred: Any, on_true_tile: Tensor, on_false_value: float, *, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """dst = on_true_tile where (offset + p × channel_multiplier + pattern) cmp_op 0, else a number

    The pattern has up to four loops [step, count], outermost first, as in iota; its value is int32. dst
    is on_true_tile through fp32 where the comparison holds and on_false_value elsewhere: causal masks.
    Everything is in sbuf. Cost on GpSimd: about 150 + N cycles (NKI ≤ 2.26).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    pred : Any
        a comparison of an affine expression of nl.arange
    on_true_tile : Tensor
        what is kept where the comparison holds
    on_false_value : float
        what is written elsewhere
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def bn_aggr(data: Tensor, *, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """mean and variance of all that the statistics describe

    dst[P, 2] = mean and variance of the population of which data has, for each part, count, mean and
    count × variance, as bn_stats gives them. fp32 (order assumed). Cost on Vector: 13 cycles per part
    (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        [P, 3 n] statistics
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def bn_stats(data: Tensor, *, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """count, mean and count × variance of the even and of the odd elements

    dst[P, 6] = count, mean, count × variance of elements 0, 2, 4, … of each partition, then of elements
    1, 3, 5, … (NKI documentation); the variance is that of the population. data has up to 512 elements
    per partition. Sums run in fp32 from the first element on (order assumed). Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, up to 512 elements per partition
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def dma_copy(*, dst: Tensor, src: Tensor, mask: Any = None, dst_rmw_op: Op | None = None, oob_mode: OobMode | None = None, dge_mode: DgeMode | None = None, name: str | None = None) -> None:
    """copies between hbm and sbuf, or within either, by the DMA rings

    dst = src, element by element in row order; equal element counts, converted through fp32 when the
    types differ. Indirect: scalar_offset (one integer) or vector_offset (one per row) is multiplied by
    offset_stride elements (default: one row of the tensor) and added to the HBM operand that `indirect`
    names; with oob_mode=skip rows beyond the tensor are left out. Gathers and scatters by vector need
    swdge. Cost: ~1.3 µs fixed, then 32 bytes per cycle of 0.85 GHz plus 4 cycles per descriptor on each
    of 16 rings.

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        destination (written)
    src : Tensor
        source, same number of elements
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dst_rmw_op : Op | None
        add: dst += src, as dma_compute: add, subtract, multiply, divide, maximum, minimum, abs_max,
        abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    oob_mode : OobMode | None
        what an index beyond the tensor does: error, skip
    dge_mode : DgeMode | None
        who makes the descriptors: unknown, none, hwdge, swdge
    name : str | None
        a label, which changes nothing
    """

def dma_transpose(src: Tensor, *, axes: int | Sequence[int] | None = None, mask: Any = None, dtype: ElementType | None = None, dge_mode: DgeMode | None = None, name: str | None = None, **_more: Any) -> Tensor:
    """dst[j, r] = src[r, j], bit by bit, by the DMA rings

    src is a matrix in hbm or sbuf (several free dimensions count as one), dst is in sbuf with one
    partition per column of src. axes=[2, 1, 0] and [3, 1, 2, 0] exchange the first and the last of
    three or four dimensions, for which each operand has a pair of its own. Elements of 2 or 4 bytes of
    one type. dge_mode=hwdge needs 16 rows, a multiple of 128 columns and 2-byte elements; swdge serves
    indirect transposes only. Reaches at most 90 % of the DMA bandwidth from hbm and 50 % from sbuf
    (trn2 architecture guide).

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        [R, N] source in hbm or sbuf
    axes : int | Sequence[int] | None
        [1, 0], [2, 1, 0] or [3, 1, 2, 0]; None: by the rank
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    dge_mode : DgeMode | None
        who makes the descriptors: unknown, none, hwdge, swdge
    name : str | None
        a label, which changes nothing
    """

def dropout(data: Tensor, prob: Scalar, *, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """dst = data, or 0 with probability prob

    dst = 0 where a random number from 0 to 1 of Vector's generator is below prob (a number or one value
    per partition), else data; nothing is scaled. dst has data's type. The device's random numbers are
    not published: these are xorwow's, seeded by set_rng_seed. Cost on Vector: one element per cycle
    (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, same shape and type
    prob : Scalar
        probability of a zero: a number or one value per partition; must be a float type
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def get_nc_sub_version() -> int:
    """The revision within a generation."""

def get_nc_version() -> nc_version:
    """The generation of the NeuronCore that the kernel is traced for."""

gpsimd_engine: engine
def iota(expr: Any, dtype: ElementType | None, *, mask: Any = None, name: str | None = None) -> Tensor:
    """dst[p, i] = offset + p × channel_multiplier + the pattern's value at i

    The pattern has up to four loops [step, count], outermost first; their counts multiply to dst's
    elements per partition. Values are int32 (assumed to wrap), stored exactly in integer types and
    through fp32 in all others. dst is in sbuf. Cost on GpSimd: about 150 + N cycles (NKI ≤ 2.26).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    expr : Any
        an affine expression of nl.arange
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def local_gather(src_buffer: Tensor, index: Tensor, num_elem_per_idx: int = 1, num_valid_indices: int | None = None, *, mask: Any = None, name: str | None = None) -> Tensor:
    """each GpSimd core gathers from its 16 partitions by the indices in them

    Each of the eight cores has 16 partitions. It takes their indices along the partitions first,
    num_valid_indices of them (all by default), and for index number i copies num_elem_per_idx elements
    of every partition, from element index on, to elements i × num_elem_per_idx… of dst (NKI
    documentation). Indices are uint16 and count elements; dst has src_buffer's type; all in sbuf;
    partitions are a multiple of 16 and num_elem_per_idx is 1, 2, 4, 8, 16 or 32; at most 4096 indices
    per core. An index beyond src_buffer, undefined on the device, is a fault here. Cost on GpSimd: 150
    cycles + n e / C, C = ((28 + t e) / (t e)) / min(4 / size, e), t = 4 for n indices of e elements
    (NKI ≤ 2.26).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src_buffer : Tensor
        what is gathered from
    index : Tensor
        element numbers; must be uint16
    num_elem_per_idx : int
        elements that each index copies
    num_valid_indices : int | None
        how many of a core’s indices count
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def max8(*, src: Tensor, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """the 8 largest elements of each partition, in descending order

    dst[p, 0…7] = the largest elements of src[p, …] as fp32, largest first, equal ones as often as they
    occur. A NaN counts as larger than every number (assumed). src has 8 to 16384 elements per
    partition. Cost on Vector: one element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        input, 8 to 16384 elements per partition
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def memset(shape: Sequence[int], value: float, dtype: ElementType | None, *, mask: Any = None, engine: Engine | None = None, name: str | None = None) -> Tensor:
    """fills a tensor with one value

    dst = value, rounded to dst's type; integer types take integers of 32 bits exactly, packed types and
    their scales 0 only (all bits 0). Cost: one element per cycle.

    Engines: vector, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    shape : Sequence[int]
        shape of the result
    value : float
        the value
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label, which changes nothing
    """

def nc_find_index8(*, data: Tensor, vals: Tensor, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """indices of 8 values per partition in data

    dst[p, j] = the index of the first element of data[p, …] that equals vals[p, j] as fp32. A value
    that occurs several times in vals takes its matches in ascending order; one without a match gives
    all ones. data has 8 to 16384 elements per partition, dst is uint16 or uint32. Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, 8 to 16384 elements per partition
    vals : Tensor
        [P, 8] values to find
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def nc_match_replace8(*, data: Tensor, vals: Tensor, imm: float, dst_idx: Tensor | None = None, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """data with the first occurrence of each of 8 values replaced by imm, and their indices

    dst = data, where the first match of each vals[p, j] (as fp32) is replaced by imm; dst_idx[p, j], if
    given, is its index (all ones without a match). Equal values are taken from j = 7 down, so that the
    first match goes to the highest of their columns: the opposite of nc_find_index8. With max8 it makes
    the rounds of a top-k. data has 8 to 16384 elements per partition. Cost on Vector: one element per
    cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, 8 to 16384 elements per partition
    vals : Tensor
        [P, 8] values to replace
    imm : float
        what replaces them
    dst_idx : Tensor | None
        [P, 8] indices of the matches; must be uint16 or uint32 (written)
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def nc_matmul(stationary: Tensor, moving: Tensor, *, is_stationary_onezero: bool = False, is_moving_onezero: bool = False, is_transpose: bool = False, tile_position: Sequence[int] = ..., tile_size: Sequence[int] = ..., perf_mode: PerfMode | None = None, mask: Any = None, name: str | None = None) -> Tensor:
    """dst[M,N] (+)= stationary[K,M]ᵀ · moving[K,N] on the PE array

    K is the partition dimension of both inputs (≤ 128), M ≤ 128, N ≤ 512; dst is fp32 in one PSUM bank.
    From trn3 on dst is fp32 (N ≤ 4096) or bfloat16 (N ≤ 8192), in any number of banks; sums within an
    instruction and the addition to dst are fp32. accumulate=true adds to what earlier matmuls left
    there. Products are exact, sums are fp32. fp32 inputs take two passes of two cycles per column.
    perf_mode=double_row takes float8 inputs of shape [128, 2, ·] in the time of one. With is_transpose
    and one operand that only picks rows of the other (an identity, a permutation) data passes through
    bit-exactly, NaN and infinity too; other operands are multiplied. Lowers to LDWEIGHTS + MATMUL (two
    of each for fp32).

    Engines: tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    stationary : Tensor
        [K, M] in sbuf; becomes the weights; must be a float type
    moving : Tensor
        [K, N] in sbuf; streams through; must be a float type
    is_stationary_onezero : bool
        promise: 'stationary' holds ones and zeros only
    is_moving_onezero : bool
        promise: 'moving' holds ones and zeros only
    is_transpose : bool
        moving data passes through unchanged
    tile_position : Sequence[int]
        [row, column] of the PE tile; [] for all
    tile_size : Sequence[int]
        [rows, columns] of the PE tile; [] for all
    perf_mode : PerfMode | None
        double_row for float8: none, double_row
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def nc_stream_shuffle(src: Tensor, dst: Tensor, shuffle_mask: Sequence[int], *, dtype: ElementType | None = None, mask: Any = None, name: str | None = None) -> None:
    """copies partitions within each quadrant of 32 by a mask

    Within each 32 partitions, partition i of dst receives partition shuffle_mask[i] of src, bit by bit;
    255 leaves partition i of dst as it is. The same mask of 32 entries serves every quadrant; dst may
    be src. dst and src have one type and free size; src may have fewer partitions than dst where the
    mask names none of the others (one partition, spread by a mask of zeros). Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        input, same type and free size
    dst : Tensor
        result (written)
    shuffle_mask : Sequence[int]
        32 entries: source partition within the quadrant, or 255
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def nc_transpose(data: Tensor, *, mask: Any = None, dtype: ElementType | None = None, engine: Engine | None = None, name: str | None = None) -> Tensor:
    """dst[j, p] = data[p, j], bit by bit

    Several free dimensions count as one. On Tensor: data up to 128 × 128 in sbuf becomes the stationary
    operand of a product with the identity, dst is in psum; lowers to LDWEIGHTS + MATMUL. On Vector: up
    to 128 × 128, sbuf or psum on both sides, in blocks of 32 × 32. dst has data's type. trn1's PE array
    spreads NaN and infinity; from trn2 on the transpose is bit-exact, and so it is here.

    Engines: tensor, vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        [P, N] input
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label, which changes nothing
    """

def range_select(*, on_true_tile: Tensor, comp_op0: Op, comp_op1: Op, bound0: Tensor, bound1: Tensor, reduce_cmd: ReduceCommand = 'reset_reduce', reduce_res: Tensor | None = None, reduce_op: Op = 'maximum', range_start: int = 0, on_false_value: float = -3.4028234663852886e+38, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """dst = on_true_tile where index + range_start lies within two bounds, else the lowest float32

    With i the index of an element within its partition: dst = on_true_tile where (i + range_start)
    comp_op0 bound0 and (i + range_start) comp_op1 bound1, else on_false_value, which must be the lowest
    finite float32. The maximum of each row in fp32, before dst's rounding, goes into Vector's
    accumulators as reduce_cmd says, and reduce_res receives them. bound0 and bound1 are float32 [P, 1].
    Needs trn2 or later. Cost on Vector: one element per cycle.

    Engines: vector. Machines: trn2, trn3.

    Parameters
    ----------
    on_true_tile : Tensor
        what is kept within the bounds; must be a float type
    comp_op0 : Op
        comparison of the index with bound0: add, subtract, multiply, divide, maximum, minimum, abs_max,
        abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    comp_op1 : Op
        comparison of the index with bound1: add, subtract, multiply, divide, maximum, minimum, abs_max,
        abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    bound0 : Tensor
        [P, 1] first bound; must be float32
    bound1 : Tensor
        [P, 1] second bound; must be float32
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    reduce_res : Tensor | None
        [P, 1] accumulators afterwards (written)
    reduce_op : Op
        maximum: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power, rsqrt,
        equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    range_start : int
        index of the first element
    on_false_value : float
        the lowest float32
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def reciprocal(data: Tensor, *, dtype: ElementType | None = None, mask: Any = None, name: str | None = None) -> Tensor:
    """dst = 1 / data

    dst = 1 / data in fp32. Cost on Vector: 6 cycles per element (measured on trn2; the NKI
    documentation says 8); activation with op=reciprocal takes one cycle on the Scalar engine.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, same shape
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

scalar_engine: engine
def scalar_tensor_tensor(*, data: Tensor, op0: Op, operand0: Scalar, op1: Op, operand1: Tensor, reverse0: bool = False, reverse1: bool = False, dtype: ElementType | None = None, mask: Any = None, name: str | None = None) -> Tensor:
    """(data op0 operand0) op1 operand1, operand0 a number or [P, 1], operand1 a tensor

    dst = (data op0 operand0) op1 operand1 in fp32, rounded once when stored; reverse0 and reverse1 swap
    the sides of their operation. Arithmetic operations only. data and operand1 must not both be in
    psum. Cost on Vector: one element per cycle for two 16-bit inputs, otherwise as documented up to NKI
    2.26 two cycles per element.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, same shape
    op0 : Op
        first operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    operand0 : Scalar
        its operand: a number or one value per partition; must be a float type
    op1 : Op
        second operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    operand1 : Tensor
        its operand, same shape as data
    reverse0 : bool
        compute operand0 op0 data
    reverse1 : bool
        compute operand1 op1 (…)
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def select_reduce(*, dst: Tensor, predicate: Tensor, on_true: Tensor, on_false: Scalar, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand = 'idle', reduce_op: Op = 'maximum', reverse_pred: bool = False, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> None:
    """dst = on_true where the predicate is nonzero, else on_false, and the maximum of each row

    dst = on_true where predicate is nonzero (zero with reverse_pred), else on_false: a number or a [P,
    1] tensor. With reduce_cmd the maximum of each row in fp32, before dst's rounding, goes into
    Vector's accumulator, and reduce_res receives the accumulator. on_true is any type but tfloat32,
    int32 and uint32, predicate an integer of 8 or 16 bits; they must not both be in psum. Needs trn2 or
    later. Cost on Vector: as tensor_copy_predicated (assumed, nothing is published).

    Engines: vector. Machines: trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    predicate : Tensor
        same shape; must be int8, int16, uint8 or uint16
    on_true : Tensor
        what is taken where the predicate holds; must not be tfloat32, int32 or uint32
    on_false : Scalar
        what is taken elsewhere: a number or one value per partition
    reduce_res : Tensor | None
        [P, 1] accumulators afterwards (written)
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    reduce_op : Op
        maximum: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power, rsqrt,
        equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    reverse_pred : bool
        take on_true where the predicate is zero
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def sequence_bounds(*, segment_ids: Tensor, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """for each element, where its run of equal segment ids begins and ends

    dst[0, 0, i] and dst[0, 1, i] = first index and one after the last of the run of equal segment_ids
    that element i belongs to; n and -1 for padding (id 0) (NKI documentation). One partition; both
    float32 or int32, in sbuf. Cost on GpSimd: as iota of dst (assumed, nothing is published).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    segment_ids : Tensor
        [1, n] ids, 0 for padding; must be float32 or int32
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

sync_engine: engine
def tensor_copy(src: Tensor, *, mask: Any = None, dtype: ElementType | None = None, engine: Engine | None = None, name: str | None = None, **_more: Any) -> Tensor:
    """copies a tensor between or within sbuf and psum, converting its type

    dst = src. Bit-exact when both have one type, otherwise through fp32. GpSimd has no access to psum.
    Cost: one element per cycle; on Vector 2 (fp32) or 4 (bf16, fp16) when both are contiguous in sbuf.

    Engines: vector, scalar, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        source, same shape
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label, which changes nothing
    """

def tensor_copy_predicated(*, src: Tensor, dst: Tensor, predicate: Tensor, mask: Any = None, dtype: ElementType | None = None, reverse_pred: bool = False, name: str | None = None) -> None:
    """copies src to dst where the predicate is nonzero, and leaves the rest of dst

    dst = src, bit by bit, where predicate is nonzero (zero with reverse_pred); other elements of dst
    keep their value. src and dst have one type, the predicate is uint8, uint16 or uint32; src and
    predicate must not both be in psum. Cost on Vector: 2 cycles per element when both are in sbuf, 1
    when one is in psum (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        what is copied, same shape and type
    dst : Tensor
        result; keeps its elements where the predicate fails (read and written)
    predicate : Tensor
        same shape; must be uint8, uint16 or uint32
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    reverse_pred : bool
        copy where the predicate is zero
    name : str | None
        a label, which changes nothing
    """

tensor_engine: engine
def tensor_partition_reduce(op: Op, data: Tensor, *, mask: Any = None, dtype: ElementType | None = None, name: str | None = None) -> Tensor:
    """reduces all partitions to one

    dst[0, i] = op over p of data[p, i]. Arithmetic runs in fp32 from the first partition on (order
    assumed); average divides the sum by the number of partitions; bitwise operations need integers of
    one type. Runs on GpSimd, so nothing may be in psum. nc_matmul with a column of ones is usually
    faster.

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    op : Op
        how to combine the partitions: add, average, maximum, bitwise_or, bitwise_and
    data : Tensor
        input; must be an integer type for bitwise operations
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    name : str | None
        a label, which changes nothing
    """

def tensor_reduce(op: Op, data: Tensor, axis: int | Sequence[int], *, mask: Any = None, dtype: ElementType | None = None, negate: bool = False, keepdims: bool = False, name: str | None = None) -> Tensor:
    """reduces the last free dimensions of each partition

    dst = op over the given axes of data, which must be the last free dimensions (numbered from 1; none
    given means all). Arithmetic runs in fp32 from the first element to the last (the order of the
    hardware is not published: assumed), and negate multiplies the result by -1; bitwise operations work
    on integers of one type. Cost on Vector: one input element per cycle per partition.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    op : Op
        add, subtract, multiply, maximum, minimum, logical or bitwise: add, subtract, multiply, divide,
        maximum, minimum, abs_max, abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal,
        less, less_equal, logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or,
        bitwise_xor, invert, left_shift, right_shift, square, relu
    data : Tensor
        input; must be an integer type for bitwise operations
    axis : int | Sequence[int]
        free dimensions to reduce
    mask : Any
        comparisons of nl.arange: what of the result is computed
    dtype : ElementType | None
        element type of the result; None: that of the data
    negate : bool
        multiply the result by -1
    keepdims : bool
        whether reduced dimensions stay, with one element
    name : str | None
        a label, which changes nothing
    """

def tensor_scalar(data: Tensor, op0: Op, operand0: Scalar, reverse0: bool = False, op1: Op | None = None, operand1: Scalar | None = None, reverse1: bool = False, *, dtype: ElementType | None = None, mask: Any = None, engine: Engine | None = None, name: str | None = None) -> Tensor:
    """(data op0 operand0) op1 operand1, each operand a number or one value per partition

    dst = (data op0 operand0) op1 operand1 in fp32, rounded once when stored; reverse0 and reverse1 swap
    the sides of their operation. Tensor operands are float32, one element per partition. Both
    operations are of one class: arithmetic, or bitwise on integers of one size (Vector only; operands
    are integers). Unary operations take no operand; square and relu are trn3's, as op0. The Scalar
    engine takes multiply, add, or multiply then add, on trn3 all arithmetic; GpSimd takes rsqrt and
    power. Cost: one element per cycle for one operation or two; on Vector 2 (float32) or 4 (bfloat16,
    float16) per cycle when both sides are contiguous in sbuf.

    Engines: vector, scalar, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, same shape; must be an integer type for bitwise operations
    op0 : Op
        first operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    operand0 : Scalar
        its operand; must be float32, must be an integer type for bitwise operations
    reverse0 : bool
        compute operand0 op0 data
    op1 : Op | None
        second operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    operand1 : Scalar | None
        its operand; must be float32, must be an integer type for bitwise operations
    reverse1 : bool
        compute operand1 op1 (…)
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label, which changes nothing
    """

def tensor_scalar_cumulative(*, src: Tensor, dst: Tensor, op0: Op, op1: Op, imm0: Scalar, imm1: Scalar | None = None, reduce_cmd: ReduceCommand = 'reset_reduce', mask: Any = None, name: str | None = None) -> None:
    """r = (src[i] op0 imm0) op1 r, all values of r stored

    dst[i] = r = (src[i] op0 imm0) op1 r in fp32 along the free dimensions (NKI documentation). r is
    Vector's accumulator: reset_reduce begins with 0 for add and subtract, 1 for multiply, -inf for
    maximum, inf for minimum; load_reduce with imm1; reduce goes on from the instruction before. op1 is
    add, subtract, multiply, maximum or minimum. 32-bit integers are not supported. Cost on Vector: as
    tensor_tensor_scan, 2 cycles per element (assumed, nothing is published).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        input, same shape; must not be int32 or uint32
    dst : Tensor
        result; must not be int32 or uint32 (written)
    op0 : Op
        operation with imm0: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    op1 : Op
        running reduction: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    imm0 : Scalar
        operand of op0: a number or one value per partition; must be float32
    imm1 : Scalar | None
        what load_reduce begins with; must be float32
    reduce_cmd : ReduceCommand
        what the accumulator begins with: idle, reset, reduce, reset_reduce, load_reduce
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def tensor_scalar_reduce(*, data: Tensor, op0: Op, operand0: Scalar, reduce_op: Op, reduce_res: Tensor | None, reverse0: bool = False, dtype: ElementType | None = None, mask: Any = None, name: str | None = None, **_more: Any) -> Tensor:
    """data op0 operand0, and its reduction over all free dimensions

    dst = data op0 operand0 (reverse0 swaps the sides) and reduce_res[P, 1] = reduce_op over the whole
    row of the fp32 result, before dst's rounding, from the first element on (order assumed). reduce_res
    receives Vector's accumulators, negated with reduce_res_negate; reduce_cmd says what they begin
    with, load_reduce takes reduce_init. Arithmetic operations of two operands only, and square and relu
    on trn3; reduce_op is add, multiply, maximum or minimum. Cost on Vector: one element per cycle and
    64 cycles to read the accumulator (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        input, same shape
    op0 : Op
        the operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power,
        rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    operand0 : Scalar
        its operand: a number or one value per partition; must be float32
    reduce_op : Op
        add, multiply, maximum or minimum: add, subtract, multiply, divide, maximum, minimum, abs_max,
        abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    reduce_res : Tensor | None
        [P, 1] reduction of the result (written)
    reverse0 : bool
        compute operand0 op0 data
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

def tensor_tensor(data1: Tensor, data2: Tensor, op: Op, *, dtype: ElementType | None = None, mask: Any = None, engine: Engine | None = None, name: str | None = None) -> Tensor:
    """element-wise operation on two tensors of the same shape

    dst = data1 op data2. Inputs are cast to fp32, the result is rounded to dst's type; bitwise
    operations work on the bit patterns of integer types and all three must then have one size. On
    GpSimd, add, subtract, multiply, maximum, minimum and comparisons of int32 or uint32 are exact
    (overflow wraps: assumed); NKI chooses GpSimd for them by itself, here engine=gpsimd does. power
    runs on GpSimd only. At most one input may be in psum. Cost on Vector: one element per cycle per
    partition, also for two fp32 inputs (measured on trn2; NKI ≤ 2.26 documents 2N).

    Engines: vector, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data1 : Tensor
        left input; must be an integer type for bitwise operations
    data2 : Tensor
        right input, same shape; must be an integer type for bitwise operations
    op : Op
        the operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power,
        rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label, which changes nothing
    """

def tensor_tensor_scan(data0: Tensor, data1: Tensor, initial: Scalar, op0: Op, op1: Op, reverse0: bool = False, reverse1: bool = False, *, dtype: ElementType | None = None, mask: Any = None, name: str | None = None) -> Tensor:
    """r[i] = (data0[i] op0 r[i-1]) op1 data1[i], beginning with initial

    dst[i] = (data0[i] op0 dst[i-1]) op1 data1[i] in fp32 along the free dimensions, with initial (a
    number or float32 [P, 1]) before the first element; what is carried on is not rounded to dst's type.
    reverse0 and reverse1 swap the sides of their operation. Arithmetic operations only; data0 and data1
    must not both be in psum. Cost on Vector: 2 cycles per element (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data0 : Tensor
        left side of op0, same shape
    data1 : Tensor
        right side of op1, same shape
    initial : Scalar
        what stands before the first element; must be float32
    op0 : Op
        first operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    op1 : Op
        second operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    reverse0 : bool
        compute r[i-1] op0 data0[i]
    reverse1 : bool
        compute data1[i] op1 (…)
    dtype : ElementType | None
        element type of the result; None: that of the data
    mask : Any
        comparisons of nl.arange: what of the result is computed
    name : str | None
        a label, which changes nothing
    """

unknown_engine: engine
vector_engine: engine
