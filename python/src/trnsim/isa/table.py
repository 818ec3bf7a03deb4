"""The operations whose wrapper needs shapes of nothing: a row each, from which their functions are made.

A row is a Python signature with the kind of each parameter behind a colon:

    w tensor written   r tensor read   x both   s number or [P, 1] tensor   o ALU operation
    n number           i integer       b yes or no   p pairs [[step, count], …]   l list of integers
    c reduce command   e engine

`?` after a kind: left out when None. The parameters are those of NKI 0.6 in their order; the fields of the
core have the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..places import fail
from ..record.allocate import allocate
from ..record.encoding import YES, integer_value, integers_value, pairs_value
from ..record.operand import core_operand
from ..record.operations import Symbols, layout
from ..record.recorder import NkiInstruction, emit, number, scalar, tile
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .compute import _dst, memset, require_generation, scalar_engine
from .operators import UNARY_TRN3, activation_name, alu, op_name

ROWS = """
tensor_partition_reduce(dst:w, op:o, data:r)
tensor_scalar_cumulative(dst:w, src:r, op0:o, op1:o, imm0:s, imm1:s?=None, reduce_cmd:c='reset_reduce')
tensor_scalar_reduce(dst:w, data:r, op0:o, operand0:s, reduce_op:o, reduce_res:w?=None, reverse0:b=False, reduce_cmd:c='reset_reduce', reduce_init:s?=None, reduce_res_negate:b=False)
iota(dst:w, pattern:p, offset:i=0, channel_multiplier:i=0)
affine_select(dst:w, pattern:p, channel_multiplier:i, on_true_tile:r, on_false_value:n, cmp_op:o='equal', offset:i=0)
range_select(dst:w, on_true_tile:r, comp_op0:o, comp_op1:o, bound0:r, bound1:r, reduce_cmd:c='reset_reduce', reduce_res:w?=None, reduce_op:o='maximum', range_start:i=0, on_false_value:n=-3.4028234663852886e+38)
select_reduce(dst:w, predicate:r, on_true:r, on_false:s, reduce_res:w?=None, reduce_cmd:c='idle', reduce_op:o='maximum', reverse_pred:b=False)
tensor_tensor_scan(dst:w, data0:r, data1:r, initial:s, op0:o, op1:o, reverse0:b=False, reverse1:b=False)
tensor_copy_predicated(dst:x, src:r, predicate:r, reverse_pred:b=False)
max8(dst:w, src:r)
nc_find_index8(dst:w, data:r, vals:r)
nc_match_replace8(dst:w, data:r, vals:r, imm:n, dst_idx:w?=None)
nc_stream_shuffle(dst:x, src:r, shuffle_mask:l)
bn_stats(dst:w, data:r)
bn_aggr(dst:w, data:r)
dropout(dst:w, data:r, prob:s)
local_gather(dst:w, src_buffer:r, index:r, num_elem_per_idx:i=1, num_valid_indices:i?=None)
nc_n_gather(dst:w, data:r, indices:r)
nonzero_with_count(dst:w, src:r, index_offset:i=0, padding_val:n=-1)
topk(val_dst:w, idx_dst:w, src:r, n:i)
sequence_bounds(dst:w, segment_ids:r)
rng(dst:w, engine:e='vector')
set_rng_seed(src_seeds:r)
rand_set_state(src_seeds:r, engine:e='gpsimd')
rand_get_state(dst:w, engine:e='gpsimd')
rand2(dst:w, min:s, max:s)
exponential(dst:w, src:r, max_value:s=0.0, reduce_res:w?=None, reduce_cmd:c='idle', reduce_init:s?=0.0)
activate2(dst:w, op:a, data:r, imm0:s, imm1:s, op0:o, op1:o, relu_param:s=0.0, reverse0:b=False, reverse1:b=False, reduce_op:o?=None, reduce_res:w?=None, reduce_cmd:c='idle', engine:e=None)
"""

#: The first NeuronCore version that has the operation (NKI documentation).
NEEDS = {"range_select": 3, "select_reduce": 3, "nonzero_with_count": 3, "rand2": 4, "exponential": 4, "activate2": 4}

#: What machines before that have in its place.
INSTEAD = {"rand2": "rng", "exponential": "activation(op=nl.exp)", "activate2": "activation"}

#: Operands that must match dst in partitions and elements.
ALIKE = {"tensor_scalar_cumulative": ("src",), "tensor_scalar_reduce": ("data",),
         "affine_select": ("on_true_tile",), "range_select": ("on_true_tile",),
         "select_reduce": ("predicate", "on_true"), "tensor_tensor_scan": ("data0", "data1"),
         "tensor_copy_predicated": ("src", "predicate"), "dropout": ("data",),
         "exponential": ("src",), "activate2": ("data",)}

#: Commands that start the accumulator afresh, which is what the core does without being told.
_PLAIN_COMMANDS = {"tensor_scalar_reduce": "reset_reduce", "range_select": "reset_reduce",
                   "tensor_scalar_cumulative": "reset_reduce", "select_reduce": "idle", "exponential": "idle",
                   "activate2": "idle"}


class Parameter:
    __slots__ = ("default", "has_default", "kind", "name", "optional")

    def __init__(self, text: str) -> None:
        head, _, default = text.partition("=")
        self.has_default = bool(default)
        self.default = default
        self.name, _, kind = head.strip().partition(":")
        self.optional = kind.endswith("?")
        self.kind = kind.rstrip("?")


class Row:
    """One operation of the table."""

    def __init__(self, text: str) -> None:
        self.name, _, rest = text.partition("(")
        self.parameters = [Parameter(part) for part in _split(rest.rstrip(")"))]
        self.needs = NEEDS.get(self.name, 0)
        self.alike = ALIKE.get(self.name, ())
        #: Of the parameters that are a word.
        self.symbols = {p.name: Symbols(self.name, p.name) for p in self.parameters if p.kind in "oca"}

    @property
    def signature(self) -> str:
        parts = [p.name + (f"={p.default}" if p.has_default else "") for p in self.parameters]
        return ", ".join([*parts, "name=None"])


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(", ")]


ROWS_BY_NAME = {row.name: row for row in (Row(line) for line in ROWS.strip().splitlines())}


def _predicate(dst: Any, src: Any, predicate: Any, reverse: Any) -> tuple[Any, ...]:
    """A number as source is a tile of it; bool predicates are bytes."""
    if not isinstance(src, NkiTensor):
        value, src = src, allocate(MemoryRegion.sbuf, dst.dtype, dst.shape)
        memset(src, value)
    if isinstance(predicate, NkiTensor) and predicate.dtype.name == "bool":
        predicate = predicate.view("uint8")
    return dst, src, predicate, reverse


def _absolute(dst: Any, data: Any, op0: Any, operand0: Any, *rest: Any) -> tuple[Any, ...]:
    """Of operations of one operand the core has trn3's here; the larger of |x| and |0| is |x|."""
    name = op_name(op0)
    if name == "abs":
        op0, operand0 = "abs_max", 0.0
    elif name in UNARY_TRN3:
        require_generation(f"{name} in tensor_scalar_reduce", 4, "activation and tensor_reduce")
        operand0 = 0.0
    return (dst, data, op0, operand0, *rest)


def _select(dst: Any, predicate: Any, *rest: Any) -> tuple[Any, ...]:
    if isinstance(predicate, NkiTensor) and predicate.dtype.name == "bool":
        predicate = predicate.view("uint8")
    return (dst, predicate, *rest)


def _exponential(dst: Any, src: Any, max_value: Any, reduce_res: Any, reduce_cmd: Any, reduce_init: Any
                 ) -> tuple[Any, ...]:
    """`reduce_init` is of load_reduce alone."""
    if getattr(reduce_cmd, "name", reduce_cmd) != "load_reduce":
        if isinstance(reduce_init, NkiTensor) or reduce_init != 0.0:
            raise fail("exponential reduce_init is given without load_reduce", "reduce_cmd=nisa.reduce_cmd.load_reduce")
        reduce_init = None
    return dst, src, max_value, reduce_res, reduce_cmd, reduce_init


def _activate2(dst: Any, op: Any, data: Any, imm0: Any, imm1: Any, op0: Any, op1: Any, *rest: Any
               ) -> tuple[Any, ...]:
    """No operation is the operation that does nothing; its operand is of no use."""
    if rest[-1] is not None:
        scalar_engine(rest[-1], "activate2")
    op0, op1 = op0 or "bypass", op1 or "bypass"
    imm0 = 0.0 if op_name(op0) == "bypass" else imm0
    imm1 = 0.0 if op_name(op1) == "bypass" else imm1
    return (dst, op, data, imm0, imm1, op0, op1, *rest)


_ADAPT: dict[str, Any] = {"tensor_copy_predicated": _predicate, "select_reduce": _select,
                           "tensor_scalar_reduce": _absolute, "exponential": _exponential, "activate2": _activate2}


def run(row: Row, arguments: tuple[Any, ...], label: Any) -> NkiInstruction:
    """Records an operation of the table."""
    op = row.name
    if row.needs:
        require_generation(op, row.needs, INSTEAD.get(op, ""))
    if op in _ADAPT:
        arguments = _ADAPT[op](*arguments)
    operands: list[NkiTensor] = []
    cores: dict[str, Any] = {}
    values: dict[str, bytes] = {}
    engine = None
    for parameter, value in zip(row.parameters, arguments):
        kind, name = parameter.kind, parameter.name
        if value is None:
            if parameter.optional:
                continue
            if kind == "b":
                value = False
        if kind in "wrx":
            view = _dst(value, op) if kind == "w" else tile(value, name, op)
            if kind == "x":
                view = _dst(view, op)  # what is not written must be there
            operands.append(view)
            found = core_operand(view, f"{op} {name}")
            cores[name] = found
            values[name] = found.data
        elif kind == "s":
            values[name] = scalar(value, name, op, operands)
        elif kind == "o":
            values[name] = row.symbols[name][alu(value, name)]
        elif kind == "n":
            values[name] = number(value, name, op)
        elif kind == "i":
            values[name] = integer_value(int(value))
        elif kind == "b":
            if value:
                values[name] = YES
        elif kind == "p":
            values[name] = pairs_value([(int(step), int(count)) for step, count in value])
        elif kind == "l":
            values[name] = integers_value([int(x) for x in np.asarray(value).reshape(-1)])
        elif kind == "c":
            command = getattr(value, "name", value)
            if command != _PLAIN_COMMANDS.get(op):
                values[name] = row.symbols[name][command]
        elif kind == "e":
            engine = value
        elif kind == "a":
            values[name] = row.symbols[name][activation_name(value)]
    first = row.parameters[0].name
    for name in row.alike:
        a, b = cores[first], cores[name]
        if a.rows != b.rows or a.elements != b.elements:
            raise fail(f"{op} {name} is {b.rows} × {b.elements}, {first} is {a.rows} × {a.elements}",
                       "give both the same partition extent and free size")
    fields = layout(op)
    return emit(fields, fields.values(values), operands, engine, label)


def make(row: Row) -> Callable[..., NkiInstruction]:
    """The function of a row, with its signature."""
    names = ", ".join(p.name for p in row.parameters)
    source = (f"def {row.name}({row.signature}):\n"
              f"    return _run(_row, ({names},), name)\n")
    scope: dict[str, Any] = {"_run": run, "_row": row}
    exec(compile(source, f"<trnsim {row.name}>", "exec"), scope)
    function: Callable[..., NkiInstruction] = scope[row.name]
    function.__doc__ = f"`{row.name}` of nki.isa; `trnsim isa {row.name}` has its formula, rules and cost."
    function.__module__ = "nki.isa"
    return function


__all__ = ["ROWS_BY_NAME", "Row", "make", "run"]
