"""Runs the steps of a composite GitHub action as far as ours need it: `run` in bash, inputs, environment files."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Outcome:
    """What an action left: the first failing step's code, what was printed, its outputs, and actions that it would have called."""

    code: int = 0
    output: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    called: list[dict[str, Any]] = field(default_factory=list)


class Job:
    """A job on a runner: a workspace, and what steps leave for those behind them."""

    def __init__(self, workspace: Path, temporary: Path, **environment: str) -> None:
        self.workspace = workspace
        self.temporary = temporary
        self.files = {name: temporary / name.lower() for name in ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in self.files.values():
            file.write_text("")
        self.environment = {**os.environ, **{name: str(file) for name, file in self.files.items()}, "RUNNER_TEMP": str(temporary),
                            "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_WORKSPACE": str(workspace), **environment}

    @property
    def summary(self) -> str:
        return self.files["GITHUB_STEP_SUMMARY"].read_text()

    def shell(self, script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """A step of bash, as the runner starts it, with what earlier steps put into PATH."""
        added = self.files["GITHUB_PATH"].read_text().split("\n")[:-1]
        path = os.pathsep.join([*reversed(added), self.environment["PATH"]])
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=folder, text=True,
                              env={**self.environment, "PATH": path, **environment}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)

    def use(self, action: Path, **given: str) -> Outcome:
        """An action's steps; what it calls of others is kept, not run."""
        description = yaml.safe_load(action.read_text())
        assert set(given) <= set(description["inputs"]), given
        inputs = {name: given.get(name, value["default"]) for name, value in description["inputs"].items()}
        steps: dict[str, dict[str, str]] = {}
        outcome = Outcome()
        for step in description["runs"]["steps"]:
            # All conditions that ours have are of a step that is for failures.
            if (outcome.code != 0) != ("failure()" in step.get("if", "")):
                continue
            if "uses" in step:
                outcome.called.append({name: self.filled(str(value), inputs, steps) for name, value in step["with"].items()})
                continue
            self.files["GITHUB_OUTPUT"].write_text("")
            environment = {name: self.filled(value, inputs, steps) for name, value in step.get("env", {}).items()}
            folder = self.workspace / self.filled(step.get("working-directory", "."), inputs, steps)
            done = self.shell(step["run"], folder, GITHUB_ACTION_PATH=str(action.parent), **environment)
            outcome.output += done.stdout
            outcome.code = done.returncode
            written = self.files["GITHUB_OUTPUT"].read_text().split("\n")[:-1]
            steps[step["id"]] = dict(line.split("=", 1) for line in written)
        outcome.outputs = {name: self.filled(value["value"], inputs, steps) for name, value in description["outputs"].items()}
        return outcome

    @staticmethod
    def filled(text: str, inputs: dict[str, str], steps: dict[str, dict[str, str]]) -> str:
        """A text with the values of its expressions."""
        def value(found: re.Match[str]) -> str:
            words = found[1].split(".")
            if words[0] == "inputs":
                return inputs[words[1]]
            assert words[0] == "steps" and words[2] == "outputs", found[0]
            return steps.get(words[1], {}).get(words[3], "")

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)
