"""`nki.isa`: the instructions, destination first."""

# Written by `python -m trnsim.stubs`; not to be edited.

from collections.abc import Callable as Callable
from collections.abc import Sequence as Sequence
from trnsim.errors import NkiValidationError as NkiValidationError
from trnsim.nki.isa import constants as constants
from trnsim.nki.isa.constants import dependency as dependency
from trnsim.nki.isa.constants import dge_mode as dge_mode
from trnsim.nki.isa.constants import dma_engine as dma_engine
from trnsim.nki.isa.constants import engine as engine
from trnsim.nki.isa.constants import matmul_perf_mode as matmul_perf_mode
from trnsim.nki.isa.constants import nc_version as nc_version
from trnsim.nki.isa.constants import oob_mode as oob_mode
from trnsim.nki.isa.constants import reduce_cmd as reduce_cmd
from trnsim.record.recorder import NkiInstruction as NkiInstruction
from trnsim.tensor.dtypes import DType as DType
from trnsim.tensor.registers import NkiScalar as NkiScalar
from trnsim.tensor.registers import VirtualRegister as VirtualRegister
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
DmaEngine: TypeAlias = constants.dma_engine | str
Pattern: TypeAlias = Sequence[Sequence[int]]
ElementType: TypeAlias = DType | str | type
Register: TypeAlias = VirtualRegister

def activate2(dst: Tensor, op: Op, data: Tensor, imm0: Scalar, imm1: Scalar, op0: Op, op1: Op, relu_param: Scalar = 0.0, reverse0: bool = False, reverse1: bool = False, reduce_op: Op | None = None, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand = 'idle', engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
    """dst = op((data op0 imm0) op1 imm1) on the Scalar engine

    trn3 on. (op0, op1) is (multiply, add), (multiply, subtract), (multiply, bypass), (add, bypass),
    (subtract, bypass) or (bypass, bypass); reverse0 and reverse1 swap the sides. Each step is rounded
    to fp32; the functions are those of activation, and prelu: x, or relu_param x where x < 0. With
    reduce_cmd each row of the fp32 result is reduced into the Scalar engine's accumulators by add,
    maximum, minimum, abs_max or abs_min, from the first element on (order assumed), and reduce_res
    receives them. Cost: as activation and activation_reduce (assumed, no other is published).

    Engines: scalar. Machines: trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    op : Op
        the function: copy, exp, log, sqrt, rsqrt, reciprocal, square, relu, sigmoid, silu, tanh, gelu,
        gelu_apprx_tanh, gelu_apprx_sigmoid, softplus, mish, erf, sign, abs, sin, arctan, gelu_dx,
        gelu_apprx_sigmoid_dx, silu_dx, erf_dx, prelu
    data : Tensor
        input, same shape
    imm0 : Scalar
        operand of op0: a number or one value per partition; must be a float type
    imm1 : Scalar
        operand of op1: a number or one value per partition; must be a float type
    op0 : Op
        first operation: multiply, add, subtract, bypass
    op1 : Op
        second operation: multiply, add, subtract, bypass
    relu_param : Scalar
        slope of prelu below 0; must be a float type
    reverse0 : bool
        compute imm0 op0 data
    reverse1 : bool
        compute imm1 op1 the first result
    reduce_op : Op | None
        add, maximum, minimum, abs_max or abs_min: add, subtract, multiply, divide, maximum, minimum,
        abs_max, abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    reduce_res : Tensor | None
        [P, 1] accumulators afterwards (written)
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def activation(dst: Tensor, op: Op, data: Tensor, bias: Scalar | None = None, scale: Scalar = 1.0, reduce_op: Op | None = None, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand = 'idle', name: str | None = None, engine: Engine | None = None) -> NkiInstruction:
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
    dst : Tensor
        result (written)
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
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    name : str | None
        a label for the instruction
    engine : Engine | None
        who runs it; None leaves it open
    """

def activation_reduce(dst: Tensor, op: Op, data: Tensor, reduce_op: Op, reduce_res: Tensor, bias: Scalar | None = None, scale: Scalar = 1.0, name: str | None = None, engine: Engine | None = None) -> NkiInstruction:
    """dst = op(data × scale + bias), and its sum over all free dimensions

    As activation, and reduce_res[P, 1] = the sum of the fp32 results of a row before dst's rounding,
    from the first element on (order assumed). reduce_op is add. Cost: that of activation and 64 cycles
    to read the accumulator (trn1 architecture guide).

    Engines: scalar. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
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
    name : str | None
        a label for the instruction
    engine : Engine | None
        who runs it; None leaves it open
    """

def affine_select(dst: Tensor, pattern: Pattern, channel_multiplier: int, on_true_tile: Tensor, on_false_value: float, cmp_op: Op = 'equal', offset: int = 0, name: str | None = None) -> NkiInstruction:
    """dst = on_true_tile where (offset + p × channel_multiplier + pattern) cmp_op 0, else a number

    The pattern has up to four loops [step, count], outermost first, as in iota; its value is int32. dst
    is on_true_tile through fp32 where the comparison holds and on_false_value elsewhere: causal masks.
    Everything is in sbuf. Cost on GpSimd: about 150 + N cycles (NKI ≤ 2.26).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result, in sbuf (written)
    pattern : Pattern
        loops over the free elements
    channel_multiplier : int
        difference between neighbouring partitions
    on_true_tile : Tensor
        what is kept where the comparison holds
    on_false_value : float
        what is written elsewhere
    cmp_op : Op
        the comparison with 0: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs,
        power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and,
        logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift,
        right_shift, square, relu
    offset : int
        value at the first element of the first partition
    name : str | None
        a label for the instruction
    """

def bn_aggr(dst: Tensor, data: Tensor, name: str | None = None) -> NkiInstruction:
    """mean and variance of all that the statistics describe

    dst[P, 2] = mean and variance of the population of which data has, for each part, count, mean and
    count × variance, as bn_stats gives them. fp32 (order assumed). Cost on Vector: 13 cycles per part
    (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [P, 2] mean and variance (written)
    data : Tensor
        [P, 3 n] statistics
    name : str | None
        a label for the instruction
    """

def bn_stats(dst: Tensor, data: Tensor, name: str | None = None) -> NkiInstruction:
    """count, mean and count × variance of the even and of the odd elements

    dst[P, 6] = count, mean, count × variance of elements 0, 2, 4, … of each partition, then of elements
    1, 3, 5, … (NKI documentation); the variance is that of the population. data has up to 512 elements
    per partition. Sums run in fp32 from the first element on (order assumed). Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [P, 6] statistics (written)
    data : Tensor
        input, up to 512 elements per partition
    name : str | None
        a label for the instruction
    """

def core_barrier(data: Tensor, cores: Sequence[int] = ..., engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
    """both cores of a rank wait until both are here

    What either core did with data before is done when the other goes on. Its time is that of
    `exchange.*` of the hardware configuration. Parts are met by their order: the k-th exchange between
    the same cores must be of the same kind and shape everywhere.

    Engines: sync, gpsimd, scalar, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    data : Tensor
        shared tensor in hbm whose accesses it orders (read and written)
    cores : Sequence[int]
        the cores of the rank
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def dma_compute(dst: Tensor, srcs: Sequence[Tensor], reduce_op: Op, scales: Sequence[float] | None = None, unique_indices: bool = True, oob_mode: OobMode = 'error', name: str | None = None) -> NkiInstruction:
    """dst = the sum of up to 16 tensors, computed by the DMA rings

    dst = src0 + src1 + … in fp32, rounded once to dst's type; operands in hbm or sbuf with equal
    numbers of elements. With vector_offset (one index per row, times offset_stride elements) a
    read-modify-write: indirect=dst adds to the rows of dst that the indices name, where the summand
    that is dst's tensor moves along; indirect=src gathers the summands in hbm. Rows are added one after
    the other, so equal indices add up (the device leaves their order open). GpSimd's software makes the
    descriptors of indirect ones. Cost: half a copy's bandwidth (trn3 architecture guide, before trn3).

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        destination (written)
    srcs : Sequence[Tensor]
        what is added, up to 16
    reduce_op : Op
        add: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power, rsqrt,
        equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    scales : Sequence[float] | None
        1.0 for each of srcs, or None
    unique_indices : bool
        promise that no row of dst is named twice
    oob_mode : OobMode
        what an index beyond the tensor does: error, skip
    name : str | None
        a label for the instruction
    """

def dma_copy(dst: Tensor, src: Tensor, priority: int | None = None, oob_mode: OobMode = 'error', dge_mode: DgeMode = 'unknown', engine: Engine | None = None, name: str | None = None, dst_rmw_op: Op | None = None, unique_indices: bool = True) -> NkiInstruction:
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
    priority : int | None
        of the queue: changes no time here
    oob_mode : OobMode
        what an index beyond the tensor does: error, skip
    dge_mode : DgeMode
        who makes the descriptors: unknown, none, hwdge, swdge
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    dst_rmw_op : Op | None
        add: dst += src, as dma_compute: add, subtract, multiply, divide, maximum, minimum, abs_max,
        abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal, less, less_equal,
        logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
        left_shift, right_shift, square, relu
    unique_indices : bool
        promise that no row of dst is named twice
    """

def dma_transpose(dst: Tensor, src: Tensor, axes: int | Sequence[int] | None = None, priority: int | None = None, dge_mode: DgeMode = 'unknown', oob_mode: OobMode = 'error', name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        [N, R] result in sbuf (written)
    src : Tensor
        [R, N] source in hbm or sbuf
    axes : int | Sequence[int] | None
        [1, 0], [2, 1, 0] or [3, 1, 2, 0]; None: by the rank
    priority : int | None
        of the queue: changes no time here
    dge_mode : DgeMode
        who makes the descriptors: unknown, none, hwdge, swdge
    oob_mode : OobMode
        what an index beyond the tensor does: error, skip
    name : str | None
        a label for the instruction
    """

def dropout(dst: Tensor, data: Tensor, prob: Scalar, name: str | None = None) -> NkiInstruction:
    """dst = data, or 0 with probability prob

    dst = 0 where a random number from 0 to 1 of Vector's generator is below prob (a number or one value
    per partition), else data; nothing is scaled. dst has data's type. The device's random numbers are
    not published: these are xorwow's, seeded by set_rng_seed. Cost on Vector: one element per cycle
    (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    data : Tensor
        input, same shape and type
    prob : Scalar
        probability of a zero: a number or one value per partition; must be a float type
    name : str | None
        a label for the instruction
    """

def exponential(dst: Tensor, src: Tensor, max_value: Scalar = 0.0, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand = 'idle', reduce_init: Scalar = 0.0, name: str | None = None) -> NkiInstruction:
    """dst = exp(src - max_value) on the Vector engine, and its sum

    trn3 on. The difference is rounded to fp32, exp is exact to 0.51 units in the last place of fp32
    (the hardware's own error is not published). With reduce_cmd each row of the fp32 result is added to
    Vector's accumulators, from the first element on (order assumed); reduce_res receives them;
    load_reduce begins with reduce_init. dst is not uint32 or float8_e4m3fn, src not tfloat32 or
    float8_e4m3fn (NKI documentation). Cost: four elements per cycle from sbuf, four times the rate of
    activation (trn3 architecture guide).

    Engines: vector. Machines: trn3.

    Parameters
    ----------
    dst : Tensor
        result; must not be float8_e4m3fn, uint32 or bool (written)
    src : Tensor
        input, same shape; must not be tfloat32, float8_e4m3fn or bool
    max_value : Scalar
        subtracted first: a number or one value per partition; must be float32
    reduce_res : Tensor | None
        [P, 1] accumulators afterwards (written)
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    reduce_init : Scalar
        what load_reduce begins with; must be float32
    name : str | None
        a label for the instruction
    """

def get_nc_sub_version() -> int:
    """The revision within a generation."""

def get_nc_version() -> nc_version:
    """The generation of the NeuronCore that the kernel is traced for."""

gpsimd_engine: engine
def iota(dst: Tensor, pattern: Pattern, offset: int = 0, channel_multiplier: int = 0, name: str | None = None) -> NkiInstruction:
    """dst[p, i] = offset + p × channel_multiplier + the pattern's value at i

    The pattern has up to four loops [step, count], outermost first; their counts multiply to dst's
    elements per partition. Values are int32 (assumed to wrap), stored exactly in integer types and
    through fp32 in all others. dst is in sbuf. Cost on GpSimd: about 150 + N cycles (NKI ≤ 2.26).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result, in sbuf (written)
    pattern : Pattern
        loops over the free elements
    offset : int
        value at the first element of the first partition
    channel_multiplier : int
        difference between neighbouring partitions
    name : str | None
        a label for the instruction
    """

def local_gather(dst: Tensor, src_buffer: Tensor, index: Tensor, num_elem_per_idx: int = 1, num_valid_indices: int | None = None, name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        [P, indices × num_elem_per_idx] result (written)
    src_buffer : Tensor
        what is gathered from
    index : Tensor
        element numbers; must be uint16
    num_elem_per_idx : int
        elements that each index copies
    num_valid_indices : int | None
        how many of a core’s indices count
    name : str | None
        a label for the instruction
    """

def max8(dst: Tensor, src: Tensor, name: str | None = None) -> NkiInstruction:
    """the 8 largest elements of each partition, in descending order

    dst[p, 0…7] = the largest elements of src[p, …] as fp32, largest first, equal ones as often as they
    occur. A NaN counts as larger than every number (assumed). src has 8 to 16384 elements per
    partition. Cost on Vector: one element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [P, 8] result (written)
    src : Tensor
        input, 8 to 16384 elements per partition
    name : str | None
        a label for the instruction
    """

def memset(dst: Tensor, value: float, engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
    """fills a tensor with one value

    dst = value, rounded to dst's type; integer types take integers of 32 bits exactly, packed types and
    their scales 0 only (all bits 0). Cost: one element per cycle.

    Engines: vector, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        what to fill (written)
    value : float
        the value
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def nc_find_index8(dst: Tensor, data: Tensor, vals: Tensor, name: str | None = None) -> NkiInstruction:
    """indices of 8 values per partition in data

    dst[p, j] = the index of the first element of data[p, …] that equals vals[p, j] as fp32. A value
    that occurs several times in vals takes its matches in ascending order; one without a match gives
    all ones. data has 8 to 16384 elements per partition, dst is uint16 or uint32. Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [P, 8] indices; must be uint16 or uint32 (written)
    data : Tensor
        input, 8 to 16384 elements per partition
    vals : Tensor
        [P, 8] values to find
    name : str | None
        a label for the instruction
    """

def nc_match_replace8(dst: Tensor, data: Tensor, vals: Tensor, imm: float, dst_idx: Tensor | None = None, name: str | None = None) -> NkiInstruction:
    """data with the first occurrence of each of 8 values replaced by imm, and their indices

    dst = data, where the first match of each vals[p, j] (as fp32) is replaced by imm; dst_idx[p, j], if
    given, is its index (all ones without a match). Equal values are taken from j = 7 down, so that the
    first match goes to the highest of their columns: the opposite of nc_find_index8. With max8 it makes
    the rounds of a top-k. data has 8 to 16384 elements per partition. Cost on Vector: one element per
    cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        data with the matches replaced (written)
    data : Tensor
        input, 8 to 16384 elements per partition
    vals : Tensor
        [P, 8] values to replace
    imm : float
        what replaces them
    dst_idx : Tensor | None
        [P, 8] indices of the matches; must be uint16 or uint32 (written)
    name : str | None
        a label for the instruction
    """

def nc_matmul(dst: Tensor, stationary: Tensor, moving: Tensor, is_stationary_onezero: bool = False, is_moving_onezero: bool = False, is_transpose: bool = False, accumulate: bool | None = None, tile_position: Sequence[int] = ..., tile_size: Sequence[int] = ..., perf_mode: PerfMode = 'none', name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        [M, N] in psum; must be a float type (read and written)
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
    accumulate : bool | None
        add to dst instead of overwriting it; None: if a product wrote it before
    tile_position : Sequence[int]
        [row, column] of the PE tile; [] for all
    tile_size : Sequence[int]
        [rows, columns] of the PE tile; [] for all
    perf_mode : PerfMode
        double_row for float8: none, double_row
    name : str | None
        a label for the instruction
    """

def nc_matmul_mx(dst: Tensor, stationary: Tensor, moving: Tensor, stationary_scale: Tensor, moving_scale: Tensor, tile_position: Sequence[int] = ..., tile_size: Sequence[int] = ..., accumulate: bool | None = None, name: str | None = None) -> NkiInstruction:
    """dst[M,N] (+)= (stationary · its scales)ᵀ · (moving · their scales) of MX data

    trn3 on. Partitions (P, a multiple of 32, ≤ 128) and the four elements that a packed element holds
    are the contraction: dst[m, n] = Σ over p, q of stationary[p, m][q] · moving[p, n][q], each element
    times 2^(scale - 127) (255: NaN) of its group of 8 partitions by 4 elements. M ≤ 128 and even; N ≤
    4096 (fp32 dst) or 8192 (bfloat16). A scale operand has one column for each packed column; four
    partitions of each quadrant of 32, from its partition 0, 4, 8 or 12 on, hold the quadrant's scales.
    Scaled elements and their sums are fp32, added in the order of partitions, then of elements
    (assumed). Lowers to LDWEIGHTS + MATMUL, in the time of a bfloat16 product.

    Engines: tensor. Machines: trn3.

    Parameters
    ----------
    dst : Tensor
        [M, N] in psum; must be float32 or bfloat16 (read and written)
    stationary : Tensor
        [P, M] packed, in sbuf; becomes the weights; must be float8_e5m2_x4, float8_e4m3fn_x4 or
        float4_e2m1fn_x4
    moving : Tensor
        [P, N] packed, in sbuf; streams through; must be float8_e5m2_x4, float8_e4m3fn_x4 or
        float4_e2m1fn_x4
    stationary_scale : Tensor
        scales of stationary, in its quadrants; must be uint8 or float8_e8m0fnu
    moving_scale : Tensor
        scales of moving, in its quadrants; must be uint8 or float8_e8m0fnu
    tile_position : Sequence[int]
        [row, 0] of the PE tile; [] for all
    tile_size : Sequence[int]
        [rows, 128] of the PE tile; [] for all
    accumulate : bool | None
        add to dst instead of overwriting it; None: if a product wrote it before
    name : str | None
        a label for the instruction
    """

def nc_n_gather(dst: Tensor, data: Tensor, indices: Tensor, name: str | None = None) -> NkiInstruction:
    """dst[p, i] = data[p, indices[p, i]]

    Free dimensions count as one; indices are uint32, of the partition they are in; all operands in
    sbuf, dst has data's type. Elements that no index names need not have been written. The device runs
    ⌈N / 512⌉ instructions, which is how this is lowered. Cost on GpSimd: each as iota of its elements
    (assumed, nothing is published).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result, same shape as indices (written)
    data : Tensor
        what is gathered from
    indices : Tensor
        positions within the partition; must be uint32
    name : str | None
        a label for the instruction
    """

def nc_stream_shuffle(dst: Tensor, src: Tensor, shuffle_mask: Sequence[int], name: str | None = None) -> NkiInstruction:
    """copies partitions within each quadrant of 32 by a mask

    Within each 32 partitions, partition i of dst receives partition shuffle_mask[i] of src, bit by bit;
    255 leaves partition i of dst as it is. The same mask of 32 entries serves every quadrant; dst may
    be src. dst and src have one type and free size; src may have fewer partitions than dst where the
    mask names none of the others (one partition, spread by a mask of zeros). Cost on Vector: one
    element per cycle.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    src : Tensor
        input, same type and free size
    shuffle_mask : Sequence[int]
        32 entries: source partition within the quadrant, or 255
    name : str | None
        a label for the instruction
    """

def nc_transpose(dst: Tensor, data: Tensor, engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
    """dst[j, p] = data[p, j], bit by bit

    Several free dimensions count as one. On Tensor: data up to 128 × 128 in sbuf becomes the stationary
    operand of a product with the identity, dst is in psum; lowers to LDWEIGHTS + MATMUL. On Vector: up
    to 128 × 128, sbuf or psum on both sides, in blocks of 32 × 32. dst has data's type. trn1's PE array
    spreads NaN and infinity; from trn2 on the transpose is bit-exact, and so it is here.

    Engines: tensor, vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [N, P] result; in psum on Tensor (written)
    data : Tensor
        [P, N] input
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def nonzero_with_count(dst: Tensor, src: Tensor, index_offset: int = 0, padding_val: int = -1, name: str | None = None) -> NkiInstruction:
    """the indices of the nonzero elements of every 16th partition, padding, and their count

    For partitions 0, 16, …, 112 of the operands: dst[p, …] = index_offset + i for each nonzero src[p,
    i], then padding_val, and in the last element the count. Other partitions of dst keep their values
    (NKI documentation). src is float32 or int32, dst int32 with one element more than src; both in
    sbuf. Needs trn2 or later. Cost on GpSimd: as iota of src (assumed, nothing is published).

    Engines: gpsimd. Machines: trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [P, N + 1] indices, padding, count; must be int32 (read and written)
    src : Tensor
        [P, N] input; must be float32 or int32
    index_offset : int
        added to each index
    padding_val : int
        what follows the indices
    name : str | None
        a label for the instruction
    """

def quantize_mx(dst: Tensor, src: Tensor, dst_scale: Tensor, name: str | None = None) -> NkiInstruction:
    """packs src / scale as 8-bit floats, with one scale for 32 elements

    trn3 on. A group is 8 partitions by 4 elements; its scale is 2^(floor(log2(largest magnitude)) -
    (Emax - 1)), Emax 15 for float8_e5m2_x4 and 8 for float8_e4m3fn_x4, at least 2^-127 (a group of
    zeros, too), stored as the exponent + 127. With block_scale=ocp it is half as large, as NKI 0.4 and
    earlier had it. dst[p, c] packs the four elements src[p, 4c + q] / scale, rounded, the first in the
    lowest byte. An infinity or NaN counts as the exponent 128 (assumed), and the elements convert as
    they do elsewhere. dst_scale has one column for each packed column; four partitions of each quadrant
    of 32, from its partition 0, 4, 8 or 12 on, take the quadrant's scales, the others stay as they are.
    Cost: four elements of src per cycle (trn3 architecture guide).

    Engines: vector. Machines: trn3.

    Parameters
    ----------
    dst : Tensor
        [P, F / 4] packed, in sbuf; must be float8_e5m2_x4 or float8_e4m3fn_x4 (written)
    src : Tensor
        [P, F] in sbuf; must be bfloat16 or float16
    dst_scale : Tensor
        scales, in the quadrants of src; must be uint8 or float8_e8m0fnu (written)
    name : str | None
        a label for the instruction
    """

def rand2(dst: Tensor, min: Scalar, max: Scalar, name: str | None = None) -> NkiInstruction:
    """fills dst with random numbers, even between min and max

    trn3 on. Each element is min + u (max - min) in fp32, never more than max, then converted; u = the
    upper 24 of 32 random bits of its partition's generator on Vector, times 2^-24. The documentation
    names xorwow and an even distribution; how u is made of the bits is assumed, and so are the bits
    (the device has four generators for each partition, trnsim one). They are seeded by set_rng_seed or
    rand_set_state. Cost: four elements per cycle (trn3 architecture guide).

    Engines: vector. Machines: trn3.

    Parameters
    ----------
    dst : Tensor
        result; must not be float8_e4m3fn or bool (written)
    min : Scalar
        lower end: a number or one value per partition; must be float32
    max : Scalar
        upper end: a number or one value per partition; must be float32
    name : str | None
        a label for the instruction
    """

def rand_get_state(dst: Tensor, engine: Engine = 'gpsimd', name: str | None = None) -> NkiInstruction:
    """the state of each partition's random numbers

    dst gets 6 uint32 words for each partition on GpSimd (trn2 on), as rand_set_state takes them. On
    Vector (trn3 on) it has 24, of which trnsim's one generator gives the first six and zeros follow.
    Cost: as a copy (assumed).

    Engines: gpsimd, vector. Machines: trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        words of each partition; must be uint32 (written)
    engine : Engine
        who runs it
    name : str | None
        a label for the instruction
    """

def rand_set_state(src_seeds: Tensor, engine: Engine = 'gpsimd', name: str | None = None) -> NkiInstruction:
    """sets the state of each partition's random numbers

    src_seeds has 6 uint32 words for each partition on GpSimd (trn2 on): the five words of xorwow's
    shift register and its counter (order assumed). On Vector (trn3 on) the device keeps 24 words for
    each partition, four generators; trnsim has one and takes the first six. Cost: as a copy (assumed).

    Engines: gpsimd, vector. Machines: trn2, trn3.

    Parameters
    ----------
    src_seeds : Tensor
        words of each partition, in sbuf; must be uint32
    engine : Engine
        who runs it
    name : str | None
        a label for the instruction
    """

def range_select(dst: Tensor, on_true_tile: Tensor, comp_op0: Op, comp_op1: Op, bound0: Tensor, bound1: Tensor, reduce_cmd: ReduceCommand = 'reset_reduce', reduce_res: Tensor | None = None, reduce_op: Op = 'maximum', range_start: int = 0, on_false_value: float = -3.4028234663852886e+38, name: str | None = None) -> NkiInstruction:
    """dst = on_true_tile where index + range_start lies within two bounds, else the lowest float32

    With i the index of an element within its partition: dst = on_true_tile where (i + range_start)
    comp_op0 bound0 and (i + range_start) comp_op1 bound1, else on_false_value, which must be the lowest
    finite float32. The maximum of each row in fp32, before dst's rounding, goes into Vector's
    accumulators as reduce_cmd says, and reduce_res receives them. bound0 and bound1 are float32 [P, 1].
    Needs trn2 or later. Cost on Vector: one element per cycle.

    Engines: vector. Machines: trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
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
    name : str | None
        a label for the instruction
    """

def reciprocal(dst: Tensor, data: Tensor, name: str | None = None) -> NkiInstruction:
    """dst = 1 / data

    dst = 1 / data in fp32. Cost on Vector: 6 cycles per element (measured on trn2; the NKI
    documentation says 8); activation with op=reciprocal takes one cycle on the Scalar engine.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    data : Tensor
        input, same shape
    name : str | None
        a label for the instruction
    """

def register_alloc(x: Scalar | None = None) -> VirtualRegister:
    """A new register, holding `x` if it is given."""

def register_load(dst: Register, src: Tensor, name: str | None = None) -> NkiInstruction:
    """dst = the one integer of src

    src is one integer of up to 32 bits in sbuf or hbm, extended to 32 bits. Instructions that use the
    register wait for the load. Its own time is that of a sequencer instruction: how long the memory
    takes is not published.

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Register
        register that is written (written)
    src : Tensor
        one integer, in sbuf or hbm; must be an integer type
    name : str | None
        a label for the instruction
    """

def register_move(dst: Register, src: Register | int, name: str | None = None) -> NkiInstruction:
    """dst = src, a register or an integer

    Registers hold 32-bit integers; an immediate is cut to 32 bits. Each engine has registers of its own
    and runs its own copy; the copy of one engine is timed (assumed), as a sequencer instruction of 5 to
    60 ns.

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Register
        register that is written (written)
    src : Register | int
        register or integer
    name : str | None
        a label for the instruction
    """

def register_store(dst: Tensor, src: Register, name: str | None = None) -> NkiInstruction:
    """the one integer of dst = src

    dst is one integer of up to 32 bits in sbuf or hbm; the value's low bits are stored. One sequencer
    instruction, timed as register_move (assumed).

    Engines: sync, scalar, gpsimd, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        one integer, in sbuf or hbm; must be an integer type (written)
    src : Register
        register whose value is stored
    name : str | None
        a label for the instruction
    """

def rng(dst: Tensor, engine: Engine = 'vector', name: str | None = None) -> NkiInstruction:
    """fills dst with random bits

    Each element gets 32 random bits of its partition's generator on the engine, of which narrower
    integers keep the low ones. dst is an integer type; on GpSimd in sbuf only, from trn2 on. The
    device's bits are not published: these are xorwow's, seeded by set_rng_seed (Vector) or
    rand_set_state (GpSimd). Cost: as memset (assumed), on trn3's Vector four elements per cycle.

    Engines: vector, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result; must be an integer type (written)
    engine : Engine
        who runs it
    name : str | None
        a label for the instruction
    """

scalar_engine: engine
def scalar_load(src: NkiTensor) -> NkiScalar:
    """An integer from a tile of one element, known when the program runs."""

def scalar_store(dst: NkiTensor, value: Any) -> NkiInstruction:
    """Writes a scalar, or a Python integer, to a tile of one element."""

def scalar_tensor_tensor(dst: Tensor, data: Tensor, op0: Op, operand0: Scalar, op1: Op, operand1: Tensor, reverse0: bool = False, reverse1: bool = False, name: str | None = None) -> NkiInstruction:
    """(data op0 operand0) op1 operand1, operand0 a number or [P, 1], operand1 a tensor

    dst = (data op0 operand0) op1 operand1 in fp32, rounded once when stored; reverse0 and reverse1 swap
    the sides of their operation. Arithmetic operations only. data and operand1 must not both be in
    psum. Cost on Vector: one element per cycle for two 16-bit inputs, otherwise as documented up to NKI
    2.26 two cycles per element.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
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
    name : str | None
        a label for the instruction
    """

def select_reduce(dst: Tensor, predicate: Tensor, on_true: Tensor, on_false: Scalar, reduce_res: Tensor | None = None, reduce_cmd: ReduceCommand = 'idle', reduce_op: Op = 'maximum', reverse_pred: bool = False, name: str | None = None) -> NkiInstruction:
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
    name : str | None
        a label for the instruction
    """

def sendrecv(src: Tensor, dst: Tensor, send_to_rank: int, recv_from_rank: int, pipe_id: int, dma_engine: DmaEngine = 'dma', name: str | None = None) -> NkiInstruction:
    """dst = the src of the other core of the rank

    Both cores of a rank (LNC=2) call it; src and dst are equal tiles in sbuf. dma_engine=gpsimd_dma
    moves at most 1024, 512 or 256 bytes per partition of 4-, 2- or 1-byte elements (NKI reference). Its
    time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the k-th
    exchange between the same cores must be of the same kind and shape everywhere.

    Engines: sync, gpsimd, scalar, vector, tensor. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src : Tensor
        tile in sbuf
    dst : Tensor
        tile in sbuf (written)
    send_to_rank : int
        core that gets src: 0 or 1
    recv_from_rank : int
        core whose src arrives: 0 or 1
    pipe_id : int
        exchanges of different pipes pass each other
    dma_engine : DmaEngine
        who moves the data: dma, gpsimd_dma
    name : str | None
        a label for the instruction
    """

def sequence_bounds(dst: Tensor, segment_ids: Tensor, name: str | None = None) -> NkiInstruction:
    """for each element, where its run of equal segment ids begins and ends

    dst[0, 0, i] and dst[0, 1, i] = first index and one after the last of the run of equal segment_ids
    that element i belongs to; n and -1 for padding (id 0) (NKI documentation). One partition; both
    float32 or int32, in sbuf. Cost on GpSimd: as iota of dst (assumed, nothing is published).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        [1, 2, n] bounds; must be float32 or int32 (written)
    segment_ids : Tensor
        [1, n] ids, 0 for padding; must be float32 or int32
    name : str | None
        a label for the instruction
    """

def set_rng_seed(src_seeds: Tensor, name: str | None = None) -> NkiInstruction:
    """seeds Vector's random numbers

    src_seeds is one 32-bit number [1, 1]; every partition's generator begins anew from it, each with
    numbers of its own (how the device derives them is not published). The same seed gives the same
    numbers. Cost: as a copy of one element (assumed).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    src_seeds : Tensor
        [1, 1] seed of 32 bits; must be float32, tfloat32, int32 or uint32
    name : str | None
        a label for the instruction
    """

sync_engine: engine
def tensor_copy(dst: Tensor, src: Tensor, engine: Engine | None = None, name: str | None = None, dtype: ElementType | None = None) -> NkiInstruction:
    """copies a tensor between or within sbuf and psum, converting its type

    dst = src. Bit-exact when both have one type, otherwise through fp32. GpSimd has no access to psum.
    Cost: one element per cycle; on Vector 2 (fp32) or 4 (bf16, fp16) when both are contiguous in sbuf.

    Engines: vector, scalar, gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
    src : Tensor
        source, same shape
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    dtype : ElementType | None
        type of the result until NKI 0.3: that of dst counts
    """

def tensor_copy_predicated(dst: Tensor, src: Tensor, predicate: Tensor, reverse_pred: bool = False, name: str | None = None) -> NkiInstruction:
    """copies src to dst where the predicate is nonzero, and leaves the rest of dst

    dst = src, bit by bit, where predicate is nonzero (zero with reverse_pred); other elements of dst
    keep their value. src and dst have one type, the predicate is uint8, uint16 or uint32; src and
    predicate must not both be in psum. Cost on Vector: 2 cycles per element when both are in sbuf, 1
    when one is in psum (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result; keeps its elements where the predicate fails (read and written)
    src : Tensor
        what is copied, same shape and type
    predicate : Tensor
        same shape; must be uint8, uint16 or uint32
    reverse_pred : bool
        copy where the predicate is zero
    name : str | None
        a label for the instruction
    """

tensor_engine: engine
def tensor_partition_reduce(dst: Tensor, op: Op, data: Tensor, name: str | None = None) -> NkiInstruction:
    """reduces all partitions to one

    dst[0, i] = op over p of data[p, i]. Arithmetic runs in fp32 from the first partition on (order
    assumed); average divides the sum by the number of partitions; bitwise operations need integers of
    one type. Runs on GpSimd, so nothing may be in psum. nc_matmul with a column of ones is usually
    faster.

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result, one partition; must be an integer type for bitwise operations (written)
    op : Op
        how to combine the partitions: add, average, maximum, bitwise_or, bitwise_and
    data : Tensor
        input; must be an integer type for bitwise operations
    name : str | None
        a label for the instruction
    """

def tensor_reduce(dst: Tensor, op: Op, data: Tensor, axis: int | Sequence[int], negate: bool = False, keepdims: bool = False, name: str | None = None) -> NkiInstruction:
    """reduces the last free dimensions of each partition

    dst = op over the given axes of data, which must be the last free dimensions (numbered from 1; none
    given means all). Arithmetic runs in fp32 from the first element to the last (the order of the
    hardware is not published: assumed), and negate multiplies the result by -1; bitwise operations work
    on integers of one type. Cost on Vector: one input element per cycle per partition.

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result: the elements of the dimensions that stay; must be an integer type for bitwise operations
        (written)
    op : Op
        add, subtract, multiply, maximum, minimum, logical or bitwise: add, subtract, multiply, divide,
        maximum, minimum, abs_max, abs_min, abs, power, rsqrt, equal, not_equal, greater, greater_equal,
        less, less_equal, logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or,
        bitwise_xor, invert, left_shift, right_shift, square, relu
    data : Tensor
        input; must be an integer type for bitwise operations
    axis : int | Sequence[int]
        free dimensions to reduce, numbered from 1
    negate : bool
        multiply the result by -1
    keepdims : bool
        for readers: the shape of dst says it
    name : str | None
        a label for the instruction
    """

def tensor_scalar(dst: Tensor, data: Tensor, op0: Op, operand0: Scalar, reverse0: bool = False, op1: Op | None = None, operand1: Scalar | None = None, reverse1: bool = False, engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        result; must be an integer type for bitwise operations (written)
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
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def tensor_scalar_cumulative(dst: Tensor, src: Tensor, op0: Op, op1: Op, imm0: Scalar, imm1: Scalar | None = None, reduce_cmd: ReduceCommand = 'reset_reduce', name: str | None = None) -> NkiInstruction:
    """r = (src[i] op0 imm0) op1 r, all values of r stored

    dst[i] = r = (src[i] op0 imm0) op1 r in fp32 along the free dimensions (NKI documentation). r is
    Vector's accumulator: reset_reduce begins with 0 for add and subtract, 1 for multiply, -inf for
    maximum, inf for minimum; load_reduce with imm1; reduce goes on from the instruction before. op1 is
    add, subtract, multiply, maximum or minimum. 32-bit integers are not supported. Cost on Vector: as
    tensor_tensor_scan, 2 cycles per element (assumed, nothing is published).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result; must not be int32 or uint32 (written)
    src : Tensor
        input, same shape; must not be int32 or uint32
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
    name : str | None
        a label for the instruction
    """

def tensor_scalar_reduce(dst: Tensor, data: Tensor, op0: Op, operand0: Scalar, reduce_op: Op, reduce_res: Tensor | None = None, reverse0: bool = False, reduce_cmd: ReduceCommand = 'reset_reduce', reduce_init: Scalar | None = None, reduce_res_negate: bool = False, name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        result (written)
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
    reduce_cmd : ReduceCommand
        what happens to the accumulators: idle, reset, reduce, reset_reduce, load_reduce
    reduce_init : Scalar | None
        what load_reduce begins with; must be float32
    reduce_res_negate : bool
        multiply reduce_res by -1
    name : str | None
        a label for the instruction
    """

def tensor_tensor(dst: Tensor, data1: Tensor, data2: Tensor, op: Op, engine: Engine | None = None, name: str | None = None) -> NkiInstruction:
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
    dst : Tensor
        result; must be an integer type for bitwise operations (written)
    data1 : Tensor
        left input; must be an integer type for bitwise operations
    data2 : Tensor
        right input, same shape; must be an integer type for bitwise operations
    op : Op
        the operation: add, subtract, multiply, divide, maximum, minimum, abs_max, abs_min, abs, power,
        rsqrt, equal, not_equal, greater, greater_equal, less, less_equal, logical_and, logical_or,
        logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift,
        square, relu
    engine : Engine | None
        who runs it; None leaves it open
    name : str | None
        a label for the instruction
    """

def tensor_tensor_scan(dst: Tensor, data0: Tensor, data1: Tensor, initial: Scalar, op0: Op, op1: Op, reverse0: bool = False, reverse1: bool = False, name: str | None = None) -> NkiInstruction:
    """r[i] = (data0[i] op0 r[i-1]) op1 data1[i], beginning with initial

    dst[i] = (data0[i] op0 dst[i-1]) op1 data1[i] in fp32 along the free dimensions, with initial (a
    number or float32 [P, 1]) before the first element; what is carried on is not rounded to dst's type.
    reverse0 and reverse1 swap the sides of their operation. Arithmetic operations only; data0 and data1
    must not both be in psum. Cost on Vector: 2 cycles per element (NKI ≤ 2.26).

    Engines: vector. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    dst : Tensor
        result (written)
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
    name : str | None
        a label for the instruction
    """

def topk(val_dst: Tensor, idx_dst: Tensor, src: Tensor, n: int, sorted: bool = False, name: str | None = None) -> NkiInstruction:
    """the k largest of n elements of each group of 16 partitions, and their indices

    Each group of 16 partitions holds one list: element s is in partition s mod 16, column ⌊s / 16⌋ (NKI
    documentation). The k = val_dst's elements per partition largest of the first n go to val_dst and
    their numbers to idx_dst in the same layout: in ascending order (NKI 0.6; 0.7 promises none), or the
    largest first if sorted, then k ≤ 8192 (nki-library), equal values by number (assumed); the columns
    after the ⌈k / 16⌉ first are not written. src and val_dst are bfloat16, idx_dst uint32, all in sbuf;
    8 ≤ n < 65536, 1 ≤ k < 32768. Cost on GpSimd: 4 n + k cycles (NKI 2.32; that sorting costs nothing
    besides is assumed).

    Engines: gpsimd. Machines: trn1, trn2, trn3.

    Parameters
    ----------
    val_dst : Tensor
        [P, k] values; must be bfloat16 (read and written)
    idx_dst : Tensor
        [P, k] element numbers; must be uint32 (read and written)
    src : Tensor
        elements; must be bfloat16
    n : int
        elements of each list
    sorted : bool
        whether the largest comes first
    name : str | None
        a label for the instruction
    """

unknown_engine: engine
vector_engine: engine
