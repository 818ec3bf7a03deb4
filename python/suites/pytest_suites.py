"""Suites that are pytest's: one process collects, and runs a choice of the cases (`suite_pool`)."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

from suite_pool import Settings, function_of

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(os.path.dirname(HERE), "src")

SUITES: dict[str, dict[str, Any]] = {
    "nki-library": {"folder": "test/integration", "paths": ["src", "."],
                    "options": ["--test-mode", "simulation", "-p", "nkilib_plugin"], "target": "--platform-target",
                    "environment": {"NKILIB_SIMULATION_RUN_ALL": "1", "TRNSIM_MX_SCALE": "ocp"}, "output": "--output-directory"},
    "nki-samples-tests": {"folder": "test/unit", "paths": ["src", "."], "options": ["--simulation-only"], "target": None,
                          "environment": {}, "output": None},
}


def run_pytest_suite(options: Any) -> int:
    """Runs a sample (or all) of a suite; prints a row for each case and a table of what failed."""
    suite = SUITES[options.suite]
    root = os.path.abspath(options.checkout)
    with tempfile.TemporaryDirectory() as directory:
        results = os.path.abspath(options.results or os.path.join(directory, "results.jsonl"))
        earlier = read_results(results)
        settings = Settings(results, filter=options.filter, one_each=options.one_each, sample=options.sample,
                            seed=options.seed, workers=options.workers, timeout=options.timeout,
                            memory=options.memory, scratch=directory if suite["output"] else "")
        if options.again:
            settings.only = [name for name, result in earlier.items() if result["status"] in options.again]
            if not settings.only:
                sys.exit(f"error: {results} has no case that is {' or '.join(options.again)}")
            # Collecting all of a suite takes minutes.
            files = sorted({name.partition("::")[0] for name in settings.only})
            options.files = options.files or [file if os.path.exists(os.path.join(root, file))
                                              else os.path.join(os.path.dirname(suite["folder"]), file) for file in files]
        else:
            settings.skip = list(earlier)
        arguments = [sys.executable, "-m", "trnsim", "-m", "pytest", *suite["options"],
                     *(f for f in options.files or [suite["folder"]]), "-q", "--tb=short", "-p", "no:cacheprovider",
                     "-p", "suite_pool", "-p", "no:capture" if options.verbose else "no:doctest"]
        if suite["output"]:
            arguments += [suite["output"], directory]
        if suite["target"]:
            arguments += [suite["target"], options.target]
        paths = [PACKAGE, HERE, *(os.path.join(root, path) for path in suite["paths"])]
        environment = {"OMP_NUM_THREADS": "1", **os.environ, **suite["environment"],
                       "NEURON_PLATFORM_TARGET_OVERRIDE": options.target,
                       "PYTHONPATH": os.pathsep.join(paths), "SUITE_POOL": json.dumps(dataclasses.asdict(settings))}
        done = subprocess.run(arguments, cwd=root, env=environment, check=False)
        found = read_results(results)
        if not found:
            return done.returncode or 1
        summary(options.suite, found)
        return 0 if all(result["status"] in ("passed", "skipped") for result in found.values()) else 1


def read_results(path: str) -> dict[str, dict[str, Any]]:
    """Results by name; of a case that ran several times, the last. A line that was cut is none."""
    found: dict[str, dict[str, Any]] = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    result = json.loads(line)
                except ValueError:
                    continue
                found.pop(result["name"], None)
                found[result["name"]] = result
    return found


def summary(title: str, results: dict[str, dict[str, Any]]) -> None:
    """How many pass of each test file, and in all."""
    files: dict[str, Counter[str]] = {}
    for name, result in results.items():
        files.setdefault(os.path.basename(name.partition("::")[0]), Counter())[result["status"]] += 1
    functions = {function_of(name) for name in results}
    print(f"\n{'file':44} {'passed':>6} {'of':>6}")
    for file, counts in sorted(files.items()):
        others = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()) if status != "passed")
        print(f"{file:44} {counts['passed']:6} {sum(counts.values()):6}  {others}")
    total = Counter(result["status"] for result in results.values())
    print(f"{title}: {total['passed']} of {len(results)} cases of {len(functions)} test functions pass"
          + "".join(f", {n} {status}" for status, n in sorted(total.items()) if status != "passed"))


__all__ = ["read_results", "run_pytest_suite", "summary"]
