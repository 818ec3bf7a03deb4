"""The operations that most instructions are: written out, because a kernel makes a million of them."""

from __future__ import annotations

from typing import Any, Final

from ..errors import UnsupportedError
from ..places import current_place, fail
from ..record import recorder
from ..record.context import trace
from ..record.encoding import ABSENT, NO, YES, flag_value, integers_value, number_value
from ..record.operand import core_operand
from ..record.operations import Layout, Symbols, isa
from ..record.psum import forget, note_matmul
from ..record.recorder import NkiInstruction, emit, same_shape, scalar, store_value, tile
from ..tensor.dtypes import bfloat16, int32, uint32
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .operators import BITWISE, UNARY, UNARY_TRN3, activation_name, alu, op_name
from .reduce import reduced_operand

PSUM: Final = MemoryRegion.psum
SBUF: Final = MemoryRegion.sbuf

_COPY: Final = Layout("tensor_copy", "dst", "src")
_TENSOR: Final = Layout("tensor_tensor", "dst", "data1", "data2", "op")
_TENSOR_OP: Final = Symbols("tensor_tensor", "op")
_SCALAR: Final = Layout("tensor_scalar", "dst", "data", "op0", "operand0", "reverse0", "op1", "operand1", "reverse1")
_SCALAR_OP0: Final = Symbols("tensor_scalar", "op0")
_SCALAR_OP1: Final = Symbols("tensor_scalar", "op1")
#: The second operation of tensor_scalar, where there is none.
_NO_SECOND: Final = ABSENT + ABSENT + NO
_BOTH: Final = Layout("scalar_tensor_tensor", "dst", "data", "op0", "operand0", "op1", "operand1", "reverse0", "reverse1")
_BOTH_OP0: Final = Symbols("scalar_tensor_tensor", "op0")
_BOTH_OP1: Final = Symbols("scalar_tensor_tensor", "op1")
_ACTIVATION: Final = Layout("activation", "dst", "op", "data", "bias", "scale", "reduce_op", "reduce_res", "reduce_cmd")
_ACTIVATION_OP: Final = Symbols("activation", "op")
_ACTIVATION_REDUCE: Final = Layout("activation_reduce", "dst", "op", "data", "bias", "scale", "reduce_op", "reduce_res")
_ACTIVATION_REDUCE_OP: Final = Symbols("activation_reduce", "op")
_REDUCE_OP: Final = Symbols("activation_reduce", "reduce_op")
_REDUCE: Final = Layout("tensor_reduce", "dst", "op", "data", "axes", "negate")
_REDUCE_KIND: Final = Symbols("tensor_reduce", "op")
_RECIPROCAL: Final = Layout("reciprocal", "dst", "data")
_MATMUL: Final = Layout("nc_matmul", "dst", "stationary", "moving", "accumulate", "is_transpose", "perf_mode", "tile_position", "tile_size")
_PERF_MODE: Final = Symbols("nc_matmul", "perf_mode")
_TRANSPOSE: Final = Layout("nc_transpose", "dst", "data")
#: The whole array of the Tensor engine.
_UNTILED: Final = integers_value(()) * 2
_ZERO: Final = number_value(0.0)
_ONE: Final = number_value(1.0)


def _dst(value: Any, op: str) -> NkiTensor:
    if isinstance(value, NkiTensor) and value.storage.lazy is not None and recorder.replaces(value):
        view = value
    else:
        view = tile(value, "dst", op)
    storage = view.storage
    storage.written = True
    if storage.matmuls is not None:
        forget(view)
    return view


def _on_chip(view: NkiTensor, what: str, op: str) -> None:
    if not view.storage.on_chip:
        raise fail(f"{op} {what} must be in sbuf or psum, is in {view.storage.region.value}",
                   "copy it there with dma_copy first")


def tensor_copy(dst: Any, src: Any, engine: Any = None, name: Any = None, dtype: Any = None) -> NkiInstruction:
    to, data = _dst(dst, "tensor_copy"), tile(src, "src", "tensor_copy")
    _on_chip(to, "dst", "tensor_copy")
    _on_chip(data, "src", "tensor_copy")
    a, b = core_operand(to, "tensor_copy dst"), core_operand(data, "tensor_copy src")
    if a.rows != b.rows or a.elements != b.elements:
        same_shape("tensor_copy", a, "dst", b, "src")
    return emit(_COPY, a.data + b.data, [to, data], engine, name)


def tensor_tensor(dst: Any, data1: Any, data2: Any, op: Any, engine: Any = None, name: Any = None
                  ) -> NkiInstruction:
    to = _dst(dst, "tensor_tensor")
    left, right = tile(data1, "data1", "tensor_tensor"), tile(data2, "data2", "tensor_tensor")
    _on_chip(to, "dst", "tensor_tensor")
    _on_chip(left, "data1", "tensor_tensor")
    _on_chip(right, "data2", "tensor_tensor")
    operation = alu(op, "op")
    a, b, c = (core_operand(to, "tensor_tensor dst"), core_operand(left, "tensor_tensor data1"),
               core_operand(right, "tensor_tensor data2"))
    if a.rows != b.rows or a.elements != b.elements:
        same_shape("tensor_tensor", a, "dst", b, "data1")
    if b.rows != c.rows or b.elements != c.elements:
        same_shape("tensor_tensor", b, "data1", c, "data2")
    if left.storage.region is PSUM and right.storage.region is PSUM:
        raise fail("tensor_tensor data1 and data2 are both in psum",
                   "copy one of them to sbuf first: the engine reads psum through one port")
    if engine is None or getattr(engine, "name", engine) == "unknown":
        engine = _binary_engine(operation, (to, left, right))
    return emit(_TENSOR, a.data + b.data + c.data + _TENSOR_OP[operation], [to, left, right], engine, name)


def _binary_engine(operation: str, operands: tuple[NkiTensor, ...]) -> str | None:
    """The compiler's choice: GpSimd for power and exact 32-bit integers (NKI documentation)."""
    if operation == "power":
        return "gpsimd"
    if operation in BITWISE:
        return None
    for view in operands:
        if (view.dtype is not int32 and view.dtype is not uint32) or view.storage.region is not SBUF:
            return None
    return "gpsimd"


def tensor_scalar(dst: Any, data: Any, op0: Any, operand0: Any, reverse0: Any = False, op1: Any = None,
                  operand1: Any = None, reverse1: Any = False, engine: Any = None, name: Any = None
                  ) -> NkiInstruction:
    to, values = _dst(dst, "tensor_scalar"), tile(data, "data", "tensor_scalar")
    _on_chip(to, "dst", "tensor_scalar")
    _on_chip(values, "data", "tensor_scalar")
    a, b = core_operand(to, "tensor_scalar dst"), core_operand(values, "tensor_scalar data")
    if a.rows != b.rows or a.elements != b.elements:
        same_shape("tensor_scalar", a, "dst", b, "data")
    operands = [to, values]
    first = alu(op0, "op0")
    left, is_reversed = _ZERO, NO
    if first in UNARY_TRN3:
        require_generation(f"{first} in tensor_scalar", 4, f"use activation(op=nl.{first})")
    elif first not in UNARY:
        left, is_reversed = scalar(operand0, "operand0", "tensor_scalar", operands), flag_value(reverse0)
    rest = _NO_SECOND
    if op1 is not None:
        second = alu(op1, "op1")
        if second in UNARY:
            rest = _SCALAR_OP1[second] + ABSENT + NO
        else:
            rest = _SCALAR_OP1[second] + scalar(operand1, "operand1", "tensor_scalar", operands) + flag_value(reverse1)
    elif operand1 is not None:
        raise fail("tensor_scalar operand1 is given without op1", "add op1=")
    return emit(_SCALAR, b"".join((a.data, b.data, _SCALAR_OP0[first], left, is_reversed, rest)), operands, engine, name)


def scalar_tensor_tensor(dst: Any, data: Any, op0: Any, operand0: Any, op1: Any, operand1: Any,
                         reverse0: Any = False, reverse1: Any = False, name: Any = None) -> NkiInstruction:
    op = "scalar_tensor_tensor"
    to, values, other = _dst(dst, op), tile(data, "data", op), tile(operand1, "operand1", op)
    a, b, c = (core_operand(to, f"{op} dst"), core_operand(values, f"{op} data"),
               core_operand(other, f"{op} operand1"))
    same_shape(op, a, "dst", b, "data")
    same_shape(op, b, "data", c, "operand1")
    operands = [to, values, other]
    encoded = b"".join((a.data, b.data, _BOTH_OP0[alu(op0, "op0")], scalar(operand0, "operand0", op, operands),
                        _BOTH_OP1[alu(op1, "op1")], c.data, flag_value(reverse0), flag_value(reverse1)))
    return emit(_BOTH, encoded, operands, None, name)


def activation(dst: Any, op: Any, data: Any, bias: Any = None, scale: Any = 1.0, reduce_op: Any = None,
               reduce_res: Any = None, reduce_cmd: Any = "idle", name: Any = None, engine: Any = None
               ) -> NkiInstruction:
    if engine is not None:
        scalar_engine(engine, "activation")
    to, values = _dst(dst, "activation"), tile(data, "data", "activation")
    _on_chip(to, "dst", "activation")
    _on_chip(values, "data", "activation")
    a, b = core_operand(to, "activation dst"), core_operand(values, "activation data")
    if a.rows != b.rows or a.elements != b.elements:
        same_shape("activation", a, "dst", b, "data")
    operands = [to, values]
    function = activation_name(op)
    shift = _ZERO if bias is None else scalar(bias, "bias", "activation", operands)
    factor = _ONE if type(scale) is float and scale == 1.0 else scalar(scale, "scale", "activation", operands)
    command = getattr(reduce_cmd, "name", reduce_cmd) or "idle"
    if command == "reset_reduce" and reduce_res is not None:
        result = _dst(reduce_res, "activation_reduce")
        operands.append(result)
        kind = alu(reduce_op, "reduce_op") if reduce_op is not None else "add"
        encoded = b"".join((a.data, _ACTIVATION_REDUCE_OP[function], b.data, shift, factor, _REDUCE_OP[kind],
                            core_operand(result, "activation_reduce reduce_res").data))
        return emit(_ACTIVATION_REDUCE, encoded, operands, None, name)
    encoded = b"".join((a.data, _ACTIVATION_OP[function], b.data, shift, factor,
                        _reduction(reduce_op, reduce_res, command, operands)))
    return emit(_ACTIVATION, encoded, operands, None, name)


_ACTIVATION_COMMAND: Final = Symbols("activation", "reduce_cmd")
_ACTIVATION_REDUCTION: Final = Symbols("activation", "reduce_op")


def _reduction(reduce_op: Any, reduce_res: Any, command: str, operands: list[NkiTensor]) -> bytes:
    """The fields of an accumulator that outlives the instruction."""
    kind = place = ABSENT
    if reduce_res is None and command == "idle":
        return ABSENT + ABSENT + _ACTIVATION_COMMAND[command]
    if reduce_op is not None:
        kind = _ACTIVATION_REDUCTION[alu(reduce_op, "reduce_op")]
    if reduce_res is not None:
        result = _dst(reduce_res, "activation")
        operands.append(result)
        place = core_operand(result, "activation reduce_res").data
    return kind + place + _ACTIVATION_COMMAND[command]


def activation_reduce(dst: Any, op: Any, data: Any, reduce_op: Any, reduce_res: Any, bias: Any = None,
                      scale: Any = 1.0, name: Any = None, engine: Any = None) -> NkiInstruction:
    return activation(dst, op, data, bias=bias, scale=scale, reduce_op=reduce_op, reduce_res=reduce_res,
                      reduce_cmd="reset_reduce", name=name, engine=engine)


def scalar_engine(engine: Any, op: str) -> None:
    """Refuses other engines than Scalar for activation functions.

    From NeuronCore-v4 on GpSimd takes them too (NKI documentation of SDK 2.33), at a price that is not published.
    """
    name = getattr(engine, "name", engine)
    if name in ("unknown", "scalar"):
        return
    if name == "gpsimd" and trace().generation < 4:
        require_generation(f"{op} on gpsimd", 4, "use engine=nisa.engine.scalar")
    raise UnsupportedError(f"{op} on {name} is not simulated", remedy="leave engine out: it runs on scalar",
                           place=current_place())


def tensor_reduce(dst: Any, op: Any, data: Any, axis: Any, negate: Any = False, keepdims: Any = False,
                  name: Any = None) -> NkiInstruction:
    to, values = _dst(dst, "tensor_reduce"), tile(data, "data", "tensor_reduce")
    _on_chip(to, "dst", "tensor_reduce")
    _on_chip(values, "data", "tensor_reduce")
    kind = alu(op, "op")
    source, count = reduced_operand(values, axis)
    a = core_operand(to, "tensor_reduce dst")
    free = len(source.free)
    axes = range(free - count + 1, free + 1) if count < free else ()
    return emit(_REDUCE, b"".join((a.data, _REDUCE_KIND[kind], source.data, integers_value(axes), flag_value(negate))),
                [to, values], None, name)


def reciprocal(dst: Any, data: Any, name: Any = None) -> NkiInstruction:
    to, values = _dst(dst, "reciprocal"), tile(data, "data", "reciprocal")
    a, b = core_operand(to, "reciprocal dst"), core_operand(values, "reciprocal data")
    same_shape("reciprocal", a, "dst", b, "data")
    return emit(_RECIPROCAL, a.data + b.data, [to, values], None, name)


def memset(dst: Any, value: Any, engine: Any = None, name: Any = None) -> NkiInstruction:
    to = _dst(dst, "memset")
    _on_chip(to, "dst", "memset")
    return store_value(to, value, engine, name)


# Tensor engine


def nc_matmul(dst: Any, stationary: Any, moving: Any, is_stationary_onezero: Any = False,
              is_moving_onezero: Any = False, is_transpose: Any = False, accumulate: Any = None,
              tile_position: Any = (), tile_size: Any = (), perf_mode: Any = "none", name: Any = None
              ) -> NkiInstruction:
    if isinstance(dst, NkiTensor) and dst.storage.lazy is not None and dst.storage.lazy == 0:
        dst.storage.lazy = None  # a product that overwrites adds to zero
    to = tile(dst, "dst", "nc_matmul")
    weights, data = tile(stationary, "stationary", "nc_matmul"), tile(moving, "moving", "nc_matmul")
    if to.storage.region is not PSUM or weights.storage.region is not SBUF or data.storage.region is not SBUF:
        for view, what, region in ((to, "dst", PSUM), (weights, "stationary", SBUF), (data, "moving", SBUF)):
            if view.storage.region is not region:
                raise fail(f"nc_matmul {what} must be in {region.value}, is in {view.storage.region.value}",
                           "the Tensor engine reads sbuf and writes psum")
    a, w, m = (core_operand(to, "nc_matmul dst"), core_operand(weights, "nc_matmul stationary"),
               core_operand(data, "nc_matmul moving"))
    mode: str = perf_mode if type(perf_mode) is str and perf_mode else getattr(perf_mode, "name", perf_mode) or "none"
    double = mode.startswith("double_row")
    if double:
        mode = "double_row"  # the first generation says double_row_gen3
    columns = w.elements // 2 if double else w.elements
    width = m.elements // 2 if double else m.elements
    if w.rows != m.rows:
        raise fail(f"nc_matmul moving has {m.rows} partitions, stationary has {w.rows}",
                   "both hold the contraction in their partition dimension")
    machine = trace().machine
    if columns > machine.stationary_max:
        raise fail(f"nc_matmul stationary free size {columns} exceeds maximum {machine.stationary_max}",
                   "split it into tiles of nl.tile_size.gemm_stationary_fmax")
    limit = machine.moving_max_bf16 if to.dtype is bfloat16 else machine.moving_max
    if width > limit:
        raise fail(f"nc_matmul moving free size {width} exceeds maximum {limit}",
                   "split it into tiles of nl.tile_size.gemm_moving_fmax")
    if a.rows != columns or a.elements != width:
        raise fail(f"nc_matmul dst is {a.rows} × {a.elements}, the product is {columns} × {width}",
                   "dst is [stationary's free size, moving's free size]")
    adds = note_matmul(to, a, accumulate)
    to.storage.written = True
    tiling = _UNTILED
    if tile_size and tuple(tile_size) != (machine.pe_rows, machine.pe_columns):
        tiling = _tiling(tile_position, tile_size, w, columns)
    values = b"".join((a.data, w.data, m.data, YES if adds else NO, YES if is_transpose else NO, _PERF_MODE[mode], tiling))
    return emit(_MATMUL, values, [to, weights, data], None, name)


def _tiling(position: Any, size: Any, weights: Any, columns: int) -> bytes:
    rows, width = (int(extent) for extent in size)
    row, column = (int(start) for start in (position or (0, 0)))
    if weights.rows > rows or columns > width:
        raise fail(f"nc_matmul stationary is {weights.rows} × {columns}, tile_size is {(rows, width)}",
                   "the stationary tile fits into the tile of the array")
    if row % rows or column % width:
        raise fail(f"nc_matmul tile_position {(row, column)} is no multiple of tile_size {(rows, width)}")
    return integers_value((row, column)) + integers_value((rows, width))


def nc_transpose(dst: Any, data: Any, engine: Any = None, name: Any = None) -> NkiInstruction:
    to, values = _dst(dst, "nc_transpose"), tile(data, "data", "nc_transpose")
    _on_chip(to, "dst", "nc_transpose")
    _on_chip(values, "data", "nc_transpose")
    a, b = core_operand(to, "nc_transpose dst"), core_operand(values, "nc_transpose data")
    if a.rows != b.elements or a.elements != b.rows:
        raise fail(f"nc_transpose dst is {a.rows} × {a.elements}, must be {b.elements} × {b.rows}",
                   "dst has one partition for each element of a partition of data")
    if engine is None or getattr(engine, "name", engine) == "unknown":
        # Decided by the destination's memory since NKI 0.4.
        engine = "tensor" if to.storage.region is PSUM else "vector"
    return emit(_TRANSPOSE, a.data + b.data, [to, values], engine, name)


def require_generation(op: str, generation: int, instead: str = "") -> None:
    """Refuses what the traced machine does not have; `instead`: what to do on earlier ones."""
    current = trace()
    if current.generation < generation:
        machine = {3: "trn2", 4: "trn3"}[generation]
        remedy = (f"run it on {machine} (NEURON_PLATFORM_TARGET_OVERRIDE={machine}, "
                  f"trnsim.simulate(…, hardware=\"{machine}\"))")
        if instead:
            remedy = f"{remedy}, or {instead}"
        raise UnsupportedError(f"{op} needs NeuronCore-v{generation} ({machine}), this is "
                               f"NeuronCore-v{current.generation} ({current.target})",
                               remedy=remedy, place=current_place())


def require_operation(op: str) -> None:
    """Refuses an operation that the traced machine does not have, as the core declares it."""
    found = isa().operations[op]
    require_generation(op, found["generation"], found["instead"] or "")


def kind_of(op: Any) -> str:
    return op_name(op)
