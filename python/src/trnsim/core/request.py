"""What the package asks of the core, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import FailureReport


@dataclass
class RankArrays:
    """HBM tensors of a rank by name: inputs with their contents, outputs to be filled; both C-contiguous."""

    inputs: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    outputs: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


@dataclass
class Request:
    """A program to run, or one for each of several cores."""

    #: By core id, rank after rank: records of binary programs.
    programs: Sequence[bytes]
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
    #: Whether to say what the time was spent on as well; the run has times then.
    critical_path: bool = False


@dataclass
class Outcome:
    """What came back: nothing in `errors` if all went well."""

    report: dict[str, Any] | None = None
    text: str = ""
    #: What the time was spent on, if that was asked for.
    critical_path: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    #: Why it failed, where it did.
    failure: FailureReport | None = None
