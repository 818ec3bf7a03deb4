"""Suites that are pytest's: collected, sampled, and run in their own directory."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(os.path.dirname(HERE), "src")

SETTINGS: dict[str, dict[str, Any]] = {
    "nki-library": {"folder": "test/integration", "paths": ["src", "."],
                    "options": ["--test-mode", "simulation", "--platform-target", "trn2", "-p", "nkilib_plugin"],
                    "environment": {"NKILIB_SIMULATION_RUN_ALL": "1"}, "prefix": "test/"},
    "nki-samples": {"folder": "test/unit", "paths": ["."], "options": ["--simulation-only"], "environment": {},
                    "prefix": ""},
}


def run_pytest_suite(options: Any) -> int:
    """Runs a sample (or all) of a suite and prints a table."""
    suite = SETTINGS[options.suite]
    root = os.path.abspath(options.checkout)
    names = [name for name in collected(suite, root) if options.filter in name]
    chosen = sample(names, options.sample, options.seed)
    print(f"{options.suite}: {len(names)} cases, {len(chosen)} of them run", flush=True)
    results = attempt(suite, root, chosen, options.timeout)
    for result in results:
        print(f"{result['status']:8} {result['seconds']:6.1f} s  {result['name']}  {result['reason'][:240]}")
    counts = Counter(result["status"] for result in results)
    print(f"\n{options.suite}: {counts['passed']} of {len(results)} pass"
          + "".join(f", {n} {status}" for status, n in counts.items() if status != "passed"))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 0 if counts["failed"] == 0 else 1


def command(suite: dict[str, Any], *arguments: str) -> list[str]:
    return [sys.executable, "-m", "trnsim", "-m", "pytest", *suite["options"], "-p", "no:cacheprovider", *arguments]


def environment(suite: dict[str, Any], root: str) -> dict[str, str]:
    paths = [PACKAGE, HERE, *(os.path.join(root, path) for path in suite["paths"])]
    return {**os.environ, **suite["environment"], "PYTHONPATH": os.pathsep.join(paths)}


def collected(suite: dict[str, Any], root: str) -> list[str]:
    """The names of all cases."""
    done = subprocess.run(command(suite, suite["folder"], "--collect-only", "-q"), cwd=root,
                          env=environment(suite, root), capture_output=True, text=True, check=False)
    names = [line for line in done.stdout.splitlines() if "::" in line and " " not in line.split("::")[0]]
    if not names:
        sys.exit(f"error: nothing was collected\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [name if name.startswith(suite["prefix"]) else suite["prefix"] + name for name in names]


def function_of(name: str) -> str:
    return name.partition("[")[0]


def sample(names: list[str], count: int | None, seed: int) -> list[str]:
    """At least one case of each function, then random others; all without a count."""
    if count is None or count >= len(names):
        return names
    chooser = random.Random(seed)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[function_of(name)].append(name)
    chosen = [chooser.choice(group) for group in groups.values()]
    left = [name for name in names if name not in set(chosen)]
    chosen += chooser.sample(left, min(max(0, count - len(chosen)), len(left)))
    wanted = set(chosen)
    return [name for name in names if name in wanted]


def attempt(suite: dict[str, Any], root: str, names: list[str], timeout: float) -> list[dict[str, Any]]:
    """Runs cases in processes of up to twenty; a process that exceeds its time is taken apart."""
    results = []
    for start in range(0, len(names), 20):
        batch = names[start:start + 20]
        found = _batch(suite, root, batch, timeout * 4)
        for name in batch:
            if name not in found:
                found.update(_batch(suite, root, [name], timeout))
            results.append(found.get(name) or {"name": name, "status": "timeout", "seconds": timeout,
                                               "reason": f"more than {timeout:.0f} s"})
    return results


def _batch(suite: dict[str, Any], root: str, names: list[str], timeout: float) -> dict[str, dict[str, Any]]:
    """Results by name; those that had no time are missing."""
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "log")
        arguments = command(suite, *names, "-q", "--tb=short", "-p", "suite_log")
        try:
            subprocess.run(arguments, cwd=root, env={**environment(suite, root), "SUITE_LOG": log}, check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout)
        except subprocess.TimeoutExpired:
            pass
        results = {}
        if os.path.exists(log):
            with open(log, encoding="utf-8") as file:
                for line in file:
                    result = json.loads(line)
                    name = result["name"]
                    if not name.startswith(suite["prefix"]):
                        result["name"] = name = suite["prefix"] + name
                    results[name] = result
        return results


__all__ = ["run_pytest_suite"]
