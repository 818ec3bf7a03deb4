"""A recorded program as instructions: which engine, which operands, what is read and written.

The recorder writes text, which is all the core needs. To reorder and to merge, the operands have to be known: they
are read back from the text, which has one form for all operations (`field=name.ap([[step, count], …], …)`).
"""

from __future__ import annotations

import re
from typing import Any

from ..tracing.isa_table import ROWS_BY_NAME
from ..tracing.operand import merged
from ..tracing.program import Program
from ..tracing.spaces import MemoryRegion
from ..tracing.storage import Storage

#: An operand: a tensor's name (quoted or not) and the inside of its access pattern.
_OPERAND = r'(?P<name>"(?:[^"\\]|\\.)*"|[^\s"=\[\]()]+)\.ap\((?P<pattern>[^()]*)\)'
_FIELD = re.compile(rf' (?P<key>\w+)=(?:{_OPERAND}|(?P<value>\[(?:[^\[\]]|\[[^\]]*\])*\]|"(?:[^"\\]|\\.)*"|[^\s]+))')
_HEAD = re.compile(r'(?:(?P<label>"(?:[^"\\]|\\.)*"|[^\s:]+): )?(?P<op>\w+)')
_PAIR = re.compile(r"\[(-?\d+), (\d+)\]")
_TAIL = re.compile(r"\]?(?:, rows=(\d+):(\d+))?(?:, offset=(-?\d+))?(, moved=\[r\d+, -?\d+\])?$")

_TENSOR = frozenset(("nc_matmul", "nc_transpose", "nc_matmul_mx"))
_SCALAR = frozenset(("activation", "activation_reduce", "activate2"))
_GPSIMD = frozenset(("iota", "affine_select", "local_gather", "nc_n_gather", "tensor_partition_reduce", "topk",
                     "nonzero_with_count", "sequence_bounds", "rand_set_state", "rand_get_state"))
_VECTOR = frozenset(("tensor_copy", "tensor_tensor", "tensor_scalar", "scalar_tensor_tensor", "tensor_reduce",
                     "reciprocal", "memset", *ROWS_BY_NAME)) - _TENSOR - _SCALAR - _GPSIMD
_DMA = frozenset(("dma_copy", "dma_transpose", "dma_compute"))

#: Fields that are written: those of the core's operations, and those that the table of operations marks.
_WRITTEN: dict[str, frozenset[str]] = {
    row.name: frozenset(p.name for p in row.parameters if p.kind in "wx") for row in ROWS_BY_NAME.values()}
_PLAIN_WRITTEN = frozenset(("dst", "reduce_res"))
#: Written fields of which something of before stays, or is added to.
_KEPT: dict[str, frozenset[str]] = {
    row.name: frozenset(p.name for p in row.parameters if p.kind == "x") for row in ROWS_BY_NAME.values()}
# Those that write every sixteenth partition.
_KEPT |= {"topk": frozenset(("val_dst", "idx_dst")), "nonzero_with_count": frozenset(("dst",))}

_NOTHING: frozenset[str] = frozenset()
_DST = frozenset(("dst",))

#: Operations with a state of an engine that no operand shows: they keep their order.
_STATEFUL = frozenset(("rng", "rand2", "set_rng_seed", "rand_set_state", "rand_get_state", "dropout"))


class Operand:
    """An access pattern: `rows` rows, each with the free dimensions `dims` ((step, count), outermost first)."""

    __slots__ = ("dims", "elements", "itemsize", "moved", "name", "offset", "pitch", "row", "rows", "storage")

    def __init__(self, storage: Storage, name: str, itemsize: int, row: int, rows: int, pitch: int,
                 dims: tuple[tuple[int, int], ...], offset: int, moved: str) -> None:
        self.storage = storage
        #: The tensor's name in the text: the storage's, or of an alias with another element type.
        self.name = name
        self.itemsize = itemsize
        #: First partition on chip.
        self.row = row
        self.rows = rows
        #: Elements between rows in HBM.
        self.pitch = pitch
        self.dims = dims
        #: Elements before the first: of the partition on chip, of the tensor in HBM.
        self.offset = offset
        self.moved = moved
        count = 1
        for _, extent in dims:
            count *= extent
        #: Elements of a row.
        self.elements = count

    def at(self, storage: Storage, name: str, offset: int) -> Operand:
        """The same pattern elsewhere."""
        return Operand(storage, name, self.itemsize, self.row, self.rows, self.pitch, self.dims, offset, self.moved)

    def repeated(self, step: int, count: int, *, keep: bool = False) -> Operand:
        """The pattern `count` times, `step` elements apart; `keep` leaves the new dimension by itself."""
        dims = ((step, count), *self.dims)
        return Operand(self.storage, self.name, self.itemsize, self.row, self.rows, self.pitch,
                       dims if keep else tuple(merged(dims)), self.offset, self.moved)

    @property
    def text(self) -> str:
        pairs = ", ".join([f"[{step}, {count}]" for step, count in self.dims])
        if self.storage.on_chip:
            rest = f"[{pairs}], rows={self.row}:{self.row + self.rows}"
        else:
            rest = f"[[{self.pitch}, {self.rows}]{', ' if pairs else ''}{pairs}]"
        if self.offset:
            rest = f"{rest}, offset={self.offset}"
        return f"{self.name}.ap({rest}{self.moved})"

    @property
    def form(self) -> tuple[Any, ...]:
        """What patterns of the same form share: all but where they begin."""
        return (self.storage.region, self.storage.dtype.name, self.itemsize, self.row, self.rows, self.pitch,
                self.dims, self.moved)


class Instruction:
    """One line of the program."""

    __slots__ = ("engine", "fields", "is_barrier", "is_open", "kept", "label", "loops", "op", "operands", "place",
                 "tail", "values", "written")

    def __init__(self, op: str, fields: list[tuple[str, Operand | str]], label: str, place: Any, tail: str,
                 loops: tuple[tuple[int, str, bool], ...] = ()) -> None:
        self.op = op
        self.fields = fields
        self.values = dict(fields)
        self.label = label
        #: Code and line of the user's source, and how the text names them.
        self.place = place
        self.tail = tail
        #: The passes it is in, outermost first: a number, `variable=value`, and whether the loop is affine.
        self.loops = loops
        self.operands = [(key, value) for key, value in fields if type(value) is Operand]
        self.written = _WRITTEN.get(op, _PLAIN_WRITTEN)
        self.kept = _DST if self.values.get("accumulate") == "true" else _KEPT.get(op, _NOTHING)
        given = self.values.get("engine")
        #: Whether the compiler chooses the engine: Scalar or Vector copies PSUM, whichever is free. Captures show it of
        #: nothing else; what lies in SBUF is Vector's.
        source = self.values.get("src")
        self.is_open = given is None and op == "tensor_copy" and type(source) is Operand \
            and source.storage.region is MemoryRegion.psum
        self.engine = str(given) if given is not None else _engine(op, self.values)
        self.is_barrier = self.engine == ""

    @property
    def is_dma(self) -> bool:
        return self.op in _DMA

    @property
    def is_stateful(self) -> bool:
        return self.op in _STATEFUL or self.values.get("reduce_cmd", "reset_reduce") != "reset_reduce"

    def get(self, name: str) -> Operand | str | None:
        return self.values.get(name)

    @property
    def text(self) -> str:
        parts = [f"{self.label}: {self.op}" if self.label else self.op]
        parts += [f"{key}={value.text if isinstance(value, Operand) else value}" for key, value in self.fields]
        return f"{' '.join(parts)}{self.tail}"

    def with_fields(self, fields: list[tuple[str, Operand | str]]) -> Instruction:
        return Instruction(self.op, fields, self.label, self.place, self.tail, self.loops)

    def on_engine(self, engine: str) -> Instruction:
        """The same work on a named engine."""
        fields = [(key, value) for key, value in self.fields if key != "engine"]
        return self.with_fields([*fields, ("engine", engine)])


def _engine(op: str, values: dict[str, Operand | str]) -> str:
    """The engine that executes or starts it; nothing for what is no work of an engine."""
    if op in _VECTOR:
        return "vector"
    if op in _TENSOR:
        return "tensor"
    if op in _SCALAR:
        return "scalar"
    if op in _GPSIMD:
        return "gpsimd"
    if op in _DMA:
        return "gpsimd" if "vector_offset" in values or values.get("dge_mode") == "swdge" else "sync"
    return ""


def read(program: Program) -> list[Instruction] | None:
    """The instructions of a program in order; None if it has loops, in which positions are not times."""
    names: dict[str, tuple[Storage, int]] = {}
    for storage in program.storages:
        names[storage.text] = (storage, storage.dtype.itemsize)
        for dtype, name in storage.aliases.items():
            names[name] = (storage, dtype.itemsize)
    patterns: dict[str, tuple[list[tuple[int, int]], int, int, int, str]] = {}
    result: list[Instruction] = []
    places = program.places
    loops: tuple[tuple[int, str, bool], ...] = ()
    for number, line in enumerate(program.lines):
        if line == "}":
            loops = loops[:-1]
            continue
        if line.startswith("scope "):
            loops = (*loops, (number, line[6:-2], number in program.affine))
            continue
        body, mark, rest = line.rpartition("  @")
        head = _HEAD.match(body)
        if head is None:
            return None
        op = head["op"]
        if op in ("loop", "while_loop", "end_loop") or " after=" in body:
            return None
        fields: list[tuple[str, Operand | str]] = []
        for match in _FIELD.finditer(body, head.end()):
            key, name, pattern, value = match.group("key", "name", "pattern", "value")
            if name is None:
                fields.append((key, value))
                continue
            found = patterns.get(pattern)
            if found is None:
                found = patterns[pattern] = _pattern(pattern)
            dims, first, last, offset, moved = found
            storage, itemsize = names[name]
            if storage.on_chip:
                fields.append((key, Operand(storage, name, itemsize, first, last - first, 0, tuple(dims), offset, moved)))
            else:
                pitch, rows = dims[0]
                fields.append((key, Operand(storage, name, itemsize, 0, rows, pitch, tuple(dims[1:]), offset, moved)))
        result.append(Instruction(op, fields, head["label"] or "", places[len(result)], mark + rest, loops))
    return result


def _pattern(text: str) -> tuple[list[tuple[int, int]], int, int, int, str]:
    """Dimensions, rows, offset and register of the inside of `ap(…)`."""
    end = 0
    dims = []
    for match in _PAIR.finditer(text):
        if text[match.end():match.end() + 1] not in ("]", ",") or text[end:match.start()].lstrip("[, ") != "":
            break
        dims.append((int(match[1]), int(match[2])))
        end = match.end()
    tail = _TAIL.match(text[end:] if dims else text[1:])
    if tail is None:
        raise AssertionError(f"an access pattern of another form: {text}")
    return dims, int(tail[1] or 0), int(tail[2] or 0), int(tail[3] or 0), tail[4] or ""
