"""The core's messages in the user's terms: exceptions with places of the kernel's source, and what it prints."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ..errors import FailureReport, NkiValidationError, OutOfBoundsError, Place, SimulationError, documented
from ..record.program import Program
from ..tensor.dtypes import as_dtype


class NarrowTypesError(Exception):
    """Why a program's values need its element types as they are."""


def exception_of(errors: list[dict[str, Any]], program: Program | None, report: FailureReport | None = None, beta: bool = False
                 ) -> Exception:
    """The core's messages as one exception: the first with its place, all others as notes.

    `program` is the one that instruction numbers count in; None where messages are of several. `report` is what the core
    knows of the run besides; `beta`: the kernel is of the first API generation.
    """
    first = errors[0]
    place = place_of_error(first, program)
    notes = list(first.get("notes") or [])
    if first.get("instruction_text"):
        notes.insert(0, str(first["instruction_text"]))
    for other in errors[1:6]:
        where = place_of_error(other, program)
        notes.append(f"also{f' at {where}' if where else ''}: {other['message']}")
    if len(errors) > 6:
        notes.append(f"and {len(errors) - 6} more")
    kind = str(first.get("kind") or "")
    if beta and kind == "uninitialized read" and first.get("instruction") is None:
        notes.append(documented("tensor_output_not_written_to"))  # of no instruction: an output
    if kind == "narrow types":
        return NarrowTypesError(str(first["message"]))
    if kind in ("", "check", "error", "parse", "diagnostic"):
        found = NkiValidationError(str(first["message"]), remedy=first.get("remedy"), place=place, notes=tuple(notes))
        found.of_core = True
        found.topic = str(first.get("topic") or found.topic)
        found.report = report
        return found
    fault = OutOfBoundsError if kind == "out of bounds" else SimulationError
    faulted = fault(str(first["message"]), kind=kind, remedy=first.get("remedy"), place=place, notes=tuple(notes))
    faulted.topic = str(first.get("topic") or faulted.topic)
    faulted.report = report
    return faulted


def place_of_error(error: dict[str, Any], program: Program | None) -> Place | None:
    """The line of the user's source that a message is about."""
    number = error.get("instruction")
    if isinstance(number, int) and program is not None:
        found = program.place(number)
        if found is not None:
            return found
    if error.get("file") and error.get("line"):
        return Place(str(error["file"]), int(error["line"]))
    return None


def printed(_context: Any, _instruction: int, prefix: bytes, dtype: bytes, shape: Any, rank: int, data: Any,
           count: int) -> None:
    """`device_print`, in the order of execution."""
    kind = as_dtype(dtype.decode())
    raw = ctypes.string_at(data, count) if count else b""
    extents = tuple(shape[i] for i in range(rank))
    print(prefix.decode(), np.frombuffer(raw, kind.numpy).reshape(extents), flush=True)
