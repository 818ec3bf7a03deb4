"""What the package asks of the core, whichever way it is reached."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..errors import CoreMissingError


@dataclass
class RankArrays:
    """HBM tensors of a rank by name: inputs with their contents, outputs to be filled; both C-contiguous."""

    inputs: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    outputs: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


@dataclass
class Request:
    """A program to run, or one for each of several cores."""

    #: By core id: rank after rank.
    programs: Sequence[str]
    #: By rank.
    arrays: Sequence[RankArrays]
    cores_per_rank: int = 1
    hardware: str = "trn2"
    overrides: Sequence[str] = ()
    #: "both", "values" or "timing".
    mode: str = "both"
    trace: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    on_print: Any = None
    #: Bytes of a partition of SBUF, if the overrides change what the hardware has.
    sbuf_bytes: int | None = None


@dataclass
class Outcome:
    """What came back: nothing in `errors` if all went well."""

    report: dict[str, Any] | None = None
    text: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)


class Backend(Protocol):
    """A way to the core."""

    def run(self, request: Request) -> Outcome:
        """Runs a program; outputs are in the request's arrays afterwards."""


def open_backend() -> Backend:
    """The library if it is found, else the command-line tool; `TRNSIM_BACKEND=cli|library` decides."""
    from .cli import CommandLine, find_tool
    from .library import Library, find_library

    wanted = os.environ.get("TRNSIM_BACKEND", "")
    if wanted not in ("", "cli", "library"):
        raise ValueError(f"TRNSIM_BACKEND={wanted}\n  help: cli or library")
    if wanted != "cli":
        path = find_library()
        if path is not None:
            return Library(path)
        if wanted == "library":
            raise CoreMissingError(
                "libtrnsimcore.so was not found\n  help: swift build -c release --product trnsimcore, or "
                "TRNSIM_CORE=/path/to/libtrnsimcore.so")
    tool = find_tool()
    if tool is not None:
        return CommandLine(tool)
    raise CoreMissingError(
        "the simulator's core was not found\n  help: pip install ./python beside the sources with Swift "
        "installed, or put trnsim into PATH, or set TRNSIM_CORE=/path/to/libtrnsimcore.so")
