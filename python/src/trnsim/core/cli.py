"""The core as a command-line tool: the program and its arrays go through files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .backend import Outcome, Request

#: The machine's faults (Sources/Machine/Trap.swift) begin with their kind.
_KIND = re.compile(r"^(out of bounds|uninitialized read|race|deadlock|undefined result|invalid value|"
                   r"mismatched exchange): (.*)$")
_INSTRUCTION = re.compile(r"^  instruction (\d+)(?:: .*)?$")
#: What else a fault says, such as the core that it is on.
_FAULT_NOTE = re.compile(r"^  \S")
_OPERAND = re.compile(r"^  operand '(.*)'$")
_ERROR = re.compile(r"^(?:(?P<file>[^\n]*?):(?P<line>\d+)(?::(?P<column>\d+))?: )?"
                    r"(?P<severity>error|fault)(?: \[[^\]]*\])?: (?P<message>.*)$")


def find_tool() -> str | None:
    """The command-line tool: `TRNSIM`, beside the sources, or in PATH."""
    given = os.environ.get("TRNSIM")
    if given:
        return given
    found = shutil.which("trnsim")
    if found:
        return found
    for build in ("release", "debug"):
        for parent in Path(__file__).resolve().parents:
            tool = parent / ".build" / build / "trnsim"
            if tool.is_file():
                return str(tool)
    return None


def raw(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array with a type that `.npy` files can name: extension types as raw bytes."""
    if array.dtype.names is None and array.dtype.type.__module__ == "numpy":
        return array
    return array.view(np.dtype(f"V{array.dtype.itemsize}"))


class CommandLine:
    """Runs `trnsim run` on files in a temporary directory."""

    def __init__(self, tool: str) -> None:
        self.tool = tool

    def run(self, request: Request) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="trnsim-") as directory:
            return self._run(request, Path(directory))

    def _run(self, request: Request, directory: Path) -> Outcome:
        files = [directory / (f"kernel.{number}.trn" if len(request.programs) > 1 else "kernel.trn")
                 for number in range(len(request.programs))]
        for file, text in zip(files, request.programs):
            file.write_text(text, encoding="utf-8")
        report = directory / "report.json"
        command = [self.tool, "run", *map(str, files), "--hardware", request.hardware, "--json", str(report)]
        if len(files) > 1:
            command += ["--lnc", str(request.cores_per_rank)]
        else:
            command.append("--no-what-if")
        if request.settings.get("core_races") == "allow":
            command.append("--allow-core-races")
        if "unwritten_outputs" in request.settings:
            command += ["--unwritten-outputs", request.settings["unwritten_outputs"]]
        for override in request.overrides:
            command += ["--set", override]
        for rank, arrays in enumerate(request.arrays):
            prefix = f"rank{rank}/" if len(files) > 1 else ""
            # Tensors by number, so that any name is a file's name.
            for number, (name, array) in enumerate(arrays.inputs.items()):
                file = directory / f"in{rank}.{number}.npy"
                np.save(file, raw(np.ascontiguousarray(array)))
                command += ["--input", f"{prefix}{name}={file}"]
        if request.mode == "timing":
            command.append("--timing-only")
        else:
            command += ["--output-dir", str(directory / "out")]
            if request.mode == "values":
                command.append("--values-only")
        if request.trace is not None:
            command += ["--trace", request.trace]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return Outcome(errors=parse_errors(done.stderr) or [
                {"message": f"trnsim ended with {done.returncode}: {done.stderr.strip()}"}])
        if request.mode != "timing":
            for rank, arrays in enumerate(request.arrays):
                folder = directory / "out" / (f"rank{rank}" if len(files) > 1 else "")
                # Inputs that the program writes are among the outputs.
                for name, target in {**arrays.inputs, **arrays.outputs}.items():
                    file = folder / f"{name}.npy"
                    if name in arrays.outputs or file.exists():
                        target[...] = np.load(file).view(target.dtype).reshape(target.shape)
        return Outcome(report=json.loads(report.read_text(encoding="utf-8")), text=done.stdout)


def parse_errors(text: str) -> list[dict[str, Any]]:
    """The tool's messages as the library gives them."""
    errors: list[dict[str, Any]] = []
    for line in text.splitlines():
        if match := _ERROR.match(line):
            found = match.groupdict()
            error: dict[str, Any] = {"message": found["message"], "file": found["file"], "line": int(found["line"] or 0),
                     "kind": "check", "notes": []}
            if fault := _KIND.match(found["message"]):
                error["kind"], error["message"] = fault.groups()
            errors.append(error)
        elif not errors:
            continue
        elif match := _INSTRUCTION.match(line):
            errors[-1]["instruction"] = int(match[1])
        elif match := _OPERAND.match(line):
            errors[-1]["operand"] = match[1]
        elif line.strip().startswith("help:"):
            errors[-1].setdefault("remedy", line.split("help:", 1)[1].strip())
        elif line.strip().startswith("note:"):
            errors[-1]["notes"].append(line.split("note:", 1)[1].strip())
        elif errors[-1]["kind"] != "check" and _FAULT_NOTE.match(line):
            errors[-1]["notes"].append(line.strip())
    return errors
