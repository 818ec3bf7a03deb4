"""One candidate in this process: its values, its time, and why it fails where it does."""

from __future__ import annotations

import inspect
import math
import os
import traceback
import warnings
from typing import Any

from ..errors import SimulationError, SimulationWarning, TrnsimError
from ..recordings import CallError, Script
from ..run.kernel import asking, observed
from ..run.report import Report
from .task import Task
from .values import Expected, compared, flat, function, parameters

#: Keys of every answer, in their order.
KEYS = ("correct", "max_relative_error", "failure", "time_us", "time_low_us", "time_high_us", "verdict", "source", "rules", "counters")

#: Numbers of a report that are no counters of the profiler.
_NO_COUNTERS = {"schema", "time_low_us", "time_high_us"}


def empty() -> dict[str, Any]:
    """An answer that says nothing yet."""
    return dict.fromkeys(KEYS) | {"correct": False, "rules": [], "counters": {}}


def failed(kind: str, message: str, remedy: str | None = None, place: tuple[str, int] | None = None, topic: str | None = None
           ) -> dict[str, Any]:
    """The answer for a candidate that gave none itself."""
    return empty() | {"failure": failure(kind, message, remedy, place, topic), "source": _source(place)}


def failure(kind: str, message: str, remedy: str | None = None, place: tuple[str, int] | None = None, topic: str | None = None
            ) -> dict[str, Any]:
    """Why: `kind` is what loops branch on, `topic` what `trnsim explain` takes."""
    return {"kind": kind, "message": message, "help": remedy, "topic": topic} | (_source(place) or {"file": None, "line": None})


def _source(place: tuple[str, int] | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place[0], "line": place[1]}


def evaluate(task: Task, path: str, given: Expected) -> dict[str, Any]:
    """Runs a candidate from a file on what its reference got."""
    os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = task.hardware
    # Nothing of it is launched twice.
    os.environ["TRNSIM_CACHE"] = "0"
    os.environ["TRNSIM_MODE"] = "both"
    warnings.simplefilter("ignore", SimulationWarning)
    reports: list[Report] = []
    try:
        candidate = function(Script(path, []), task.kernel)
    except CallError as error:
        return failed("load", str(error), error.remedy, _place(error) or error.place)
    try:
        bound = inspect.signature(candidate).bind(*given.arguments, **given.named, **parameters(task))
    except TypeError as error:
        names = ", ".join(inspect.signature(candidate).parameters)
        return failed("arguments", f"{task.kernel.name or 'kernel'}(): {error}", f"its parameters are {names}")
    try:
        with observed(reports.append), asking(critical_path=True):
            result = candidate(*bound.args, **bound.kwargs)
        outputs = flat(result, "the candidate")
    except CallError as error:
        return failed("values", str(error), error.remedy)
    except (Exception, SystemExit) as error:
        return _fault(error, path)
    if len(reports) != 1:
        return failed("kernels", f"'{task.kernel}' called {len(reports) or 'no'} kernels, an answer has the time of one",
                      "a function with @nki.jit, or one that calls one such function")
    answer = empty()
    answer.update(_timed(reports[0], task))
    if given.outputs is None:
        answer["correct"] = None
        return answer
    verdict = compared(outputs, given.outputs, task.tolerance)
    answer["correct"], answer["max_relative_error"] = verdict.correct, verdict.largest
    if verdict.reason is not None:
        answer["failure"] = failure("values", verdict.reason)
    return answer


def _timed(report: Report, task: Task) -> dict[str, Any]:
    if not report.seconds > 0:
        return {}  # of tensors that no memory has room for: values alone
    low, high = report.interval or (None, None)
    path = report.critical_path()
    line = next((line for line in path.lines if line is not None), None)
    rules: list[dict[str, Any]] = []
    if task.rules:
        rules = [{"rule": item.rule, "title": item.title, "how": item.how, "lines": item.lines, "time_us": item.microseconds,
                  "change": item.change} for item in report.advise().items]
    counters = {key: value for key, value in report.json.items()
                if isinstance(value, (int, float)) and not isinstance(value, bool) and key not in _NO_COUNTERS}
    return {"time_us": report.microseconds, "time_low_us": low, "time_high_us": high, "verdict": report.verdict,
            "source": _source(_located(line)), "rules": rules, "counters": counters}


def _located(text: str | None) -> tuple[str, int] | None:
    file, _, line = (text or "").rpartition(":")
    return (file, int(line)) if line.isdecimal() else None


def _fault(error: BaseException, path: str) -> dict[str, Any]:
    """Why a candidate that was called gave no values."""
    if isinstance(error, TrnsimError):
        place = getattr(error, "place", None)
        if isinstance(error, SimulationError):
            kind = error.kind or "fault"
        else:
            kind = (error.report.kind if error.report is not None else "") or "rule"
        return failed(kind, str(getattr(error, "message", error)), getattr(error, "remedy", None),
                      (place.file, place.line) if place is not None else _line(error, path), error.topic or None)
    if isinstance(error, SystemExit):
        return failed("exit", f"the candidate ends Python ({error.code})", "return from the function", _line(error, path))
    text = " ".join(str(error).split())
    return failed("exception", f"{type(error).__name__}{f': {text}' if text else ''}", place=_line(error, path))


def _place(error: CallError) -> tuple[str, int] | None:
    """Where a file that cannot be compiled is wrong."""
    cause = error.__cause__
    if isinstance(cause, SyntaxError) and cause.filename and cause.lineno:
        return cause.filename, cause.lineno
    return None


def _line(error: BaseException, path: str) -> tuple[str, int] | None:
    """The candidate's line that an error came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return (path, lines[-1]) if lines and lines[-1] else None


def plain(value: Any, folder: str = "") -> Any:
    """JSON that every reader takes: no NaN, no infinity; files of a folder are named without it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.replace(folder + os.sep, "") if folder else value
    if isinstance(value, dict):
        return {key: plain(item, folder) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, folder) for item in value]
    return value
