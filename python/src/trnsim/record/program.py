"""The program that a kernel's run records: tensors, scopes and instructions, as records of a binary program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any

from ..errors import NkiValidationError, Place
from ..places import is_own_file, line_of, place_of, program_path
from ..tensor.dtypes import DType
from ..tensor.geometry import View
from ..tensor.storage import Storage
from .encoding import payload, record, signed, varint, varint_at, zigzag
from .operations import AFTER, ENGINE, LABEL, Layout, isa

#: Records of one trace; more is most likely a loop that never ends.
RECORD_LIMIT = 20_000_000

_MAGIC = b"trnprog\n\x01"
#: Bits of the byte that ends a tensor's record.
_HAS_LOCATION, _HAS_BASE, _IS_UNPLACED = 1, 2, 4
_SCOPE_KINDS = {"": b"", "affine": b"\1", "ordered": b"\2"}


class _Prefixes(dict[int, bytes]):
    """Tag and length of instructions' records, by length."""

    def __missing__(self, length: int) -> bytes:
        found = self[length] = b"\x07" + varint(length)
        return found


_prefixes = _Prefixes()


class Program:
    """What one core executes."""

    def __init__(self, name: str, metadata: dict[str, str] | None = None, core_suffix: str = "") -> None:
        self.name = name
        #: What tells the names of a core's own constants from those of the other core of its rank.
        self.core_suffix = core_suffix
        self.metadata = dict(metadata or {})
        self.storages: list[Storage] = []
        #: By the numbers that instructions name: a storage, and the name and element type under which it is seen.
        self.tensors: list[tuple[Storage, str, DType]] = []
        #: One for each instruction.
        self.records: list[bytes] = []
        #: Number of instructions.
        self.count = 0
        #: Per instruction: code and line of the user's source.
        self.places: list[tuple[CodeType, int]] = []
        self._names: dict[str, int] = {}
        #: Strings of this program by their numbers, which go on behind the core's own names.
        self._strings: dict[str, bytes] = {}
        self._first_string = 0
        self._layouts: set[Layout] = set()
        self._origins: dict[tuple[int, int], tuple[tuple[CodeType, int], bytes]] = {}
        self._scopes: list[bytes] = []
        self._open: list[int] = []
        #: The number of the innermost open scope, encoded.
        self._scope = b""
        self.warnings: list[str] = []
        self.registers = 0
        self.loop_depth = 0
        #: Storages alive at the begin of the dynamic loops that are open.
        self._loops: list[int] = []
        self._touched: list[list[Storage]] = []
        self.labels: set[str] = set()
        #: What the caller's arrays hold, for values inside of the kernel, and whether it asked for any.
        self.inputs: dict[Storage, Any] = {}
        self.reads_values = False
        #: The last instruction that there may be, and the error to raise at it.
        self._last = RECORD_LIMIT
        self._error: NkiValidationError | None = None

    # Tensors

    def unique_name(self, wanted: str) -> str:
        """`wanted`, with a number behind it when it is taken."""
        taken = self._names.get(wanted)
        if taken is None:
            self._names[wanted] = 1
            return wanted
        while True:
            name = f"{wanted}.{taken}"
            taken += 1
            if name not in self._names:
                self._names[wanted] = taken
                self._names[name] = 1
                return name

    def add(self, storage: Storage) -> Storage:
        storage.operand = self._numbered(storage, storage.name, storage.dtype)
        self.storages.append(storage)
        return storage

    def alias(self, storage: Storage, dtype: DType) -> bytes:
        """How operands begin that see `storage` with another element type."""
        operand = storage.aliases.get(dtype)
        if operand is None:
            name = self.unique_name(f"{storage.name}.as_{dtype}")
            operand = storage.aliases[dtype] = self._numbered(storage, name, dtype)
        return operand

    def _numbered(self, storage: Storage, name: str, dtype: DType) -> bytes:
        self.tensors.append((storage, name, dtype))
        return b"\x01" + zigzag(len(self.tensors) - 1)

    # Instructions

    def record(self, layout: Layout, values: bytes, operands: Sequence[View], engine: str | None = None,
               label: str | None = None) -> int:
        """Adds an instruction; `values` are those of the layout's fields. Returns its number."""
        index = self.count
        # The innermost frame outside of this package.
        frame = sys._getframe(3)
        while is_own_file[frame.f_code.co_filename] and frame.f_back is not None:
            frame = frame.f_back
        try:
            place, location = self._origins[id(frame.f_code), frame.f_lasti]
        except KeyError:
            place, location = self._origin(frame)
        self.places.append(place)
        for operand in operands:
            storage = operand.storage
            if storage.first < 0:
                storage.first = index
            storage.last = index
        if self._touched:
            self._touched[-1].extend(operand.storage for operand in operands)
        self._layouts.add(layout)
        scope = self._scope
        if label is None:
            body = (layout.in_scope[engine] if scope else layout.outside[engine]) + scope + location + values
        else:
            body = b"".join((layout.head(engine, bool(scope), LABEL), self._string(label), scope, location, values))
        self.records.append(_prefixes[len(body)] + body)
        self.count = index + 1
        if index >= self._last:
            raise self._ended(index)
        return index

    def stop_at(self, index: int, error: NkiValidationError) -> None:
        """Raises an error when an instruction is recorded."""
        self._last, self._error = index, error

    def _ended(self, index: int) -> NkiValidationError:
        """What ends a trace at an instruction."""
        if self._error is not None and index < RECORD_LIMIT:
            # It rises here, not where it was found.
            return self._error.with_traceback(None)
        return NkiValidationError(f"the kernel has more than {RECORD_LIMIT} instructions",
                                  remedy="use a dynamic loop, or trace a smaller problem", place=self.place(index))

    def _origin(self, frame: FrameType) -> tuple[tuple[CodeType, int], bytes]:
        place = (frame.f_code, line_of(frame))
        found = self._origins[id(frame.f_code), frame.f_lasti] = (place, self._location(place))
        return found

    def _location(self, place: tuple[CodeType, int]) -> bytes:
        return self._string(program_path(place[0])) + signed(place[1]) + signed(0)

    def depend(self, *instructions: int) -> None:
        """Makes the last instruction wait for others, besides those that it was made to wait for before."""
        body = payload(self.records[-1])
        attributes, at = body[1], 2
        if attributes & ENGINE:
            at += 1
        if attributes & LABEL:
            _, at = varint_at(body, at)
        before, end = varint_at(body, at) if attributes & AFTER else (0, at)
        first = end
        for _ in range(before):
            _, end = varint_at(body, end)
        body = b"".join((body[:1], bytes((attributes | AFTER,)), body[2:at], varint(before + len(instructions)), body[first:end],
                         *map(signed, instructions), body[end:]))
        self.records[-1] = _prefixes[len(body)] + body

    def take_back(self, begin: int) -> None:
        """Forgets the instructions from `begin` on."""
        del self.records[begin:]
        del self.places[begin:]
        self.count = begin

    def place(self, index: int) -> Place | None:
        if 0 <= index < len(self.places):
            return place_of(self.places[index])
        return None

    # Scopes

    def open_scope(self, name: str, kind: str = "") -> int:
        """Opens a scope. Of kind `affine` it is a pass of a loop whose passes do not depend on one another, of kind `ordered`
        its instructions keep their order."""
        number = len(self._scopes)
        # What encloses it; -1 for nothing.
        self._scopes.append(record(5, self._string(name) + (self._scope or b"\x01") + _SCOPE_KINDS[kind]))
        self._open.append(number)
        self._scope = zigzag(number)
        return number

    def close_scope(self, number: int) -> None:
        """Closes a scope and all within it; nothing if it is closed already."""
        opened = self._open
        if opened and opened[-1] == number:
            opened.pop()
        elif number in opened:
            while opened.pop() != number:
                pass
        else:
            return
        self._scope = zigzag(opened[-1]) if opened else b""

    # Dynamic loops

    def begin_loop(self) -> None:
        """From here on, instructions repeat: what lives across the border lives throughout."""
        self.loop_depth += 1
        self._loops.append(max(0, self.count - 1))
        self._touched.append([])

    def end_loop(self) -> None:
        begin = self._loops.pop()
        touched = self._touched.pop()
        end = self.count - 1
        for storage in touched:
            # Contents may come around the back edge, so the whole loop keeps the address.
            storage.first = min(storage.first, begin)
            storage.last = max(storage.last, end)
        if self._touched:
            self._touched[-1].extend(touched)
        self.loop_depth -= 1

    @property
    def has_control_flow(self) -> bool:
        """Whether registers or loops decide what is executed."""
        operations = isa().operations
        return any(operations[layout.name]["is_control"] for layout in self._layouts)

    # The stream

    def text_value(self, text: str) -> bytes:
        """A text as a field's value."""
        return b"\x0b" + self._string(text)

    def _string(self, text: str) -> bytes:
        """The number of a string, encoded."""
        found = self._strings.get(text)
        if found is None:
            if not self._first_string:
                self._first_string = len(isa().strings)
            found = self._strings[text] = varint(self._first_string + len(self._strings))
        return found

    def stream(self) -> bytes:
        """The whole program, in which the compiler is to place what the author did not."""
        head = [record(2, self._string(self.name) + b"\0")]
        for key, value in sorted(self.metadata.items()):
            head.append(record(3, self._string(key) + self._string(value)))
        # Loops allocate the same tensors again and again; all but their names is made once.
        made: dict[Any, bytes] = {}
        for number, (storage, name, dtype) in enumerate(self.tensors):
            if not self._is_declared(storage):
                head.append(record(4, self._untouched(number)))
            elif dtype is not storage.dtype:
                head.append(record(4, self._string(name) + self._alias(storage, dtype)))
            else:
                # Code by its identity: hashing it goes through all of it.
                place = storage.place and (id(storage.place[0]), storage.place[1])
                said = (storage.region, dtype, storage.shape, storage.role, storage.address, place)
                rest = made.get(said)
                if rest is None:
                    rest = made[said] = self._declaration(storage, dtype, storage.address)
                head.append(record(4, self._string(name) + rest))
        # In the order of their names, so that one program is the same bytes each time.
        layouts = [layout.record() for layout in sorted(self._layouts, key=lambda layout: layout.name)]
        strings = [record(1, text.encode("utf-8", "backslashreplace")) for text in self._strings]
        return b"".join((_MAGIC, isa().string_records, *strings, *head, *self._scopes, *layouts, *self.records))

    def _untouched(self, number: int) -> bytes:
        """A tensor's number that no instruction names: what nothing touches on chip the compiler leaves out."""
        found = isa()
        name = f"untouched {number}"
        while name in self._names:
            name += "'"
        return self._string(name) + bytes((found.spaces["sbuf"], found.dtypes["uint8"], found.roles["scratch"])) \
            + varint(2) + signed(1) * 2 + signed(0) * 2 + bytes((_IS_UNPLACED,))

    def _declaration(self, storage: Storage, dtype: DType, address: tuple[int, int] | None) -> bytes:
        """What a tensor's record says after its name."""
        extra = 0 if storage.is_hbm or address is not None else _IS_UNPLACED
        location = b""
        if storage.place:
            extra |= _HAS_LOCATION
            location = self._location(storage.place)
        return _tensor(storage, dtype, storage.role, storage.shape or (1,), address or (0, 0), extra, location)

    def _alias(self, storage: Storage, dtype: DType) -> bytes:
        """What the record of a tensor that is seen with another element type says after its name."""
        # Patterns count from the first element, so that it needs no inner shape.
        count = storage.elements * storage.dtype.itemsize // dtype.itemsize
        shape = (count,) if storage.is_hbm else (storage.partitions, storage.free_bytes // dtype.itemsize)
        extra = _HAS_BASE if storage.is_hbm else _HAS_BASE | _IS_UNPLACED
        return _tensor(storage, dtype, "scratch", shape, (0, 0), extra, storage.operand[1:])

    def _is_declared(self, storage: Storage) -> bool:
        return storage.first >= 0 or (storage.role not in ("scratch", "shared") and storage.array is None)


def _tensor(storage: Storage, dtype: DType, role: str, shape: tuple[int, ...], address: tuple[int, int], extra: int,
            more: bytes) -> bytes:
    found = isa()
    space = found.spaces["hbm" if storage.is_hbm else storage.region.value]
    return b"".join((bytes((space, found.dtypes[dtype.core_name], found.roles[role])), varint(len(shape)), *map(signed, shape),
                     *map(signed, address), bytes((extra,)), more))
