"""`python -m trnsim.validation.worker`: runs one kernel's launches and says what they took, as JSON.

The job on standard input names files, functions and shapes (`running.py`); what the kernel's file prints goes to standard
error. A process for each kernel: files of several repositories have the same names, and set the environment.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import runpy
import sys
import time
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from .. import simulate
from ..hooks import install
from ..run.report import Report
from ..tensor.dtypes import as_dtype
from . import listing
from .records import COUNTERS, ENGINES


class _Empty(ModuleType):
    """A module of the host's side that is not there: whatever is asked of it is a class of nothing, or such a module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found: Any = type(name, (), {}) if name[0].isupper() else _Empty(f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self


class _AbsentModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds empty modules in the place of those that kernel files import and kernels do not use."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if not any(fullname == name or fullname.startswith(f"{name}.") for name in self.names):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def _namespace(job: dict[str, Any], launch: dict[str, Any]) -> dict[str, Any]:
    """What a kernel's file defines, with the replacement that the measured build had."""
    path = os.path.join(job["folder"], launch["file"])
    if launch["replace"] is None:
        return runpy.run_path(path, run_name="trnsim_kernel_file")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, after = launch["replace"]
    if text.count(before) < 1:
        raise ValueError(f"'{launch['file']}' has no '{before}'")
    names: dict[str, Any] = {"__name__": "trnsim_kernel_file", "__file__": path}
    exec(compile(text.replace(before, after), path, "exec"), names)
    return names


def _rendered(names: dict[str, Any], steps: int) -> dict[str, Any]:
    """What nki-autotune makes of the first steps of a file's `TRACE`, by its own transforms."""
    environment = names["KernelMDP"](names["f_nkigym"], names["INPUT_SPECS"],
                                     transforms=list({type(action[0]): action[0] for action in names["TRACE"]}.values()))
    state = environment.reset()
    for action in names["TRACE"][:steps]:
        state = environment.step(state, action)
    text = names["render"](state)
    path = "rendered.py"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return runpy.run_path(path, run_name="trnsim_kernel_file")


def _launched(job: dict[str, Any], launch: dict[str, Any]) -> Report:
    """One launch's report."""
    names = _namespace(job, launch)
    if launch["steps"] is not None:
        names = _rendered(names, launch["steps"])
    kernel = names.get(launch["function"])
    if kernel is None:
        raise ValueError(f"'{launch['file']}' has no '{launch['function']}'")
    arguments = [np.zeros(one["shape"], as_dtype(one["dtype"]).numpy) if isinstance(one, dict) else one
                 for one in launch["arguments"]]
    first = job["generation"] == 1
    return simulate(kernel, *arguments, mode="timing", hardware=job["hardware"], schedule=job["schedule"],
                    descriptors=job["descriptors"] if first else None, overrides=tuple(job["overrides"]),
                    **launch["keywords"]).report


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Times and counters of a kernel, the sum of its launches'."""
    install(shadow=True)
    sys.meta_path.insert(0, _AbsentModules(job["absent"]))
    for folder in job["imports"]:
        sys.path.insert(0, os.path.normpath(os.path.join(job["folder"], folder)))
    begin = time.process_time()
    found: dict[str, Any] = {"microseconds": 0.0, "instructions": 0, "counters": dict.fromkeys(COUNTERS, 0),
                             "busy": dict.fromkeys(ENGINES, 0.0), "shares": {}, "verdicts": []}
    for launch in job["launches"]:
        sys.path.insert(0, os.path.dirname(os.path.join(job["folder"], launch["file"])))
        report = _launched(job, launch)
        del sys.path[0]
        found["microseconds"] += report.microseconds
        found["instructions"] += report.instructions
        for name, key in COUNTERS.items():
            found["counters"][name] += report.json.get(key, 0)
        for engine in ENGINES:
            key = "dma_active_time" if engine == "dma" else f"{engine}_engine_active_time"
            found["busy"][engine] += 1e6 * float(report.json.get(key, 0.0))
        for name, share in report.json.get("doubt", {}).get("shares", {}).items():
            found["shares"][name] = found["shares"].get(name, 0.0) + share * report.microseconds
        found["verdicts"].append(report.verdict)
        if job["listing"]:
            found["listing"] = listing.of(report)
    found["shares"] = {name: share / found["microseconds"] for name, share in found["shares"].items() if found["microseconds"] > 0}
    found["cpu_seconds"] = time.process_time() - begin
    return found


def main() -> int:
    job = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        try:
            result = run(job)
        except BaseException as error:
            # Kernel files are somebody else's: whatever they raise is this kernel's result.
            # The first line alone: what follows quotes the kernel's source.
            words = (str(error).strip().splitlines() or [""])[0]
            result = {"error": f"{type(error).__name__}: {words}"[:200]}
        json.dump(result, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
