"""What the first generation's compiler refuses although the simulator computes it: noted, or an error with TRNSIM_STRICT=1.

The rules are those that its documentation names ("NKI API Errors", SDK 2.26); docs/first-generation-errors.md has them all.
"""

from __future__ import annotations

import os
from types import FrameType

from ..errors import NkiValidationError, Place, documented
from ..places import exact_place, user_frame
from ..record.context import Trace

_STRICT = "TRNSIM_STRICT=1 makes this an error"


def is_strict() -> bool:
    """Whether what the compiler refuses is refused here too."""
    return os.environ.get("TRNSIM_STRICT") == "1"


def breach(current: Trace, rule: str, message: str, remedy: str, *, place: Place | None = None, frame: FrameType | None = None,
           noted: bool = True) -> None:
    """Notes that a kernel breaks a rule, once for each line; what is not `noted` is left alone unless the run is strict.

    Raises:
        NkiValidationError: with TRNSIM_STRICT=1.
    """
    if place is None:
        place = exact_place(frame if frame is not None else user_frame(1))
    if is_strict():
        raise NkiValidationError(message, remedy=remedy, place=place, rule=rule)
    if not noted or (rule, place.file, place.line) in current.noted:
        return
    current.noted.add((rule, place.file, place.line))
    column = f":{place.columns[0] + 1}" if place.columns is not None else ""
    current.program.warnings.append(f"{message} at {place}{column}: {remedy} ({documented(rule)}); {_STRICT}")


def refusal(rule: str, message: str, remedy: str) -> NkiValidationError:
    """The error for what neither the compiler nor the simulator takes."""
    return NkiValidationError(message, remedy=remedy, place=exact_place(user_frame(1)), rule=rule)
