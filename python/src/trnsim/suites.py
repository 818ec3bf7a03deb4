"""`python -m trnsim.suites`: the programs of kernels, for the suites of `trnsim check`.

Reads the calls of one script from standard input and answers with a program or an error for each:

    {"calls": [{"script": "moe.py", "function": "rmsnorm", "hardware": "trn2", "arguments": {"eps": "1e-6"},
                "schedule": "compiler",
                "inputs": [{"name": "x", "dtype": "bfloat16", "shape": [128, 2048]}]}]}
    {"results": [{"programs": ["trnsim program 1\\n…"], "cores_per_rank": 1}, {"error": "…", "help": "…"}]}

The script runs once, as a module; each function is called with zeros and must launch one kernel. Nothing is simulated:
that is what `trnsim` does with the programs.
"""

from __future__ import annotations

import ast
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from .errors import TrnsimError
from .hooks import install
from .run.kernel import observed
from .run.report import Report
from .tensor.dtypes import as_dtype


class CallError(Exception):
    """A call that cannot be traced, with what to do about it."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


def load(script: str) -> dict[str, Any]:
    """The names that a script defines."""
    if not os.path.isfile(script):
        raise CallError(f"there is no file '{script}'", "paths start at the suite's folder")
    sys.argv = [script]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    try:
        return runpy.run_path(script, run_name=Path(script).stem)
    except SystemExit as end:
        raise CallError(f"'{script}' ends Python ({end.code}) when it is loaded",
                        "put what it shall do as a program below: if __name__ == \"__main__\":") from end
    except Exception as error:
        raise CallError(f"'{script}' does not run: {_described(error, script)}") from error


def report_of(names: dict[str, Any], call: dict[str, Any]) -> Report:
    """Calls a function of a script; the report, with programs alone, of the one kernel that it launches."""
    function, script = call["function"], call["script"]
    found = names.get(function)
    if not callable(found):
        known = sorted(name for name, value in names.items() if hasattr(value, "simulate") and hasattr(value, "func"))
        raise CallError(f"'{script}' has no function '{function}'",
                        f"its kernels are {', '.join(known)}" if known else "name a function of the script")
    arguments: dict[str, Any] = {name: literal(text) for name, text in call["arguments"].items()}
    for given in call["inputs"]:
        arguments[given["name"]] = np.zeros(given["shape"], as_dtype(given["dtype"]).numpy)
    os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = call["hardware"]
    before = os.environ.get("TRNSIM_SCHEDULE")
    if call.get("schedule"):
        os.environ["TRNSIM_SCHEDULE"] = call["schedule"]
    reports: list[Report] = []
    try:
        with observed(reports.append):
            found(**arguments)
    except (Exception, SystemExit) as error:
        raise CallError(f"{function}: {_described(error, script)}") from error
    finally:
        if before is None:
            os.environ.pop("TRNSIM_SCHEDULE", None)
        else:
            os.environ["TRNSIM_SCHEDULE"] = before
    if not reports:
        raise CallError(f"'{function}' of '{script}' called no kernel",
                        "name a function with @nki.jit, or one that calls such a function with arrays")
    if len(reports) > 1:
        raise CallError(f"'{function}' of '{script}' called {len(reports)} kernels, an entry has the time of one",
                        "name the kernels themselves, an entry for each")
    return reports[0]


def literal(text: str) -> Any:
    """The value that a text means in Python; the text itself if it means none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _described(error: BaseException, script: str) -> str:
    """One line: the error, and the line of the script that it came from."""
    text = " ".join(str(error).split())
    if isinstance(error, TrnsimError):
        return text
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    place = f" at {script}:{lines[-1]}" if lines else ""
    return f"{type(error).__name__}{f': {text}' if text else ''}{place}"


def answer(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A program or an error for each call; all are of one script."""
    results: list[dict[str, Any]] = []
    try:
        names = load(calls[0]["script"])
    except CallError as error:
        return [{"error": str(error), "help": error.remedy} for _ in calls]
    for call in calls:
        try:
            report = report_of(names, call)
            results.append({"programs": report.programs, "cores_per_rank": report.cores_per_rank})
        except CallError as error:
            results.append({"error": str(error), "help": error.remedy})
    return results


def main() -> int:
    calls = json.load(sys.stdin)["calls"]
    # What scripts print goes elsewhere: standard output has the answer alone.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        os.environ["TRNSIM_MODE"] = "trace"
        install(shadow=True)
        json.dump({"results": answer(calls) if calls else []}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
