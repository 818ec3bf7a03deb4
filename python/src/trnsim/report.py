"""What a simulated run took: the core's report, with the figures that one asks for first."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from . import outputs


@dataclass
class Report:
    """Time, engines and memory of one run; `json` has everything under the profiler's names."""

    json: dict[str, Any] = field(default_factory=dict)
    #: The report for people.
    text: str = ""
    #: The programs of all cores, rank after rank, as `trnsim run` takes them.
    programs: list[str] = field(default_factory=list)
    #: How many of them are of one rank.
    cores_per_rank: int = 1
    #: Instructions that the kernel recorded.
    instructions: int = 0
    #: Seconds that tracing the kernel's Python took.
    tracing_seconds: float = 0.0
    #: Notes: what is not modelled, what was assumed.
    notes: list[str] = field(default_factory=list)
    #: Bytes of a partition in use at most.
    sbuf_peak_bytes: int = 0
    psum_peak_bytes: int = 0
    #: The trace file, if one was asked for.
    trace: str | None = None

    @property
    def program(self) -> str:
        """The program, as `trnsim run` takes it; of several cores the first's."""
        return self.programs[0] if self.programs else ""

    @property
    def seconds(self) -> float:
        """Simulated time, from the first instruction to the last transfer's end."""
        return float(self.json.get("total_time", 0.0))

    @property
    def microseconds(self) -> float:
        return self.seconds * 1e6

    @property
    def verdict(self) -> str:
        """What bounds the run."""
        return str(self.json.get("bottleneck", {}).get("sentence", ""))

    def save(self, path: str) -> None:
        """Writes the report as JSON."""
        outputs.write(path, json.dumps(self.json, indent=1, sort_keys=True))

    def save_program(self, path: str) -> None:
        """Writes the program as a `.trn` file, which `trnsim run`, `show` and `compare` take.

        Of several cores each gets a file, numbered before the suffix: `NAME.0.trn`, `NAME.1.trn` and so on.
        """
        base, suffix = os.path.splitext(path)
        digits = len(str(len(self.programs) - 1))
        for number, text in enumerate(self.programs):
            numbered = f"{base}.{number:0{digits}}{suffix}" if len(self.programs) > 1 else path
            outputs.write(numbered, text)

    def __str__(self) -> str:
        return self.text or f"{self.microseconds:.3f} µs"
