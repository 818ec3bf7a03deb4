"""What a simulated run took: the core's report, with the figures that one asks for first."""

from __future__ import annotations

import functools
import html
import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core import RankArrays, Request, open_core
from ..errors import NkiValidationError
from ..frames import frame
from .faults import exception_of

from . import outputs


#: Tables of a run with the order of their columns; others come after these.
_TABLES = {
    "instructions": ["core", "engine", "opcode", "instruction", "location", "begin_us", "end_us", "duration_us"],
    "transfers": ["core", "queue", "instruction", "location", "trigger_us", "begin_us", "end_us", "duration_us", "bytes",
                  "hbm_read_bytes", "hbm_write_bytes", "descriptors"],
    "stalls": ["core", "engine", "producer", "instruction", "location", "time_us", "count", "longest_us"],
    "lines": ["core", "location", "text", "operations", "executed", "instructions", "critical_us", "active_us", "waited_us",
              "dma_bytes", "hbm_read_bytes", "hbm_write_bytes"],
    "tensors": ["core", "tensor", "memory", "role", "count", "bytes", "reads", "read_bytes", "reread_bytes", "writes",
                "written_bytes", "location"],
}


@dataclass(frozen=True)
class PathPlace:
    """What one engine or queue did at one line, as far as the whole time was spent on it."""

    #: The engine or queue; empty for what is no one's.
    owner: str
    #: The operation with the tensor that it writes.
    instruction: str
    #: The kernel's line, `file:line`; None for what comes from none.
    location: str | None
    microseconds: float
    #: Instructions and transfers.
    count: int
    #: Microseconds by cause (docs/verdict.md).
    causes: dict[str, float]


@dataclass(frozen=True)
class PathSlack:
    """By how much the instructions of an engine, or the transfers of a queue, could be late without any change of the time."""

    owner: str
    count: int
    #: How many have no slack.
    critical: int
    #: The least and the median of the others, in microseconds; 0 if there are none.
    least: float
    median: float


@dataclass(frozen=True)
class CriticalPath:
    """What the whole time of a run was spent on; times are microseconds."""

    microseconds: float
    #: By cause (docs/verdict.md), most first.
    causes: dict[str, float]
    #: By engine or queue, most first.
    owners: dict[str, float]
    #: By the kernel's line, most first; the key None is for what comes from none.
    lines: dict[str | None, float]
    #: The 20 places with most of it.
    places: list[PathPlace]
    slack: list[PathSlack]
    #: As the key `critical_path` of `trnsim run --json` has it; times are seconds there.
    json: dict[str, Any] = field(repr=False)
    #: For people.
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class AdviceItem:
    """A change of the kernel that makes it faster, alone."""

    #: The rule's key (docs/verdict.md).
    rule: str
    title: str
    #: What to write in the source.
    how: str
    #: The kernel's lines that it is about, where they are known.
    lines: list[str]
    #: The time then.
    microseconds: float
    #: Change of the time as a share of it: -0.25 is a quarter less.
    change: float


@dataclass(frozen=True)
class Advice:
    """Changes that were simulated, the largest gain first."""

    items: list[AdviceItem]
    #: How many changes were simulated.
    tried: int
    #: The verdict on the kernel as it is.
    sentence: str
    #: What `trnsim advise --json` writes.
    json: dict[str, Any] = field(repr=False)
    #: For people.
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text


def _microseconds(times: dict[str, float]) -> dict[str, float]:
    """Seconds by name as microseconds, most first."""
    return {name: time * 1e6 for name, time in sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))}


#: Bytes of a page that a notebook gets at most: it keeps what it shows.
_FRAME_LIMIT = 8_000_000


def _timed(request: Request) -> Request:
    """The same without values, on arrays of its own: the caller's may be in use, and a run writes to those of outputs."""
    arrays = [RankArrays({name: array.copy() for name, array in rank.inputs.items()},
                         {name: array.copy() for name, array in rank.outputs.items()}) for rank in request.arrays]
    return replace(request, mode="timing", trace=None, arrays=arrays, on_print=None)


@dataclass
class Report:
    """What one run took, and why. Times are microseconds, unless a name says otherwise; shares are 0 to 1.

    Its properties are what one asks for first; `json` and `details` have everything under the profiler's names, in seconds
    (docs/reference/report.md). `print(report)` shows the screen of `trnsim run`, a notebook the page of `save_html`.

    Example:
        report = trnsim.simulate(kernel, x).report
        report.microseconds, report.interval, report.verdict
        report.critical_path().causes
        report.to_frame("transfers").groupby("location")["bytes"].sum()
    """

    #: What `trnsim run --json` writes, but for what looks at every instruction; times are seconds.
    json: dict[str, Any] = field(default_factory=dict)
    #: The report for people.
    text: str = ""
    #: What the core was asked.
    request: Request | None = None
    #: How many of them are of one rank.
    cores_per_rank: int = 1
    #: Instructions that the kernel recorded.
    instructions: int = 0
    #: Seconds that tracing the kernel's Python took.
    tracing_seconds: float = 0.0
    #: Notes: what is not modelled, what was assumed.
    notes: list[str] = field(default_factory=list)
    #: The trace file, if one was asked for.
    trace: str | None = None
    #: "found" where the program of a launch before was taken (TRNSIM_CACHE); why it is not kept, where it is not.
    cache: str = ""
    #: What the caller gives and gets (`_interface` in `run/execution.py`).
    interface: dict[str, Any] = field(default_factory=dict, repr=False)
    #: What the core said of the critical path in this run, if it was asked.
    path_found: dict[str, Any] | None = field(default=None, repr=False)

    @functools.cached_property
    def programs(self) -> list[str]:
        """The programs of all cores, rank after rank, ordered and placed as they ran; `trnsim run` takes them."""
        if self.request is None:
            return []
        found, errors = open_core().compiled(self.request)
        if errors:
            raise exception_of(errors, None)
        return found

    def columns(self, table: str = "instructions") -> dict[str, list[Any]]:
        """A table of the run as lists by their names, all of one length; times are microseconds from the start, sizes bytes.

        `table` is "instructions" (what engines executed: core, engine, opcode, instruction, location, begin_us, end_us,
        duration_us, and what each waited for), "transfers" (what DMA queues moved, with bytes and descriptors), "stalls"
        (whom engines waited for, the longest first), "lines" (what each source line took, as `trnsim annotate` has it) or "tensors"
        (what DMAs moved out of and into each, and what they read again). The program is timed again for it.

        Raises:
            ValueError: for a table that there is not.

        Example:
            transfers = report.columns("transfers")
            max(transfers["duration_us"])
        """
        if table not in _TABLES:
            raise ValueError(f"there is no table '{table}'\n  help: one of {', '.join(_TABLES)}")
        if self.request is None:
            return {}
        found, errors = open_core().table(_timed(self.request), table)
        if errors:
            raise exception_of(errors, None)
        order = _TABLES[table]
        return {name: found[name] for name in sorted(found, key=lambda name: (order.index(name) if name in order else 99, name))}

    def to_frame(self, table: str = "instructions") -> Any:
        """A table of the run (see `columns`) as a pandas DataFrame, a row for each instruction, transfer, wait, line or tensor.

        Raises:
            PackageMissingError: if pandas is not installed.
        """
        return frame(self.columns(table))

    def critical_path(self) -> CriticalPath:
        """What the whole time was spent on, by cause, engine, place and line, and by how much the rest could be late.

        The program is timed again for it, twice.

        Raises:
            NkiValidationError: if the run has no times.
        """
        self._require_timed()
        assert self.request is not None
        if self.path_found is None:
            found, errors = open_core().critical_path(_timed(self.request))
            if errors:
                raise exception_of(errors, None)
            self.path_found = found
        found = dict(self.path_found)
        text = str(found.pop("text", ""))
        places = [PathPlace(place["owner"], place["instruction"], place["location"], place["time"] * 1e6, place["count"],
                            _microseconds(place["causes"])) for place in found["places"]]
        slack = [PathSlack(one["owner"], one["count"], one["critical"], one["least"] * 1e6, one["median"] * 1e6)
                 for one in found["slack"]]
        return CriticalPath(found["time"] * 1e6, _microseconds(found["causes"]), _microseconds(found["owners"]),
                            {line["location"]: line["time"] * 1e6 for line in found["lines"]}, places, slack, found, text)

    def timeline(self, window: str = "") -> str:
        """Instructions and DMAs as rows, time as columns, as by `trnsim run --timeline`: up to 200 rows.

        `window` is `FROM:TO` in microseconds, each of which may be left out. The program is timed again for it.

        Raises:
            NkiValidationError: for a window in which there is nothing, or if the run has no times.
        """
        self._require_timed()
        assert self.request is not None
        text, errors = open_core().timeline(_timed(self.request), window)
        if errors:
            raise exception_of(errors, None)
        return text

    def advise(self, rules: Sequence[str] = ()) -> Advice:
        """Which changes of the kernel would make it faster, and by how much: each is simulated, as by `trnsim advise`.

        `rules` are keys of rules (docs/verdict.md); all by default.

        Raises:
            NkiValidationError: for a rule that there is not, or if the run has no times.
        """
        self._require_timed()
        assert self.request is not None
        name = str(self.json.get("kernel") or "kernel")
        found, text, errors = open_core().advise(self.request, name, list(rules))
        if errors:
            raise exception_of(errors, None)
        items = [AdviceItem(item["rule"], item["title"], item["how"], list(item["lines"]), item["total_time_ps"] / 1e6,
                            item["change"]) for item in found["advice"]]
        return Advice(items, int(found["tried"]), str(found["sentence"]), found, text)

    def _require_timed(self) -> None:
        if self.request is None or "total_time" not in self.json:
            raise NkiValidationError("the run has no times", remedy="simulate with mode=\"both\" or \"timing\"")

    @property
    def sbuf_peak_bytes(self) -> int:
        """Bytes of a partition of SBUF in use at most."""
        return self._peak("sbuf")

    @property
    def psum_peak_bytes(self) -> int:
        """Bytes of a partition of PSUM in use at most."""
        return self._peak("psum")

    def _peak(self, memory: str) -> int:
        """Of all cores."""
        return max(int(core.get(f"{memory}_peak_bytes_per_partition", 0)) for core in [self.json, *self.json.get("cores", [])])

    @property
    def program(self) -> str:
        """The program, as `trnsim run` takes it; of several cores the first's."""
        return self.programs[0] if self.programs else ""

    @property
    def seconds(self) -> float:
        """Simulated time in seconds, from the first instruction to the last transfer's end; NaN of runs that have none, as with `mode="values"`."""
        return float(self.json.get("total_time", math.nan))

    @property
    def microseconds(self) -> float:
        """The same in microseconds."""
        return self.seconds * 1e6

    @property
    def interval(self) -> tuple[float, float] | None:
        """Microseconds between which a device's time is for nine in ten kernels; None where that is not calibrated.

        `json["doubt"]` says which mechanisms widen it, or why there is none.
        """
        low, high = self.json.get("time_low_us"), self.json.get("time_high_us")
        return None if low is None or high is None else (float(low), float(high))

    @property
    def verdict(self) -> str:
        """What bounds the run, in a sentence; empty where nothing was timed."""
        return str(self.json.get("bottleneck", {}).get("sentence", ""))

    @functools.cached_property
    def details(self) -> dict[str, Any]:
        """`json` with what looks at every instruction, as `trnsim run --json` has it: opcodes, tensors, roofline, memory by tensor
        over time, DMA sizes, source lines, and up to 20,000 device instructions the critical path. The program is timed again for it.
        """
        if self.request is None or "total_time" not in self.json:
            return self.json
        found, errors = open_core().details(_timed(self.request))
        if errors:
            raise exception_of(errors, None)
        # What the run itself found is kept: checks of values, the host's time.
        return {**found, **self.json}

    def save(self, path: str) -> None:
        """Writes the report with its `details` as JSON.

        Raises:
            TrnsimError: if the file cannot be written.
        """
        outputs.write(path, json.dumps(self.details, indent=1, sort_keys=True))

    def save_html(self, path: str) -> None:
        """Writes the report as one file for browsers, with a timeline; the program is timed again for it."""
        if self.request is None:
            return
        errors = open_core().write_page(_timed(self.request), path)
        if errors:
            raise exception_of(errors, None)

    def _repr_html_(self) -> str:
        """The page of `save_html` in a frame, for notebooks; the text of what is too large for one or has no times."""
        text = f"<pre>{html.escape(str(self))}</pre>"
        if self.request is None or not self.seconds > 0:
            return text
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.html")
            self.save_html(path)
            if os.path.getsize(path) > _FRAME_LIMIT:
                return f"{text}<p>save_html(FILE) writes the page with the timeline, which is too large for a notebook.</p>"
            with open(path, encoding="utf-8") as file:
                page = file.read()
        return (f'<iframe title="report" sandbox="allow-scripts" style="width: 100%; height: 760px; border: 0" '
                f'srcdoc="{html.escape(page)}"></iframe>')

    def save_program(self, path: str) -> None:
        """Writes the program as a `.trn` file, which `trnsim run`, `show` and `compare` take.

        Of several cores each gets a file, numbered before the suffix: `NAME.0.trn`, `NAME.1.trn` and so on.
        """
        for numbered, text in zip(_numbered(path, len(self.programs)), self.programs):
            outputs.write(numbered, text)

    def save_recorded(self, path: str) -> None:
        """Writes the program as it was recorded, before the compiler ordered and placed it; files as `save_program`."""
        if self.request is None:
            return
        errors = open_core().write_recorded(self.request, _numbered(path, len(self.request.programs)))
        if errors:
            raise exception_of(errors, None)

    def __str__(self) -> str:
        return self.text or f"{self.microseconds:.3f} µs"


def _numbered(path: str, count: int) -> list[str]:
    """One file, or one for each core."""
    if count == 1:
        return [path]
    base, suffix = os.path.splitext(path)
    digits = len(str(count - 1))
    return [f"{base}.{number:0{digits}}{suffix}" for number in range(count)]
