"""Runs the table's kernels, each in a process of its own with a time limit, some at a time."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .checkouts import CheckoutError, Checkouts
from .kernels import Array, Family, Kernel

#: Where this package is, for the workers.
_SOURCES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Settings:
    """How kernels are run."""

    #: Kernels at a time.
    workers: int = 2
    #: Seconds that a kernel may take.
    timeout: float = 900.0
    #: "program" or "compiler"; None is each generation's own.
    schedule: str | None = None
    #: Hardware values such as "dma.bytes_per_cycle=64", for all kernels.
    overrides: tuple[str, ...] = ()
    #: Whether the stream's instructions are told (`listing.py`).
    listing: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a kernel took here, or why it did not run."""

    microseconds: float | None = None
    counters: dict[str, float] = field(default_factory=dict)
    #: Microseconds by engine.
    busy: dict[str, float] = field(default_factory=dict)
    #: The share of the time that each mechanism has work for, by the core's names.
    shares: dict[str, float] = field(default_factory=dict)
    instructions: int = 0
    #: Processor seconds that tracing, compiling and timing took.
    cpu_seconds: float = 0.0
    #: What bounds it, a sentence for each launch.
    verdicts: tuple[str, ...] = ()
    #: The stream's instructions in order, and how many of which, of the last launch (`listing.py`); where they are asked for.
    listing: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    #: Whether its source could not be had.
    absent: bool = False


def job(family: Family, kernel: Kernel, folder: str, settings: Settings) -> dict[str, Any]:
    """What a worker is told."""
    repository = kernel.repository or family.repository
    launches = [{
        "file": launch.file, "function": launch.function, "keywords": launch.keywords, "replace": launch.replace,
        "steps": launch.steps,
        "arguments": [dataclasses.asdict(one) if isinstance(one, Array) else one for one in launch.arguments],
    } for launch in kernel.launches]
    return {"folder": folder, "imports": repository.imports, "absent": repository.absent, "generation": family.generation,
            "hardware": family.hardware, "descriptors": family.descriptors, "schedule": settings.schedule,
            "overrides": settings.overrides, "listing": settings.listing, "launches": launches}


def _outcome(described: dict[str, Any], settings: Settings, scratch: str, started: Callable[[Any], None]) -> Outcome:
    """Runs one job in a process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_SOURCES, os.environ.get("PYTHONPATH"))))}
    with tempfile.TemporaryDirectory(dir=scratch) as own, tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-m", "trnsim.validation.worker"], cwd=own, env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, start_new_session=True)
        started(process)
        try:
            answer, _ = process.communicate(json.dumps(described).encode(), timeout=settings.timeout)
        except subprocess.TimeoutExpired:
            stop(process)
            return Outcome(error=f"it took more than {settings.timeout:.0f} s")
        try:
            result = json.loads(answer)
        except ValueError:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            return Outcome(error=f"its process ended with {process.returncode}{f': {lines[-1]}' if lines else ''}")
    if "error" in result:
        return Outcome(error=result["error"])
    return Outcome(result["microseconds"], result["counters"], result["busy"], result["shares"], result["instructions"],
                   result["cpu_seconds"], tuple(result["verdicts"]), result.get("listing", {}))


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a worker and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(chosen: Iterable[tuple[Family, Kernel]], directory: str, settings: Settings,
        done: Callable[[Family, Kernel, Outcome], None] = lambda *_: None) -> dict[tuple[str, str], Outcome]:
    """Runs kernels from the checkouts in a directory; by family and kernel.

    `done` is called from one thread at a time, in the order in which kernels end.
    """
    lock = threading.Lock()
    running: set[subprocess.Popen[bytes]] = set()
    results: dict[tuple[str, str], Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="trnsim-validation-") as scratch:
        checkouts = Checkouts(directory, scratch)

        def one(family: Family, kernel: Kernel) -> None:
            with lock:
                try:
                    folder = checkouts.folder(kernel.repository or family.repository)
                    found = None
                except CheckoutError as error:
                    folder, found = "", Outcome(error=str(error), absent=True)
            if found is None:
                found = _outcome(job(family, kernel, folder, settings), settings, scratch, running.add)
            with lock:
                results[family.name, kernel.name] = found
                done(family, kernel, found)

        with ThreadPoolExecutor(settings.workers) as pool:
            futures = [pool.submit(one, family, kernel) for family, kernel in chosen]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                for process in list(running):
                    if process.poll() is None:
                        stop(process)
                raise
    return results


__all__ = ["Outcome", "Settings", "job", "run", "stop"]
