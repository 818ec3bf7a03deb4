"""A pytest plugin that runs a choice of the collected cases, each in a process forked from the one that collected.

Collecting nki-library takes minutes; here it is done once. Every case has a limit of time and of memory, and its result
is a line of JSON as soon as it is there, so that whatever stops the run loses nothing. Settings come as JSON in
the environment (`SUITE_POOL`), see `Settings`.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest


@dataclass
class Settings:
    """What to run and how."""

    #: Results, a line each; lines of earlier runs stay.
    results: str
    #: Only cases with this text in their names.
    filter: str = ""
    #: The case with the smallest numbers in its name of each test function.
    one_each: bool = False
    #: This many cases, at least one of each test function.
    sample: int | None = None
    seed: int = 0
    #: Names of cases to run; all if empty.
    only: list[str] = field(default_factory=list)
    #: Names of cases that have results already.
    skip: list[str] = field(default_factory=list)
    workers: int = 1
    timeout: float = 120.0
    #: GiB of a case's process.
    memory: float = 8.0
    #: Where the suite leaves what its cases made, hundreds of MB each; removed as they end. Empty for nowhere.
    scratch: str = ""


def function_of(name: str) -> str:
    """A case's test function."""
    return name.partition("[")[0]


def size_of(name: str) -> tuple[float, int, str]:
    """How large a case is, judged by the numbers in its name: their product, roughly."""
    numbers = [int(text) for text in re.findall(r"\d+", name.partition("[")[2])]
    size = 1.0
    for number in numbers:
        size *= max(1, number)
    return size, len(name), name


def choose(names: list[str], settings: Settings) -> list[str]:
    """The cases to run, in the order of the suite; a sample in any order."""
    names = [name for name in names if settings.filter in name]
    if settings.only:
        wanted = set(settings.only)
        names = [name for name in names if name in wanted]
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[function_of(name)].append(name)
    if settings.one_each:
        chosen = {min(group, key=size_of) for group in groups.values()}
        names = [name for name in names if name in chosen]
    elif settings.sample is not None and settings.sample < len(names):
        # By a hash of the name, so that a suite with a few other cases has nearly the same sample.
        def turn(name: str) -> bytes:
            return hashlib.sha256(f"{settings.seed} {name}".encode()).digest()

        picked = {min(group, key=turn) for group in groups.values()}
        rest = sorted(set(names) - picked, key=turn)
        # In any order: a run that is cut has run a sample too.
        names = sorted([*picked, *rest[:max(0, settings.sample - len(picked))]], key=turn)
    done = set(settings.skip)
    return [name for name in names if name not in done]


def pytest_collection(session: Any) -> None:
    """Suites draw some of their cases when their modules are imported: the same ones each time."""
    random.seed(session.config.suite_settings.seed)
    np.random.seed(session.config.suite_settings.seed)


def pytest_configure(config: Any) -> None:
    config.suite_settings = Settings(**json.loads(os.environ["SUITE_POOL"]))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    settings = config.suite_settings
    by_name = {item.nodeid: item for item in items}
    chosen = choose(list(by_name), settings)
    functions = len({function_of(name) for name in by_name})
    print(f"{len(by_name)} cases of {functions} test functions, {len(chosen)} of them run", flush=True)
    items[:] = [by_name[name] for name in chosen]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: Any) -> bool:
    """Instead of pytest's own loop."""
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        raise session.Interrupted(f"{session.testsfailed} errors while collecting")
    Pool(session.config.suite_settings, session.config).run(list(session.items))
    return True


@dataclass
class Child:
    """A case that is running."""

    item: Any
    pid: int
    begin: float
    file: str
    peak: float = 0.0


class Pool:
    """Runs cases in forked processes, some at a time."""

    def __init__(self, settings: Settings, config: Any) -> None:
        self.settings = settings
        self.capture = config.pluginmanager.getplugin("capturemanager")
        self.counts: Counter[str] = Counter()
        self.running: list[Child] = []

    def run(self, items: list[Any]) -> None:
        gc.collect()
        gc.freeze()
        with tempfile.TemporaryDirectory() as directory, open(self.settings.results, "a", encoding="utf-8") as out:
            self.directory, self.out = directory, out
            try:
                for number, item in enumerate(items):
                    while len(self.running) >= self.settings.workers:
                        self._wait(len(items))
                    self.running.append(self._start(item, number))
                while self.running:
                    self._wait(len(items))
            finally:
                for child in self.running:
                    _kill(child.pid)

    def _start(self, item: Any, number: int) -> Child:
        file = os.path.join(self.directory, str(number))
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setsid()
                _end_with_parent()
                _run(item, file)
                status = 0
            finally:
                os._exit(status)
        return Child(item, pid, time.monotonic(), file)

    def _wait(self, total: int) -> None:
        """Until a case ends, or has to."""
        while True:
            for child in self.running:
                seconds = time.monotonic() - child.begin
                child.peak = max(child.peak, _resident(child.pid))
                done, status = os.waitpid(child.pid, os.WNOHANG)
                result: dict[str, Any] | None = None
                if done:
                    result = _read(child.file) or {"status": "failed", "reason": _ending(status)}
                elif seconds > self.settings.timeout:
                    result = {"status": "timeout", "reason": f"more than {self.settings.timeout:.0f} s"}
                elif child.peak > self.settings.memory:
                    result = {"status": "memory", "reason": f"more than {self.settings.memory:.0f} GiB"}
                if result is None:
                    continue
                if not done:
                    _kill(child.pid)
                self.running.remove(child)
                self._clean()
                result = {"name": child.item.nodeid, **result, "seconds": round(seconds, 2),
                          "gib": round(child.peak, 2)}
                self.out.write(json.dumps(result) + "\n")
                self.out.flush()
                self.counts[result["status"]] += 1
                print(f"{sum(self.counts.values())}/{total} {result['status']:8} {seconds:6.1f} s  {result['name']}  "
                      f"{result['reason'][:240]}", flush=True)
                return
            time.sleep(0.02)


    def _clean(self) -> None:
        """Removes what cases left that are no longer running."""
        if not self.settings.scratch:
            return
        ages = [time.monotonic() - child.begin for child in self.running]
        oldest = time.time() - max(ages, default=0.0)
        for entry in os.scandir(self.settings.scratch):
            if entry.is_dir() and entry.stat().st_mtime < oldest:
                shutil.rmtree(entry.path, ignore_errors=True)


def _end_with_parent() -> None:
    """Lets the kernel end this process when the one that collected ends, however that is (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"the process died of {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the process ended with {os.WEXITSTATUS(status)} and no result"


def _resident(pid: int) -> float:
    """GiB of a process."""
    try:
        with open(f"/proc/{pid}/statm", encoding="utf-8") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2 ** 30
    except (OSError, IndexError):
        return 0.0


def _read(file: str) -> dict[str, Any] | None:
    try:
        with open(file, encoding="utf-8") as text:
            return dict(json.load(text))
    except (OSError, ValueError):
        return None


def _run(item: Any, file: str) -> None:
    """The case, in its own process."""
    from _pytest.runner import runtestprotocol

    result: dict[str, Any] = {"status": "passed", "reason": ""}
    for report in runtestprotocol(item, log=False, nextitem=None):
        if report.failed and result["status"] != "failed":
            result["status"] = "failed"
            crash = getattr(report.longrepr, "reprcrash", None)
            result["reason"] = " ".join((crash.message if crash else str(report.longrepr)).split())[:1500]
            result["trace"] = str(report.longrepr)[-6000:]
            result["when"] = report.when
        elif report.skipped and result["status"] == "passed":
            result["status"] = "skipped"
            where = report.longrepr
            result["reason"] = str(where[2] if isinstance(where, tuple) else where)[:300]
    import trnsim

    report = trnsim.last_report()
    if report is not None:
        result["instructions"] = report.instructions
        result["tracing_seconds"] = round(report.tracing_seconds, 3)
        # The rest of a case's time is the suite's: inputs, its reference, the comparison.
        result["core_seconds"] = report.json.get("host", {}).get("wall_seconds")
        result["microseconds"] = report.microseconds if report.json else None
    with open(f"{file}.part", "w", encoding="utf-8") as out:
        json.dump(result, out)
    os.replace(f"{file}.part", file)
