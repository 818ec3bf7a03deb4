"""The core as a library in this process, through ctypes: arrays are shared, not copied."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int32, c_int64, c_uint8, c_uint64, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CoreMissingError, FailureReport
from .layout import Layout
from .request import Outcome, Request

#: The interface that this module speaks (Sources/CInterface/trnsim.h).
ABI_VERSION = 2

_NAME = "libtrnsimcore.dylib" if sys.platform == "darwin" else "libtrnsimcore.so"

PrintCallback = CFUNCTYPE(None, c_void_p, c_int64, c_char_p, c_char_p, POINTER(c_int64), c_int32, c_void_p,
                          c_uint64)
ProgressCallback = CFUNCTYPE(c_int32, c_void_p, c_int64)


def find_library() -> str | None:
    """The library: `TRNSIM_CORE`, in the package, or in a build beside the sources."""
    given = os.environ.get("TRNSIM_CORE")
    if given:
        return given
    here = Path(__file__).resolve()
    packaged = here.parent / _NAME
    if packaged.is_file():
        return str(packaged)
    for parent in here.parents:
        for build in ("release", "debug"):
            found = parent / ".build" / build / _NAME
            if found.is_file():
                return str(found)
    return None


_loaded: dict[str, Any] = {}


def load_library(path: str) -> Any:
    """The library of a path, with its functions' types; loaded once."""
    library = _loaded.get(path)
    if library is not None:
        return library
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise CoreMissingError(f"cannot load {path}: {error}") from None
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "trnsim_abi_version": (c_int32, []),
        "trnsim_isa": (c_char_p, []),
        "trnsim_memory_left": (c_uint64, []),
        "trnsim_memory_note": (None, [c_int64]),
        "trnsim_memory_limit": (c_uint64, [c_char_p, c_uint64]),
        "trnsim_session_new": (c_void_p, []),
        "trnsim_session_free": (None, [c_void_p]),
        "trnsim_session_set": (c_int32, [c_void_p, c_char_p, c_char_p]),
        "trnsim_session_cores": (c_int32, [c_void_p, c_int32, c_int32]),
        "trnsim_session_select": (c_int32, [c_void_p, c_int32]),
        "trnsim_session_load": (c_int32, [c_void_p, c_char_p, c_uint64, c_char_p]),
        "trnsim_session_append": (c_int32, [c_void_p, c_char_p, c_uint64]),
        "trnsim_session_bind": (c_int32, [c_void_p, c_char_p, c_void_p, c_uint64]),
        "trnsim_session_run": (c_int32, [c_void_p]),
        "trnsim_session_advance": (c_int32, [c_void_p, c_int64]),
        "trnsim_session_read": (c_int32, [c_void_p, c_int64, c_void_p, c_uint64, POINTER(c_uint8)]),
        "trnsim_session_tensor": (c_int64, [c_void_p, c_char_p]),
        "trnsim_session_report": (c_char_p, [c_void_p]),
        "trnsim_session_text": (c_char_p, [c_void_p, c_int32]),
        "trnsim_session_compiled": (c_char_p, [c_void_p]),
        "trnsim_session_errors": (c_char_p, [c_void_p]),
        "trnsim_session_hardware": (c_char_p, [c_void_p]),
        "trnsim_session_failure": (c_char_p, [c_void_p, c_char_p]),
        "trnsim_session_critical_path": (c_char_p, [c_void_p]),
        "trnsim_session_details": (c_char_p, [c_void_p]),
        "trnsim_session_timeline": (c_char_p, [c_void_p, c_char_p]),
        "trnsim_session_trace": (c_int32, [c_void_p, c_char_p]),
        "trnsim_session_page": (c_int32, [c_void_p, c_char_p]),
        "trnsim_session_write": (c_int32, [c_void_p, c_char_p]),
        "trnsim_session_on_print": (c_int32, [c_void_p, PrintCallback, c_void_p]),
        "trnsim_session_table": (c_char_p, [c_void_p, c_char_p]),
        "trnsim_session_keep": (c_int32, [c_void_p, c_char_p]),
        "trnsim_session_refuse": (c_int32, [c_void_p, c_char_p, c_char_p]),
        "trnsim_session_vary": (c_int32, [c_void_p, c_char_p, POINTER(c_char_p), c_int32]),
        "trnsim_session_compare": (c_int32, [c_void_p, c_char_p, ProgressCallback, c_void_p]),
        "trnsim_session_whatif": (c_int32, [c_void_p, c_char_p, c_char_p]),
        "trnsim_session_advise": (c_int32, [c_void_p, c_char_p, c_char_p]),
        "trnsim_session_difference": (c_int32, [c_void_p, c_char_p, c_char_p]),
        "trnsim_session_check": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_char_p]),
        "trnsim_session_accept": (c_int32, [c_void_p]),
        "trnsim_session_differences": (c_int32, [c_void_p, c_char_p]),
        "trnsim_session_comparison": (c_char_p, [c_void_p, c_char_p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name, None)
        if function is None:
            continue  # an older library, which has what it has: who calls it is told
        function.restype = result
        function.argtypes = arguments
    version = library.trnsim_abi_version()
    if version != ABI_VERSION:
        raise CoreMissingError(f"{path} speaks version {version} of the interface, this package "
                               f"{ABI_VERSION}\n  help: build both from one source")
    _loaded[path] = library
    return library


def _pointer(array: np.ndarray[Any, Any]) -> Any:
    return array.ctypes.data if array.nbytes else None


class Session:
    """A program in the core, or one for each of several cores."""

    def __init__(self, path: str) -> None:
        self._library = load_library(path)
        self._handle = self._library.trnsim_session_new()
        self._kept: list[Any] = []

    def close(self) -> None:
        if self._handle:
            self._library.trnsim_session_free(self._handle)
            self._handle = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, name: str, *arguments: Any) -> bool:
        return bool(self._function(name)(self._handle, *arguments) == 0)

    def _function(self, name: str) -> Any:
        try:
            return getattr(self._library, name)
        except AttributeError as error:
            raise CoreMissingError(f"the simulator's core has no {name}: it is older than this package\n"
                                   "  help: build both from one source") from error

    def set(self, key: str, value: str) -> bool:
        return self._call("trnsim_session_set", key.encode(), value.encode())

    def cores(self, layout: Layout) -> bool:
        """Makes room for the programs of several cores."""
        return self._call("trnsim_session_cores", layout.ranks, layout.cores)

    def select(self, core: int) -> bool:
        """The core that later calls are about."""
        return self._call("trnsim_session_select", core)

    def load(self, program: bytes, name: str) -> bool:
        """Takes a whole program, text or records, in the place of the selected core's."""
        return self._call("trnsim_session_load", program, len(program), name.encode())

    def append(self, records: bytes) -> bool:
        """Adds records to the selected core's program."""
        return self._call("trnsim_session_append", records, len(records))

    def bind(self, name: str, array: np.ndarray[Any, Any]) -> bool:
        self._kept.append(array)
        return self._call("trnsim_session_bind", name.encode(), _pointer(array), array.nbytes)

    def declares(self, name: str) -> bool:
        """Whether the selected core's program has a tensor of this name."""
        return bool(self._library.trnsim_session_tensor(self._handle, name.encode()) >= 0)

    def run(self) -> bool:
        return self._call("trnsim_session_run")

    def advance(self, until: int = -1) -> bool:
        return self._call("trnsim_session_advance", until)

    def read(self, name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """Fills `array` with a tensor's bytes; returns which elements were written."""
        number = self._library.trnsim_session_tensor(self._handle, name.encode())
        if number < 0:
            return None
        written = np.zeros(array.size, np.uint8)
        pointer = written.ctypes.data_as(POINTER(c_uint8))
        if not self._call("trnsim_session_read", number, _pointer(array), array.nbytes, pointer):
            return None
        return written

    def on_print(self, function: Any) -> None:
        callback = PrintCallback(function)
        self._kept.append(callback)
        self._library.trnsim_session_on_print(self._handle, callback, None)

    def text(self, name: str, *arguments: Any) -> str:
        found = self._function(name)(self._handle, *arguments)
        return found.decode() if found else ""

    def errors(self) -> list[dict[str, Any]]:
        text = self.text("trnsim_session_errors")
        return json.loads(text) if text else []

    def failure(self) -> FailureReport | None:
        """Why the last run failed; None if it did not."""
        text = self.text("trnsim_session_failure", b"json")
        if not text:
            return None
        forms = {form: self.text("trnsim_session_failure", form.encode()) for form in ("text", "details", "markdown", "html")}
        return FailureReport(json.loads(text), **forms)

    def trace(self, path: str) -> bool:
        return self._call("trnsim_session_trace", os.fsencode(path))

    def page(self, path: str) -> bool:
        return self._call("trnsim_session_page", os.fsencode(path))

    def write(self, path: str) -> bool:
        return self._call("trnsim_session_write", os.fsencode(path))

    def keep(self, variant: str) -> bool:
        """Keeps the programs of all cores, with what inputs hold, as those of a variant."""
        return self._call("trnsim_session_keep", variant.encode())

    def refuse(self, variant: str, reason: str) -> bool:
        """Keeps why a variant has no programs."""
        return self._call("trnsim_session_refuse", variant.encode(), reason.encode())

    def vary(self, name: str, values: Sequence[str]) -> bool:
        """Varies something from the next comparison on."""
        texts = (c_char_p * len(values))(*[value.encode() for value in values])
        return self._call("trnsim_session_vary", name.encode(), texts, len(values))

    def compare(self, variant: str, goes_on: Callable[[int], bool]) -> bool:
        """Simulates what is varied; `goes_on` is told the number done, on this thread."""
        callback = ProgressCallback(lambda _, done: 0 if goes_on(done) else 1)
        return self._call("trnsim_session_compare", variant.encode(), callback, None)

    def whatif(self, variant: str, scales: str) -> bool:
        """Simulates machines with faster parts; `scales` has a line `PART=FACTORS` for each that is asked for."""
        return self._call("trnsim_session_whatif", variant.encode(), scales.encode())

    def advise(self, variant: str, rules: Sequence[str]) -> bool:
        """Tries changes of a variant's programs; all rules if none is named."""
        return self._call("trnsim_session_advise", variant.encode(), "\n".join(rules).encode())

    def difference(self, before: str, after: str) -> bool:
        """Compares two variants."""
        return self._call("trnsim_session_difference", before.encode(), after.encode())

    def check(self, variant: str, name: str, baseline: str, tolerances: str) -> bool:
        """Compares a variant with what a baseline has under a name; `tolerances` has a line for each number's."""
        return self._call("trnsim_session_check", variant.encode(), name.encode(), os.fsencode(baseline), tolerances.encode())

    def accept(self) -> bool:
        """Writes the numbers of the last check into its baseline."""
        return self._call("trnsim_session_accept")

    def differences(self, directory: str) -> bool:
        """Writes reports and traces of what the last check found."""
        return self._call("trnsim_session_differences", os.fsencode(directory))


class Library:
    """Runs programs in this process."""

    def __init__(self, path: str) -> None:
        self.path = path
        load_library(path)

    def isa(self) -> Any:
        """All operations of the core with their fields."""
        return json.loads(load_library(self.path).trnsim_isa().decode())

    def hardware(self, target: str, overrides: Sequence[str]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """All values of a machine, or what is wrong with its configuration."""
        with Session(self.path) as session:
            session.set("hardware", target)
            for override in overrides:
                session.set("override", override)
            text = session.text("trnsim_session_hardware")
            return (json.loads(text), []) if text else (None, session.errors())

    def session(self) -> Session:
        return Session(self.path)

    def run(self, request: Request) -> Outcome:
        with Session(self.path) as session:
            if not self._execute(session, request):
                return Outcome(errors=session.errors() or [{"message": "the core failed without a message"}],
                               failure=session.failure())
            report = session.text("trnsim_session_report")
            path = session.text("trnsim_session_critical_path") if request.critical_path else ""
            return Outcome(report=json.loads(report) if report else None, text=session.text("trnsim_session_text", 0),
                           critical_path=json.loads(path) if path else None)

    def table(self, request: Request, name: str) -> tuple[dict[str, list[Any]], list[dict[str, Any]]]:
        """The columns of a table of a run, or what is wrong."""
        with Session(self.path) as session:
            text = session.text("trnsim_session_table", name.encode()) if self._execute(session, request) else ""
            if not text:
                return {}, session.errors() or [{"message": "the core failed without a message"}]
            return json.loads(text), []

    def critical_path(self, request: Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What the time of a run was spent on, or what is wrong."""
        with Session(self.path) as session:
            text = session.text("trnsim_session_critical_path") if self._execute(session, request) else ""
            if not text:
                return {}, session.errors() or [{"message": "the core failed without a message"}]
            return json.loads(text), []

    def details(self, request: Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The report of a run with all sections, or what is wrong."""
        with Session(self.path) as session:
            text = session.text("trnsim_session_details") if self._execute(session, request) else ""
            if not text:
                return {}, session.errors() or [{"message": "the core failed without a message"}]
            return json.loads(text), []

    def timeline(self, request: Request, window: str) -> tuple[str, list[dict[str, Any]]]:
        """Instructions as rows and time as columns, or what is wrong."""
        with Session(self.path) as session:
            text = session.text("trnsim_session_timeline", window.encode()) if self._execute(session, request) else ""
            return text, [] if text else session.errors() or [{"message": "the core failed without a message"}]

    def advise(self, request: Request, subject: str, rules: Sequence[str]) -> tuple[dict[str, Any], str, list[dict[str, Any]]]:
        """What changes of the programs would give, as JSON and as text, or what is wrong."""
        with Session(self.path) as session:
            variant = f"{subject}\n{request.hardware}"
            base = "\n".join([variant, *[f"set:{text}" for text in request.overrides]])
            if not self.keep(session, request, variant) or not session.advise(base, rules):
                return {}, "", session.errors() or [{"message": "the core failed without a message"}]
            text = session.text("trnsim_session_comparison", b"json")
            return json.loads(text), session.text("trnsim_session_comparison", b"text"), []

    def write_page(self, request: Request, path: str) -> list[dict[str, Any]]:
        """Writes the report of a run as a page; what is wrong, if something is."""
        with Session(self.path) as session:
            if self._execute(session, request) and session.page(path):
                return []
            return session.errors() or [{"message": "the core failed without a message"}]

    def keep(self, session: Session, request: Request, variant: str) -> bool:
        """Keeps what is asked for as a variant of the session; the machine is the variant's."""
        return (all(session.set(key, value) for key, value in request.settings.items())
                and self._load_programs(session, request) and self._bind(session, request) and session.keep(variant))

    def compiled(self, request: Request) -> tuple[list[str], list[dict[str, Any]]]:
        """The programs of all cores as the compiler orders and places them, or what is wrong with them."""
        found: list[str] = []
        with Session(self.path) as session:
            ok = self._load(session, request)
            for core in range(len(request.programs)):
                text = session.text("trnsim_session_compiled") if ok and session.select(core) else ""
                if not text:
                    return [], session.errors() or [{"message": "the core failed without a message"}]
                found.append(text)
        return found, []

    def compiled_text(self, text: str, request: Request) -> tuple[str, list[dict[str, Any]]]:
        """A program's text as the compiler orders and places it with a request's settings, or what is wrong with it."""
        with Session(self.path) as session:
            ok = self._set(session, request) and session.cores(Layout(1, 1)) and session.select(0)
            found = session.text("trnsim_session_compiled") if ok and session.load(text.encode(), "program") else ""
            return found or "", [] if found else session.errors() or [{"message": "the core failed without a message"}]

    def first_wrong(self, request: Request) -> tuple[int, dict[str, Any]] | None:
        """The first core whose records break a rule of the machine, and the first error; None if the records alone are fine."""
        settings = [("hardware", request.hardware), *[("override", override) for override in request.overrides],
                    ("check_records", "on")]
        for core, records in enumerate(request.programs):
            with Session(self.path) as session:
                if all(session.set(key, value) for key, value in settings) and not session.append(records):
                    return core, session.errors()[0]
        return None

    def write_recorded(self, request: Request, paths: Sequence[str]) -> list[dict[str, Any]]:
        """Writes the programs of all cores as they were recorded; what is wrong, if something is."""
        for records, path in zip(request.programs, paths):
            with Session(self.path) as session:
                if not session.append(records) or not session.write(path):
                    return session.errors() or [{"message": "the core failed without a message"}]
        return []

    def _load(self, session: Session, request: Request) -> bool:
        """Settings and programs."""
        return self._set(session, request) and self._load_programs(session, request)

    def _set(self, session: Session, request: Request) -> bool:
        """Settings."""
        settings = {"hardware": request.hardware, "mode": request.mode, **request.settings}
        return (all(session.set(key, value) for key, value in settings.items())
                and all(session.set("override", override) for override in request.overrides))

    def _load_programs(self, session: Session, request: Request) -> bool:
        """Programs of all cores, in the place of those that there were."""
        per_rank = request.cores_per_rank
        if not session.cores(Layout(len(request.programs) // per_rank, per_rank)):
            return False
        return all(session.select(core) and session.append(records) for core, records in enumerate(request.programs))

    def _execute(self, session: Session, request: Request) -> bool:
        if not self._load(session, request) or not self._bind(session, request):
            return False
        if request.on_print is not None:
            session.on_print(request.on_print)
        if not session.run():
            return False
        return request.trace is None or session.trace(request.trace)

    def _bind(self, session: Session, request: Request) -> bool:
        """Lends the arrays of all ranks."""
        per_rank = request.cores_per_rank
        # Registers that are loaded from memory decide the time too, so inputs are given in every mode.
        for core in range(len(request.programs)):
            session.select(core)
            arrays = request.arrays[core // per_rank]
            both = {**arrays.inputs, **arrays.outputs}
            # The cores of a rank share what both declare; constants are one core's alone.
            if not all(session.bind(name, array) for name, array in both.items()
                       if per_rank == 1 or session.declares(name)):
                return False
        return True


def open_core() -> Library:
    """The core of this process.

    Raises:
        CoreMissingError: if there is none.
    """
    path = find_library()
    if path is None:
        raise CoreMissingError(
            "the simulator's core, libtrnsimcore, was not found\n  help: pip install ./python beside the sources with Swift "
            "installed, or swift build -c release --product trnsimcore, or set TRNSIM_CORE=/path/to/libtrnsimcore.so")
    return Library(path)
