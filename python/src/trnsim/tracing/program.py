"""The program that a kernel's run records: tensors, scopes and instructions, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from ..errors import NkiValidationError, Place
from .dtypes import DType
from .places import location_text, place_of, user_place
from .spaces import MemoryRegion
from .storage import Storage

if TYPE_CHECKING:
    from .view import NkiTensor

#: Records of one trace; more is most likely a loop that never ends.
RECORD_LIMIT = 20_000_000


class Program:
    """What one core executes."""

    def __init__(self, name: str, metadata: dict[str, str] | None = None, core_suffix: str = "") -> None:
        self.name = name
        #: What tells the names of a core's own constants from those of the other core of its rank.
        self.core_suffix = core_suffix
        self.metadata = dict(metadata or {})
        self.storages: list[Storage] = []
        self.lines: list[str] = []
        #: Number of instructions; lines also hold scopes.
        self.count = 0
        #: Per instruction: code and line of the user's source.
        self.places: list[tuple[CodeType, int]] = []
        self._names: dict[str, int] = {}
        self._open: list[int] = []
        self._next_scope = 0
        self.warnings: list[str] = []
        #: Index in `lines` of the last instruction.
        self.last_line = -1
        self.registers = 0
        self.loop_depth = 0
        #: Storages alive at the begin of the dynamic loops that are open.
        self._loops: list[int] = []
        self._touched: list[list[Storage]] = []
        self.labels: set[str] = set()
        #: What the caller's arrays hold, for values inside of the kernel.
        self.inputs: dict[Storage, Any] = {}

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
        storage.index = len(self.storages)
        storage.text = quoted(storage.name)
        self.storages.append(storage)
        return storage

    def alias(self, storage: Storage, dtype: DType) -> str:
        """The name under which `storage` is declared with another element type."""
        name = storage.aliases.get(dtype)
        if name is None:
            name = quoted(self.unique_name(f"{storage.name}.as_{dtype}"))
            storage.aliases[dtype] = name
        return name

    # Instructions

    def record(self, text: str, operands: Sequence[NkiTensor], engine: str | None = None,
               label: str | None = None) -> int:
        """Adds an instruction; `text` is the operation with its fields. Returns its number."""
        index = self.count
        found = user_place(2)
        self.places.append(found)
        for operand in operands:
            storage = operand.storage
            if storage.first < 0:
                storage.first = index
            storage.last = index
        if self._touched:
            self._touched[-1].extend(operand.storage for operand in operands)
        code, line = found
        if engine is not None:
            text = f"{text} engine={engine}"
        if label is not None:
            text = f"{quoted(label)}: {text}"
        self.last_line = len(self.lines)
        self.lines.append(f"{text}{location_text(code)}{line}")
        self.count = index + 1
        if index >= RECORD_LIMIT:
            raise NkiValidationError(f"the kernel has more than {RECORD_LIMIT} instructions",
                                     remedy="use a dynamic loop, or trace a smaller problem",
                                     place=self.place(index))
        return index

    def replace_last(self, text: str, engine: str | None = None) -> None:
        """Writes the last instruction again, with another destination."""
        code, line = self.places[-1]
        if engine is not None:
            text = f"{text} engine={engine}"
        self.lines[self.last_line] = f"{text}{location_text(code)}{line}"

    def place(self, index: int) -> Place | None:
        if 0 <= index < len(self.places):
            return place_of(self.places[index])
        return None

    # Scopes

    def open_scope(self, name: str, kind: str = "") -> int:
        """Opens a scope. Of kind `affine` it is a pass of a loop whose passes do not depend on one another, of kind `ordered`
        its instructions keep their order."""
        number = self._next_scope
        self._next_scope += 1
        self._open.append(number)
        self.lines.append(f"{kind} scope {name} {{" if kind else f"scope {name} {{")
        return number

    def close_scope(self, number: int) -> None:
        """Closes a scope and all within it; nothing if it is closed already."""
        if number not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            self.lines.append("}")
            if closed == number:
                return

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

    # Text

    def text(self) -> str:
        """The whole program, in which the compiler is to place what the author did not."""
        head = ["trnsim program 1", f"kernel {quoted(self.name)}"]
        for key, value in sorted(self.metadata.items()):
            head.append(f"meta {quoted(key)} = {quoted_text(value)}")
        head.append("dependencies derived")
        for storage in self.storages:
            if not self._declares(storage):
                continue
            shape = ", ".join(map(str, storage.shape or (1,)))
            space = "hbm" if storage.is_hbm else storage.region.value
            role = "" if storage.role == "scratch" else f"{storage.role} "
            where = f" at partition {storage.address[0]} byte {storage.address[1]}" if storage.address is not None else ""
            origin = f"{location_text(storage.place[0])}{storage.place[1]}" if storage.place else ""
            head.append(f"tensor {storage.text}: {space} {role}{storage.dtype.core_name} [{shape}]{where}{origin}")
            for dtype, name in storage.aliases.items():
                # Patterns count from the first element, so that the alias needs no inner shape.
                shape = str(storage.elements * storage.dtype.itemsize // dtype.itemsize) if storage.is_hbm \
                    else f"{storage.partitions}, {storage.free_bytes // dtype.itemsize}"
                head.append(f"tensor {name}: {space} {dtype.core_name} [{shape}] of {storage.text}")
        head.append("")
        closing = ["}"] * len(self._open)
        return "\n".join(head + self.lines + closing) + "\n"

    def _declares(self, storage: Storage) -> bool:
        return storage.first >= 0 or (storage.role not in ("scratch", "shared") and storage.array is None)


_BARE = re.compile(r"(?!(?:inf|infinity|nan|true|false|absent)\Z)[a-z_$%][a-z0-9_$%.\-/]*", re.IGNORECASE | re.ASCII)


def _is_bare(name: str) -> bool:
    return _BARE.fullmatch(name) is not None


def quoted(name: str) -> str:
    """A name as program texts have it."""
    if _is_bare(name) and not name.endswith(".ap"):
        return name
    return quoted_text(name)


def quoted_text(text: str) -> str:
    """Free text in quotes."""
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif c == "\t":
            out.append("\\t")
        elif ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F or not c.isprintable() and c != " ":
            out.append(f"\\u{{{ord(c):x}}}")
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def region_text(region: MemoryRegion) -> str:
    return "hbm" if region.is_hbm else region.value
