"""The program that a kernel's run records: tensors, scopes and instructions, as records of a binary program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import CodeType
from typing import Any, Final

from ..core.memory import Draw, limit
from ..errors import NkiValidationError, Place
from ..places import current_place, line_of, place_of, program_path, user_frame
from ..tensor.dtypes import DType
from ..tensor.geometry import View
from ..tensor.spaces import MemoryRegion
from ..tensor.storage import Storage
from .encoding import Prefixes, once, payload, record, signed, varint, varint_at, zigzag
from .operations import AFTER, ENGINE, LABEL, Layout, isa

#: Records of one trace; more is most likely a loop that never ends.
RECORD_LIMIT: Final = 20_000_000

#: Instructions, tensors or scopes between two looks at the memory that a recording takes.
_LOOK: Final = 16_384
#: What Python keeps besides the bytes of a record, for a tensor, and for a scope (measured: 50, 376 and 159).
_RECORD_BYTES: Final = 64
_TENSOR_BYTES: Final = 512
_SCOPE_BYTES: Final = 192
#: Bytes of records are joined to the stream that the core reads.
_COPIES: Final = 2

_PSUM: Final = MemoryRegion.psum
_MAGIC: Final = b"trnprog\n\x01"
#: Bits of the byte that ends a tensor's record.
_HAS_LOCATION: Final = 1
_HAS_BASE: Final = 2
_IS_UNPLACED: Final = 4
_SCOPE_KINDS: Final = {"": b"", "affine": b"\1", "ordered": b"\2"}


#: How records that come by the thousand begin, by the length of what they hold.
_STRING: Final = Prefixes(1)
_TENSOR: Final = Prefixes(4)
_INSTRUCTION: Final = Prefixes(7)


class Alias:
    """A storage as it is seen under another element type."""

    __slots__ = ("dtype", "name", "storage")

    def __init__(self, storage: Storage, name: str, dtype: DType) -> None:
        self.storage = storage
        self.name = name
        self.dtype = dtype


class Site:
    """A point of the user's code that records something."""

    __slots__ = ("location", "name", "place")

    def __init__(self, place: Any, location: bytes) -> None:
        #: Code and line; one tuple for all instructions, which a declared type would unpack and make anew.
        self.place = place
        #: The same as instructions name it.
        self.location = location
        #: The variable that is assigned there, once that has been asked for; empty where there is none.
        self.name: str | None = None


class Program:
    """What one core executes."""

    def __init__(self, name: str, metadata: dict[str, str] | None = None, core_suffix: str = "") -> None:
        self.name = name
        #: What tells the names of a core's own constants from those of the other core of its rank.
        self.core_suffix = core_suffix
        self.metadata = dict(metadata or {})
        self.storages: list[Storage] = []
        #: By the numbers that instructions name.
        self.tensors: list[Storage | Alias] = []
        #: One for each instruction.
        self.records: list[bytes] = []
        #: Number of instructions.
        self.count = 0
        #: Per instruction: code and line of the user's source.
        self.places: list[Any] = []
        #: Names that were asked for, and the number that the next one that asks gets behind it.
        self._names: dict[str, int] = {}
        #: Strings of this program by their numbers, which go on behind the core's own names.
        self._strings: dict[str, bytes] = {}
        self._first_string = 0
        #: What the records of tensors on chip say before their place in the source.
        self._declared: dict[tuple[bool, int, tuple[int, ...]], bytes] = {}
        self._layouts: set[Layout] = set()
        #: By the identity of code: the number of its file's name.
        self._files: dict[int, bytes] = {}
        #: By the identity of the code, which they hold, and the position in it.
        self._sites: dict[tuple[int, int], Site] = {}
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
        #: Instructions by the names that the author gave them.
        self.labels: dict[str, int] = {}
        #: Whether the author says in which order instructions are issued, so that nobody else may.
        self.keeps_order = False
        #: What the caller's arrays hold, for values inside of the kernel, and whether it asked for any.
        self.inputs: dict[Storage, Any] = {}
        self.reads_values = False
        #: The last instruction that there may be, and the error to raise at it.
        self._end = RECORD_LIMIT
        self._error: NkiValidationError | None = None
        #: Memory in use, and what of the recording it is of: instructions, tensors, scopes.
        self._memory = Draw()
        self._counted = (0, 0, 0)
        #: How many instructions, tensors and scopes there are at the next look.
        self._last = _LOOK
        self._last_tensor = _LOOK
        self._last_scope = _LOOK

    # Tensors

    def unique_name(self, wanted: str) -> str:
        """`wanted`, with a number behind it when it is taken."""
        names = self._names
        number = names.get(wanted)
        if number is None:
            if not self._is_numbered(wanted):
                names[wanted] = 1
                return wanted
            number = 1
        name = f"{wanted}.{number}"
        while name in names:
            number += 1
            name = f"{wanted}.{number}"
        names[wanted] = number + 1
        return name

    def _is_numbered(self, name: str) -> bool:
        """Whether a name was made of another one and a number; those are not kept one by one."""
        base, dot, number = name.rpartition(".")
        return bool(dot) and number.isdecimal() and number[0] != "0" and int(number) < self._names.get(base, 0)

    def add(self, storage: Storage) -> Storage:
        storage.operand = b"\x01" + once(len(self.tensors) << 1)
        self.tensors.append(storage)
        self.storages.append(storage)
        if len(self.storages) >= self._last_tensor:
            self._look(current_place())
        return storage

    def alias(self, storage: Storage, dtype: DType) -> bytes:
        """How operands begin that see `storage` with another element type."""
        if storage.aliases is None:
            storage.aliases = {}
        operand: bytes | None = storage.aliases.get(dtype)
        if operand is None:
            operand = storage.aliases[dtype] = b"\x01" + once(len(self.tensors) << 1)
            self.tensors.append(Alias(storage, self.unique_name(f"{storage.name}.as_{dtype}"), dtype))
        return operand

    # Instructions

    def record(self, layout: Layout, values: bytes, operands: Sequence[View], engine: str | None = None,
               label: str | None = None) -> int:
        """Adds an instruction; `values` are those of the layout's fields. Returns its number."""
        index = self.count
        site = self.site(3)
        self.places.append(site.place)
        for operand in operands:
            storage = operand.storage
            if storage.first < 0:
                storage.first = index
            storage.last = index
        if self._touched:
            self._touched[-1].extend([operand.storage for operand in operands])
        self._layouts.add(layout)
        scope = self._scope
        if label is None:
            body = (layout.in_scope[engine] if scope else layout.outside[engine]) + scope + site.location + values
        else:
            body = b"".join((layout.head(engine, bool(scope), LABEL), self._string(label), scope, site.location, values))
        self.records.append(_INSTRUCTION[len(body)] + body)
        self.count = index + 1
        if index >= self._last:
            if index >= self._end:
                raise self._ended(index)
            self._look(self.place(index))
        return index

    def stop_at(self, index: int, error: NkiValidationError) -> None:
        """Raises an error when an instruction is recorded."""
        self._end, self._error = index, error
        self._last = min(self._last, index)

    def _look(self, place: Place | None) -> None:
        """Draws on the memory budget for what was recorded since the last look.

        Raises:
            NkiValidationError: if there is not as much.
        """
        records, tensors, scopes = self._counted
        records = min(records, self.count)  # instructions are also taken back
        size = _RECORD_BYTES * (self.count - records) + _COPIES * sum([len(found) for found in self.records[records:]])
        size += _TENSOR_BYTES * (len(self.storages) - tensors) + _SCOPE_BYTES * (len(self._scopes) - scopes)
        self._counted = (self.count, len(self.storages), len(self._scopes))
        self._last = min(self._end, self.count + _LOOK)
        self._last_tensor = len(self.storages) + _LOOK
        self._last_scope = len(self._scopes) + _LOOK
        if not self._memory.take(size):
            raise NkiValidationError(
                f"host memory: the {self.count} instructions, {len(self.storages)} tensors and {len(self._scopes)} passes of loops that "
                f"were recorded need more than {limit()}", place=place,
                remedy="check the loop's end; nl.fori_loop records its body once; or give more with TRNSIM_MEMORY")

    def _ended(self, index: int) -> NkiValidationError:
        """What ends a trace at an instruction."""
        if self._error is not None and index < RECORD_LIMIT:
            # It rises here, not where it was found.
            return self._error.with_traceback(None)
        return NkiValidationError(f"the kernel has more than {RECORD_LIMIT} instructions",
                                  remedy="use a dynamic loop, or trace a smaller problem", place=self.place(index))

    def site(self, depth: int) -> Site:
        """The point of the user's code that is being executed; `depth` frames from here on are this package's own."""
        # In front of compiled functions that record is one of Python, `nki.isa`'s or another.
        frame = user_frame(depth + 1, 1)
        code = frame.f_code
        found = self._sites.get((id(code), frame.f_lasti))
        if found is None:
            place = (code, line_of(frame))
            found = self._sites[(id(code), frame.f_lasti)] = Site(place, self._location(place))
        return found

    def _location(self, place: tuple[CodeType, int]) -> bytes:
        code, line = place
        # By its identity, which sites and storages hold: hashing code goes through all of it.
        file = self._files.get(id(code))
        if file is None:
            file = self._files[id(code)] = self._string(program_path(code))
        return file + signed(line) + b"\0"

    def depend(self, index: int, *instructions: int) -> None:
        """Makes an instruction wait for others, besides those that it was made to wait for before."""
        body = payload(self.records[index])
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
        self.records[index] = _INSTRUCTION[len(body)] + body

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
        if number >= self._last_scope:
            self._look(current_place())
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
            found = self._strings[text] = once(self._first_string + len(self._strings))
        return found

    def stream(self) -> bytes:
        """The whole program, in which the compiler is to place what the author did not."""
        head = [record(2, self._string(self.name) + b"\0")]
        for key, value in sorted(self.metadata.items()):
            head.append(record(3, self._string(key) + self._string(value)))
        declarations = [self._declaration(tensor) for tensor in self.tensors]
        # In the order of their names, so that one program is the same bytes each time.
        layouts = [layout.record() for layout in sorted(self._layouts, key=lambda layout: layout.name)]
        texts = list(self._strings)
        # The names of tensors are theirs alone: they come last, and are looked up nowhere.
        number = (self._first_string or len(isa().strings)) + len(texts)
        for position, (tensor, declaration) in enumerate(zip(self.tensors, declarations)):
            texts.append(tensor.name if declaration is not None else self._untouched_name(position))
            declared = once(number) + (declaration if declaration is not None else _untouched())
            number += 1
            head.append(_TENSOR[len(declared)] + declared)
        strings: list[bytes] = []
        for text in texts:
            encoded = text.encode("utf-8", "backslashreplace")
            strings.append(_STRING[len(encoded)] + encoded)
        return b"".join((_MAGIC, isa().string_records, *strings, *head, *self._scopes, *layouts, *self.records))

    def _untouched_name(self, number: int) -> str:
        """A name that no other tensor has."""
        name = f"untouched {number}"
        while name in self._names or self._is_numbered(name):
            name += "'"
        return name

    def declare(self, storage: Storage, location: bytes) -> None:
        """Notes what the record of a tensor on chip says after its name: nothing that is still to come changes it."""
        key = (storage.region is _PSUM, id(storage.dtype), storage.shape)
        found = self._declared.get(key)
        if found is None:
            found = self._declared[key] = _tensor(storage, storage.dtype, storage.role, storage.shape, (0, 0),
                                                  _IS_UNPLACED | _HAS_LOCATION)
        storage.declaration = found + location

    def _declaration(self, tensor: Storage | Alias) -> bytes | None:
        """What a tensor's record says after its name; None where nothing touches it."""
        if isinstance(tensor, Alias):
            return self._alias(tensor.storage, tensor.dtype) if _is_declared(tensor.storage) else None
        if not _is_declared(tensor):
            return None
        return tensor.declaration or self._described(tensor)

    def _described(self, storage: Storage) -> bytes:
        """What the record of a tensor in its own element type says after its name."""
        extra = 0 if storage.is_hbm or storage.address is not None else _IS_UNPLACED
        location = b""
        if storage.place:
            extra |= _HAS_LOCATION
            location = self._location(storage.place)
        return _tensor(storage, storage.dtype, storage.role, storage.shape or (1,), storage.address or (0, 0), extra) + location

    def _alias(self, storage: Storage, dtype: DType) -> bytes:
        """What the record of a tensor that is seen with another element type says after its name."""
        # Patterns count from the first element, so that it needs no inner shape.
        count = storage.elements * storage.dtype.itemsize // dtype.itemsize
        shape = (count,) if storage.is_hbm else (storage.partitions, storage.free_bytes // dtype.itemsize)
        extra = _HAS_BASE if storage.is_hbm else _HAS_BASE | _IS_UNPLACED
        return _tensor(storage, dtype, "scratch", shape, (0, 0), extra) + storage.operand[1:]


def _is_declared(storage: Storage) -> bool:
    return storage.first >= 0 or (storage.role not in ("scratch", "shared") and storage.array is None)


@cache
def _untouched() -> bytes:
    """What the record of a tensor that no instruction names says: a byte on chip, which the compiler leaves out."""
    found = isa()
    return bytes((found.spaces["sbuf"], found.dtypes["uint8"], found.roles["scratch"])) \
        + varint(2) + signed(1) * 2 + signed(0) * 2 + bytes((_IS_UNPLACED,))


def _tensor(storage: Storage, dtype: DType, role: str, shape: tuple[int, ...], address: tuple[int, int], extra: int) -> bytes:
    found = isa()
    space = found.spaces["hbm" if storage.is_hbm else storage.region.value]
    return b"".join((bytes((space, found.dtypes[dtype.core_name], found.roles[role])), varint(len(shape)), *map(signed, shape),
                     *map(signed, address), bytes((extra,))))
