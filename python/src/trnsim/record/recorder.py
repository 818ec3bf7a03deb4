"""What all instructions share: operands, scalars, engines, rules that need shapes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ..errors import KernelTypeError, NkiValidationError
from ..places import current_place, exact_place, fail, user_frame
from ..tensor.blocks import BlockTensor
from ..tensor.indices import Dynamic
from ..tensor.registers import VirtualRegister
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from . import context
from .context import trace
from .encoding import integer_value, number_value, register_value
from .operand import CoreOperand, operand_value
from .operations import Layout, Symbols
from .psum import forget, note_zero


class NkiInstruction:
    """What an operation of `nki.isa` returns: a record of the program."""

    __slots__ = ("index", "program")

    def __init__(self, program: Any, index: int) -> None:
        self.program = program
        self.index = index

    def depends_on(self, *producers: NkiInstruction, kind: Any = None) -> NkiInstruction:
        """Makes the instruction run after others, whatever it reads.

        `kind` is a member of nisa.dependency: with `runtime`, or none, it waits for them by a semaphore; with `schedule` they are issued
        in the order of the kernel, as all its instructions then are.
        """
        name = getattr(kind, "name", kind)
        if name not in (None, "runtime", "schedule"):
            raise KernelTypeError(f"depends_on kind is {kind!r}", remedy="nisa.dependency.runtime or nisa.dependency.schedule",
                                  place=current_place())
        for producer in producers:
            if not isinstance(producer, NkiInstruction) or producer.program is not self.program:
                raise KernelTypeError(f"depends_on {describe_value(producer)}", remedy="pass what operations of nki.isa give, in this kernel",
                                      place=current_place())
        if name == "schedule":
            self.program.keeps_order = True
        elif producers:
            self.program.depend(self.index, *(producer.index for producer in producers))
        return self

    def __repr__(self) -> str:
        return f"<instruction {self.index} at {self.program.place(self.index)}>"


_ENGINES: Final = {"unknown": None, "dma": None, "any": None, "vector": "vector", "scalar": "scalar", "gpsimd": "gpsimd",
            "tensor": "tensor", "sync": "sync", "activation": "scalar", "pool": "gpsimd", "pe": "tensor",
            "sp": "sync"}


def engine_name(value: Any) -> str | None:
    """The engine that the author asks for; `None` leaves it open."""
    if value is None:
        return None
    name = getattr(value, "name", value)
    try:
        return _ENGINES[name]
    except (KeyError, TypeError):
        raise KernelTypeError(f"{value!r} is no engine", remedy="one of nisa.engine",
                              place=current_place()) from None


#: What a mask leaves of each operand, while a masked operation is recorded.
mask_box: Any = None

#: A storage whose first value the operation that is being recorded replaces, and that value: the operation may read it.
_replaced: tuple[Any, Any] | None = None


def replaces(view: NkiTensor) -> bool:
    """Whether an operation writes all of a storage, so that the value it was made with need not be stored.

    Called with the destination before the sources, of which one may be the same storage.
    """
    global _replaced
    storage = view.storage
    _replaced = None
    if storage.lazy is not None and view.size == storage.elements and mask_box is None and 0 not in view.strides:
        _replaced = (storage, storage.lazy)
        storage.lazy = None
    return _replaced is not None


def needs(view: NkiTensor) -> None:
    """Called with a source (or a destination that is written in part): its first value is stored now."""
    global _replaced
    storage = view.storage
    if storage.lazy is not None:
        fill_now(view)
    elif _replaced is not None and _replaced[0] is storage:
        storage.lazy = _replaced[1]
        _replaced = None
        fill_now(view)


def tile(value: Any, what: str, op: str) -> NkiTensor:
    """`value`, which must be a tensor."""
    if isinstance(value, NkiTensor):
        if mask_box is not None:
            value = mask_box.clip(value)
        if value.storage.lazy is not None or _replaced is not None:
            needs(value)
        dynamic = value.dynamic
        if dynamic is not None and dynamic.kind != "register":
            return in_register(value, op)
        return value  # type: ignore[no-any-return]
    if isinstance(value, BlockTensor):
        raise blocks_at_once(value, f"{op} {what}")
    raise KernelTypeError(f"{op} {what} must be a tensor, is {describe_value(value)}",
                          remedy="pass a tensor of nl.ndarray or a view of one", place=current_place())


def blocks_at_once(value: BlockTensor, what: str) -> KernelTypeError:
    """The error for blocks where a tile is asked for."""
    return KernelTypeError(f"{what} has {' × '.join(map(str, value.shape[:value.blocks]))} blocks, an instruction works on one",
                           remedy=f"loop over the blocks: {value.name}[i]", place=exact_place(user_frame(2)),
                           rule="failed_to_infer_tile_from_local_tensor")


def fill_now(view: NkiTensor) -> None:
    """Stores the value that a storage was made with, because it is needed."""
    global _replaced
    storage = view.storage
    value, storage.lazy = storage.lazy, None
    kept = _replaced
    whole = NkiTensor(storage, storage.dtype, storage.shape, (storage.free, 1))
    written(whole)
    store_value(whole, value)
    _replaced = kept


def written(view: NkiTensor) -> None:
    """Notes that something else than a product writes the tensor."""
    view.storage.written = True
    if view.storage.matmuls is not None:
        forget(view)


_MEMSET: Final = Layout("memset", "dst", "value")


def store_value(to: NkiTensor, value: Any, engine: Any = None, name: Any = None) -> NkiInstruction:
    """Records a memset of a destination that is ready to be written."""
    if to.storage.region is MemoryRegion.psum and value == 0:
        note_zero(to)
    return emit(_MEMSET, operand_value(to, "memset dst") + number(value, "value", "memset"), [to], engine, name)


def describe_value(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, NkiInstruction):
        return "an instruction, whose result is its dst"
    return f"{type(value).__name__} {value!r}"[:80]


def in_register(view: NkiTensor, op: str) -> NkiTensor:
    """The view with its index, one element of memory, loaded into a register."""
    dynamic = view.dynamic
    assert dynamic is not None
    if dynamic.kind == "vector":
        raise fail("vector_offset works in DMAs only", "gather with dma_copy, or use nc_n_gather",
                   "copy_dynamic_indirect_indices_not_natively_supported" if op == "tensor_copy"
                   else "indirect_indices_are_not_supported_with_nki_api")
    register = register_alloc()
    register_load(register, dynamic.index)
    return NkiTensor(view.storage, view.dtype, view.shape, view.strides, view.offset,
                     Dynamic("register", register, dynamic.stride), view.blocks)


def scalar(value: Any, what: str, op: str, operands: list[NkiTensor]) -> bytes:
    """A number, or a tensor with one element per partition, as a field's value."""
    if isinstance(value, NkiTensor):
        value = tile(value, what, op)
        operands.append(value)
        return operand_value(value, f"{op} {what}")
    return number(value, what, op)


def number(value: Any, what: str, op: str) -> bytes:
    """A number as a field's value."""
    kind = type(value)
    if kind is float or kind is int:
        return number_value(value)
    if isinstance(value, (int, np.integer)):
        return number_value(int(value))
    if isinstance(value, VirtualRegister):
        raise KernelTypeError(f"{op} {what} is a register", place=current_place(),
                              remedy="store it into a [P, 1] tensor first (nisa.register_store)")
    try:
        return number_value(float(value))
    except (TypeError, ValueError):
        remedy = "give the kernel numpy.array(…, dtype=…)" if isinstance(value, (list, tuple)) else None
        raise KernelTypeError(f"{op} {what} must be a number or a tensor, is {describe_value(value)}",
                              remedy=remedy, place=current_place()) from None


def emit(layout: Layout, values: bytes, operands: Sequence[NkiTensor], engine: Any = None, name: Any = None
         ) -> NkiInstruction:
    """Records an instruction; `values` are those of the layout's fields."""
    global _replaced
    _replaced = None
    current = context.current_trace
    program = (current if current is not None else trace()).program
    label = None
    if name:
        label = str(name)
        if label in program.labels:
            label = None
        else:
            program.labels[label] = program.count
    if engine is not None:
        engine = engine_name(engine)
    return NkiInstruction(program, program.record(layout, values, operands, engine, label))


def same_shape(op: str, a: CoreOperand, a_name: str, b: CoreOperand, b_name: str) -> None:
    """Equal partitions and elements, which nearly all operations need."""
    if a.rows != b.rows:
        raise fail(f"{op} {b_name} has {b.rows} partitions, {a_name} has {a.rows}",
                   "give both the same partition extent", "num_partition_mismatch")
    if a.elements != b.elements:
        raise fail(f"{op} {b_name} has {b.elements} elements in a partition, {a_name} has {a.elements}",
                   "give both the same free size")


# Registers


def register_alloc(x: Any = None) -> VirtualRegister:
    """A new register, holding `x` if it is given."""
    program = trace().program
    register = VirtualRegister(program.registers, program)
    program.registers += 1
    if isinstance(x, NkiTensor):
        register_load(register, x)
    elif x is not None:
        register_move(register, x)
    return register


_MOVE: Final = Layout("register_move", "dst", "src")
_LOAD: Final = Layout("register_load", "dst", "src")
_STORE: Final = Layout("register_store", "dst", "src")
_ALU: Final = Layout("register_alu", "dst", "op", "src0", "src1")
_ALU_OP: Final = Symbols("register_alu", "op")


def register_operand(value: Any, what: str, op: str) -> bytes:
    """A register or an integer as a field's value."""
    if isinstance(value, VirtualRegister):
        return register_value(value.number)
    try:
        return integer_value(int(value.__index__()))
    except AttributeError:
        raise KernelTypeError(f"{op} {what} must be a register or an integer, is {describe_value(value)}",
                              place=current_place()) from None


def _writable(register: Any, op: str) -> VirtualRegister:
    if not isinstance(register, VirtualRegister):
        raise KernelTypeError(f"{op} dst must be a register, is {describe_value(register)}",
                              place=current_place())
    if register.frozen:
        raise fail(f"{op} writes the variable of a dynamic loop", "use a register of your own")
    return register


def register_move(dst: Any, src: Any, name: Any = None) -> NkiInstruction:
    register = _writable(dst, "register_move")
    return emit(_MOVE, register_value(register.number) + register_operand(src, "src", "register_move"), [], None, name)


def register_load(dst: Any, src: Any, name: Any = None) -> NkiInstruction:
    register = _writable(dst, "register_load")
    view = tile(src, "src", "register_load")
    if view.size != 1:
        raise fail(f"register_load src has {view.size} elements, must have one")
    return emit(_LOAD, register_value(register.number) + operand_value(view), [view], None, name)


def register_store(dst: Any, src: Any, name: Any = None) -> NkiInstruction:
    view = tile(dst, "dst", "register_store")
    view.storage.written = True
    return emit(_STORE, operand_value(view) + register_operand(src, "src", "register_store"), [view], None, name)


def register_alu(op: str, left: Any, right: Any, reverse: bool) -> VirtualRegister:
    if reverse:
        left, right = right, left
    result = register_alloc()
    emit(_ALU, b"".join((register_value(result.number), _ALU_OP[op], register_operand(left, "src0", "register_alu"),
                         register_operand(right, "src1", "register_alu"))), [])
    return result
