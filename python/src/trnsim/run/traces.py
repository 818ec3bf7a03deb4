"""Traces that are kept in the process: who launches a kernel again gets the program that it recorded before.

A trace is found again by all that it was made of: the kernel's code with what that reads (`reads.py`), the arguments'
shapes, types and plain values, the machine and the launch. TRNSIM_CACHE=0 keeps none, TRNSIM_CACHE=verify traces again all
the same and fails where the programs differ.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core import Outcome
from ..core.layout import GridDim
from ..core.machine import machine
from ..errors import TrnsimError
from ..places import place_of
from ..record.program import Program
from ..tensor.arrays import is_array
from ..tensor.nested import PerRank
from ..tensor.storage import Storage
from ..tensor.view import NkiTensor
from .binder import Converted, array_of
from .launch import Options, Traced, TracedCore, trace_kernel
from .reads import Reads, UntoldError

#: Bytes of all kept traces; those that were not used for longest go first.
BYTE_LIMIT = 256 << 20
#: Runs of one trace whose report is kept.
_OUTCOME_LIMIT = 16
#: What the package itself reads of the environment while it traces.
_ENVIRONMENT = ("TRNSIM_CORE", "TRNSIM_STRICT", "TRNSIM_MX_SCALE", "NKI_NC_VERSION", "NEURON_PLATFORM_TARGET_OVERRIDE")
#: What Python keeps for an instruction's place and for a value of the key, about; assumed.
_PLACE_BYTES, _PART_BYTES, _STORAGE_BYTES = 8, 64, 600


@dataclass
class Kept:
    """A trace without the arrays of the caller that it was made with."""

    traced: Traced
    #: What is named by identity in the key.
    held: list[Any]
    size: int
    #: The programs as the core reads them, once they have been asked for.
    recorded: list[bytes] | None = None
    #: By what was asked: reports of runs that depend on the program alone.
    outcomes: dict[Any, tuple[str, str]] = field(default_factory=dict)
    is_listed: bool = True


_lock = threading.Lock()
_kept: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()
_bytes = 0


def clear() -> None:
    """Forgets all traces."""
    global _bytes
    with _lock:
        _kept.clear()
        _bytes = 0


class _Given:
    """The arrays among a launch's arguments, in the order in which they are bound."""

    def __init__(self) -> None:
        self.parts: Reads = Reads(self._visit)
        self.converted: Converted = {}
        #: By rank: arrays, each once.
        self.by_rank: list[dict[int, Any]] = []
        self._rank: dict[int, Any] = {}

    def rank(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._rank = {}
        self.by_rank.append(self._rank)
        self.parts.parts.append("rank")
        self.parts.forget()
        for value in args:
            self.parts.value(value, "argument", True)
        for name, value in kwargs.items():
            self.parts.parts.append(name)
            self.parts.value(value, name, True)

    def _visit(self, value: Any, name: str) -> bool:
        if isinstance(value, NkiTensor):
            raise UntoldError("an argument is a tensor of another kernel")
        if not is_array(value):
            return False
        number = list(self._rank).index(id(value)) if id(value) in self._rank else len(self._rank)
        self._rank.setdefault(id(value), value)
        found = self.converted.get(id(value))
        if found is None:
            rounded: list[str] = []
            found = self.converted[id(value)] = (value, array_of(value, name, rounded), bool(rounded))
        _, array, is_rounded = found
        self.parts.parts += ("tensor", number, array.dtype, array.shape, is_rounded)
        return True


def trace_or_find(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options, *,
                  cores: int = 1, grid: tuple[GridDim, ...] = (), beta: bool = False, name: str | None = None) -> Traced:
    """`trace_kernel`, or what it gave before for the same."""
    mode = os.environ.get("TRNSIM_CACHE") or "1"
    if mode not in ("0", "1", "verify"):
        raise ValueError(f"TRNSIM_CACHE={mode}\n  help: 0, 1 or verify")

    def traced_anew(converted: Converted | None = None) -> Traced:
        return trace_kernel(function, args, kwargs, options, cores=cores, grid=grid, beta=beta, name=name, converted=converted)

    if mode == "0":
        return traced_anew()
    given: _Given | None = None
    try:
        given, key = _key(function, args, kwargs, options, (cores, grid, beta, name))
    except UntoldError as why:
        found = traced_anew(given.converted if given else None)
        found.cache = str(why)
        return found
    except TrnsimError:
        # An argument that cannot be bound, or no such machine: tracing says which.
        return traced_anew()
    except Exception as error:  # what a user's object does when it is looked at
        found = traced_anew()
        found.cache = f"what it reads cannot be looked at: {type(error).__name__}: {error}"
        return found
    with _lock:
        kept = _kept.get(key)
        if kept is not None:
            _kept.move_to_end(key)
    if kept is not None and mode == "1":
        return _bound(kept, given)
    found = traced_anew(given.converted)
    if kept is not None:
        found.verifies = kept
        _require_same(kept, found)
        return found
    try:
        _keep(key, given, found, lambda: _key(function, args, kwargs, options, (cores, grid, beta, name))[1],
              keeps_records=mode == "verify")
    except UntoldError as why:
        found.cache = str(why)
    return found


def _key(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options,
         launch: tuple[Any, ...]) -> tuple[_Given, tuple[Any, ...]]:
    given = _Given()
    count = 1
    for value in (*args, *kwargs.values()):
        if isinstance(value, PerRank):
            count = len(value)
        elif isinstance(value, (list, tuple, dict)) and _has_ranks(value):
            raise UntoldError("values for each rank are within an argument")
    for rank in range(count):
        given.rank(tuple(_share(value, rank) for value in args), {key: _share(value, rank) for key, value in kwargs.items()})
    reads = given.parts
    reads.forget()
    reads.value(function)
    environment = os.environ.get
    key = (*launch, options.target, machine(options.target), options.ranks, options.configuration,
           *[environment(name) for name in _ENVIRONMENT], *reads.parts)
    return given, key


def _share(value: Any, rank: int) -> Any:
    return value[rank] if isinstance(value, PerRank) and rank < len(value) else value


def _has_ranks(value: Any) -> bool:
    if isinstance(value, PerRank):
        return True
    return isinstance(value, (list, tuple, dict)) and any(
        _has_ranks(item) for item in (value.values() if isinstance(value, dict) else value))


def _keep(key: tuple[Any, ...], given: _Given, traced: Traced, key_now: Callable[[], tuple[Any, ...]],
          keeps_records: bool) -> None:
    """Keeps a trace.

    Raises:
        UntoldError: if it must not be.
    """
    global _bytes
    if any(core.program.reads_values for core in traced.cores):
        raise UntoldError("it looks at values while it is traced")
    for core in traced.cores:
        _require_plain(core.result)
    if key_now() != key:
        raise UntoldError("it changes what it reads")
    size = sum(_size(core.program) for core in traced.cores) + _PART_BYTES * len(key)
    if size > BYTE_LIMIT // 2:
        raise UntoldError(f"its programs have {size >> 20} MiB")
    cores = [TracedCore(core.program, core.result, [(storage, None, None) for storage, _, _ in core.inputs])  # type: ignore[misc]
             for core in traced.cores]
    kept = Kept(replace(traced, cores=cores, notes=list(traced.notes)), given.parts.kept, size)
    traced.kept, traced.keeps_records = kept, keeps_records
    with _lock:
        before = _kept.pop(key, None)
        if before is not None:
            _dropped(before)
        _kept[key] = kept
        _bytes += size
        while _bytes > BYTE_LIMIT:
            _dropped(_kept.popitem(last=False)[1])


def _dropped(kept: Kept) -> None:
    global _bytes
    _bytes -= kept.size
    kept.is_listed = False


def _require_plain(result: Any) -> None:
    """What a kernel returns is handed out again only if nobody can change it."""
    if isinstance(result, (tuple, list)) and not isinstance(result, PerRank):
        for item in result:
            _require_plain(item)
    elif isinstance(result, dict):
        for item in result.values():
            _require_plain(item)
    elif not isinstance(result, (NkiTensor, int, float, str, bool, bytes, type(None), np.generic)):
        raise UntoldError(f"it returns a {type(result).__qualname__}")


def _size(program: Program) -> int:
    records = sum(map(len, program.records)) + _PLACE_BYTES * program.count
    constants: int = sum(storage.array.nbytes for storage in program.storages if storage.array is not None)
    return records + constants + _STORAGE_BYTES * len(program.storages)


def _bound(kept: Kept, given: _Given) -> Traced:
    """A kept trace with the arrays of this launch."""
    traced = kept.traced
    per_rank = traced.layout.cores
    cores: list[TracedCore] = []
    for number, core in enumerate(traced.cores):
        # Without a PerRank all ranks have the same.
        arrays = given.by_rank[min(number // per_rank, len(given.by_rank) - 1)].values()
        inputs: list[tuple[Storage, Any, np.ndarray[Any, Any]]] = [
            (storage, original, given.converted[id(original)][1].reshape(storage.shape))
            for (storage, _, _), original in zip(core.inputs, arrays, strict=True)]
        cores.append(TracedCore(core.program, core.result, inputs))
    return replace(traced, cores=cores, notes=list(traced.notes), seconds=0.0, kept=kept, cache="found")


# What a kept trace is asked for


def recorded(traced: Traced, records: Callable[[TracedCore], bytes]) -> list[bytes]:
    """The programs of all cores as the core reads them; of a kept trace made once."""
    kept: Kept | None = traced.kept
    if kept is None:
        found = [records(core) for core in traced.cores]
        if traced.verifies is not None and traced.verifies.recorded not in (None, found):
            raise _different(traced.name, "its declarations")
        return found
    with _lock:
        if kept.recorded is None:
            kept.recorded = [records(core) for core in traced.cores]
            if not traced.keeps_records:
                for core in kept.traced.cores:
                    core.program.records = []
                    core.program.inputs = {}
        found = kept.recorded
    return found


def known_outcome(traced: Traced, asked: Any) -> Outcome | None:
    """What a run gave before that depends on the program alone."""
    if traced.kept is None:
        return None
    found = traced.kept.outcomes.get(asked)
    return None if found is None else Outcome(report=json.loads(found[0]), text=found[1])


def keep_outcome(traced: Traced, asked: Any, outcome: Outcome) -> None:
    """Keeps what a run gave that depends on the program alone."""
    global _bytes
    if traced.verifies is not None:
        before = traced.verifies.outcomes.get(asked)
        if before is not None and _without_host(json.loads(before[0])) != _without_host(outcome.report):
            raise _different(traced.name, "the report of its run")
    kept = traced.kept
    if kept is None or outcome.errors:
        return
    report = json.dumps(outcome.report)
    with _lock:
        if len(kept.outcomes) >= _OUTCOME_LIMIT or not kept.is_listed:
            return
        kept.outcomes[asked] = (report, outcome.text)
        kept.size += len(report) + len(outcome.text)
        _bytes += len(report) + len(outcome.text)


def _without_host(report: Any) -> Any:
    return {key: value for key, value in (report or {}).items() if key != "host"}


def _require_same(kept: Kept, found: Traced) -> None:
    """Fails if a kernel that was traced again gave something else than what is kept of it."""
    old = kept.traced
    name = found.name
    if old.notes != found.notes:
        raise _different(name, f"notes, {found.notes} in place of {old.notes}")
    if (old.layout, old.by_rank, old.programs, old.asks_position) != (found.layout, found.by_rank, found.programs,
                                                                       found.asks_position):
        raise _different(name, "its launch")
    for number, (before, now) in enumerate(zip(old.cores, found.cores)):
        core = f" of core {number}" if len(old.cores) > 1 else ""
        for index, (one, other) in enumerate(zip(before.program.records, now.program.records)):
            if one != other:
                raise _different(name, f"instruction {index}{core}, at {place_of(now.program.places[index])}")
        if before.program.records and len(before.program.records) != len(now.program.records):
            raise _different(name, f"instructions{core}, {len(now.program.records)} in place of {len(before.program.records)}")
        if before.program.places != now.program.places:
            raise _different(name, f"places{core}")
        if repr(before.result) != repr(now.result):
            raise _different(name, f"what it returns{core}, {now.result!r} in place of {before.result!r}")


def _different(name: str, what: str) -> TrnsimError:
    return TrnsimError(f"TRNSIM_CACHE=verify: kernel '{name}' was traced again, and it differs from the trace that is kept: {what}")


__all__ = ["BYTE_LIMIT", "Kept", "clear", "keep_outcome", "known_outcome", "recorded", "trace_or_find"]
