"""The memory budget of the process, which recordings and arrays draw on as the core's values do (Sources/Host)."""

from __future__ import annotations

import ctypes
from typing import Any

from .library import find_library, load_library

#: What the budget's description takes at most.
_TEXT_BYTES = 200

#: Arrays of fewer bytes are made without a look at the budget.
LARGE = 16 << 20

_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def _library() -> Any:
    """The core, which keeps the budget; None where there is none, or one of before it kept it."""
    path = find_library()
    library = load_library(path) if path is not None else None
    return library if library is not None and hasattr(library, "trnsim_memory_left") else None


def left() -> int:
    """Bytes of the budget that nobody uses."""
    library = _library()
    return int(library.trnsim_memory_left()) if library is not None else 1 << 62


def limit() -> str:
    """What the budget is, in words."""
    library = _library()
    if library is None:
        return "no limit"
    text = ctypes.create_string_buffer(_TEXT_BYTES)
    library.trnsim_memory_limit(text, _TEXT_BYTES)
    return text.value.decode()


def size(count: float) -> str:
    """A number of bytes as people write it."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} B"


def shortage(count: float, what: str) -> str | None:
    """What there is too little memory for, in words; None where there is enough."""
    if count <= left():
        return None
    return f"{what} about {size(count)} of memory, there is {limit()}"


class Draw:
    """Memory in use, given back when it is no longer referred to."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        #: Bytes that it has taken.
        self.taken = 0

    def take(self, count: int) -> bool:
        """Uses so many bytes more; whether there is as much."""
        library = _library()
        if library is None:
            return True
        self.taken += count
        is_there = int(library.trnsim_memory_left()) >= count
        library.trnsim_memory_note(count)
        return is_there

    def __del__(self) -> None:
        if self.taken:
            library = _library()
            if library is not None:
                library.trnsim_memory_note(-self.taken)


__all__ = ["LARGE", "Draw", "left", "limit", "shortage", "size"]
