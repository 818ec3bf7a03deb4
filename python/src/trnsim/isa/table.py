"""The operations whose function needs shapes of nothing: made from the core's declarations.

An operation that the core declares with NKI's parameters, and that is written out nowhere, is one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..places import fail
from ..record.allocate import allocate
from ..record.encoding import flag_value, integer_value, integers_value, pairs_value
from ..record.operand import core_operand
from ..record.operations import Symbols, declared, isa, layout
from ..record.recorder import NkiInstruction, emit, number, scalar, tile
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .compute import _dst, memset, require_generation, require_operation, scalar_engine
from .operators import UNARY_TRN3, activation_name, alu, op_name

#: Operations whose functions are written out: in compute, mx, dma, exchanges and recorder.
WRITTEN = frozenset({
    "activation", "activation_reduce", "core_barrier", "dma_compute", "dma_copy", "dma_transpose", "memset",
    "nc_matmul", "nc_matmul_mx", "nc_transpose", "quantize_mx", "reciprocal", "register_load", "register_move",
    "register_store", "scalar_tensor_tensor", "sendrecv", "tensor_copy", "tensor_reduce", "tensor_scalar",
    "tensor_tensor",
})

#: Operands that must match dst in partitions and elements.
ALIKE = {"tensor_scalar_cumulative": ("src",), "tensor_scalar_reduce": ("data",),
         "affine_select": ("on_true_tile",), "range_select": ("on_true_tile",),
         "select_reduce": ("predicate", "on_true"), "tensor_tensor_scan": ("data0", "data1"),
         "tensor_copy_predicated": ("src", "predicate"), "dropout": ("data",),
         "exponential": ("src",), "activate2": ("data",)}

#: Operations that leave some of what they write as it was, as an argument says.
KEEPS = frozenset({"nc_stream_shuffle"})

#: What is made of an argument, by the kind of its field.
_KINDS = {"scalarOrTile": "scalar", "number": "number", "integer": "integer", "flag": "flag", "pairs": "pairs",
          "integers": "integers", "engine": "engine"}
_ROLES = {"write": "written", "read": "tile", "readWrite": "changed"}
_SETS = {"ReduceCommand": "command", "ActivationFunction": "function"}


class Parameter:
    __slots__ = ("action", "default", "is_required", "name")

    def __init__(self, operation: str, found: dict[str, Any]) -> None:
        self.name: str = found["name"]
        self.is_required: bool = found["required"]
        default = found["default"]
        self.default = tuple(default) if isinstance(default, list) else default
        if found["kind"] == "tile":
            fields = isa().operations[operation]["fields"]
            self.action = _ROLES[next(field["role"] for field in fields if field["name"] == found["field"])]
            if self.action == "written" and operation in KEEPS:
                self.action = "changed"
        elif found["kind"] == "symbol":
            self.action = _SETS.get(found["set"], "operator")
        else:
            self.action = _KINDS[found["kind"]]

    def __str__(self) -> str:
        return self.name if self.is_required else f"{self.name}={self.default!r}"


class Row:
    """One operation of the table."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parameters = [Parameter(name, found) for found in declared(name) if found["name"] != "name"]
        self.needs: int = isa().operations[name]["generation"]
        self.alike = ALIKE.get(name, ())

    @property
    def signature(self) -> str:
        return ", ".join([*map(str, self.parameters), "name=None"])


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
        require_generation(f"{name} in tensor_scalar_reduce", 4, "use activation and tensor_reduce")
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


#: How an argument `{n}` becomes its field's value `{n}_`; `{o}` is the operation.
_STATEMENTS = {
    "tile": ["{n} = _tile({n}, '{n}', '{o}')", "_operands.append({n})", "{n}__ = _core({n}, '{o} {n}')",
             "{n}_ = {n}__.data"],
    "written": ["{n} = _dst({n}, '{o}')", "_operands.append({n})", "{n}__ = _core({n}, '{o} {n}')",
                "{n}_ = {n}__.data"],
    # What is not written must be there.
    "changed": ["{n} = _dst(_tile({n}, '{n}', '{o}'), '{o}')", "_operands.append({n})", "{n}__ = _core({n}, '{o} {n}')",
                "{n}_ = {n}__.data"],
    "scalar": ["{n}_ = _scalar({n}, '{n}', '{o}', _operands)"],
    "operator": ["{n}_ = _symbols_{n}[_alu({n}, '{n}')]"],
    "function": ["{n}_ = _symbols_{n}[_function({n})]"],
    "command": ["{n}_ = _symbols_{n}[getattr({n}, 'name', {n})]"],
    "number": ["{n}_ = _number({n}, '{n}', '{o}')"],
    "integer": ["{n}_ = _integer(int({n}))"],
    "flag": ["{n}_ = _flag({n})"],
    "pairs": ["{n}_ = _pairs([(int(step), int(count)) for step, count in {n}])"],
    "integers": ["{n}_ = _integers([int(x) for x in _array({n}).reshape(-1)])"],
}

_HELPERS = {"_tile": tile, "_dst": _dst, "_core": core_operand, "_scalar": scalar, "_alu": alu,
            "_function": activation_name, "_number": number, "_integer": integer_value, "_flag": flag_value,
            "_pairs": pairs_value,
            "_integers": integers_value, "_array": np.asarray, "_emit": emit, "_require": require_operation}


def _unlike(op: str, name: str, b: Any, first: str, a: Any) -> Exception:
    return fail(f"{op} {name} is {b.rows} × {b.elements}, {first} is {a.rows} × {a.elements}",
                "give both the same partition extent and free size")


def make(row: Row) -> Callable[..., NkiInstruction]:
    """The function of a row: straight through its parameters, because kernels call it by the thousand."""
    op, fields = row.name, layout(row.name)
    scope: dict[str, Any] = {**_HELPERS, "_layout": fields, "_unlike": _unlike}
    lines = [f"def {op}({row.signature}):"]
    if row.needs > 2:
        lines.append(f"    _require('{op}')")
    names = ", ".join(parameter.name for parameter in row.parameters)
    if op in _ADAPT:
        scope["_adapt"] = _ADAPT[op]
        lines.append(f"    {names} = _adapt({names})")
    lines.append("    _operands = []")
    values = {}
    for field, default in zip(fields.fields, fields.defaults):
        values[field] = f"_default_{field}"
        scope[values[field]] = default
    engine = "None"
    for parameter in row.parameters:
        name = parameter.name
        if parameter.action == "engine":
            engine = name
            continue
        if parameter.action in ("operator", "command", "function"):
            scope[f"_symbols_{name}"] = Symbols(op, name)
        statements = [statement.format(n=name, o=op) for statement in _STATEMENTS[parameter.action]]
        if parameter.is_required:
            lines += [f"    {statement}" for statement in statements]
        else:
            lines += [f"    if {name} is None:", f"        {name}_ = {values[name]}", "    else:"]
            lines += [f"        {statement}" for statement in statements]
        values[name] = f"{name}_"
    first = row.parameters[0].name
    for name in row.alike:
        lines += [f"    if {first}__.rows != {name}__.rows or {first}__.elements != {name}__.elements:",
                  f"        raise _unlike('{op}', '{name}', {name}__, '{first}', {first}__)"]
    lines.append(f"    return _emit(_layout, b''.join(({', '.join(values.values())},)), _operands, {engine}, name)")
    exec(compile("\n".join(lines), f"<trnsim {op}>", "exec"), scope)
    function: Callable[..., NkiInstruction] = scope[op]
    function.__module__ = "nki.isa"
    return function


class Table(dict[str, Callable[..., NkiInstruction]]):
    """The functions by their names; each is made when it is asked for, because the core must be there then."""

    def __missing__(self, name: str) -> Callable[..., NkiInstruction]:
        function = self[name] = make(Row(name))
        return function

    def names(self) -> list[str]:
        """All that there can be."""
        return [name for name, found in isa().operations.items()
                if found["parameters"] is not None and name not in WRITTEN]


table = Table()

__all__ = ["WRITTEN", "table"]
