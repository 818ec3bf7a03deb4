"""A sweep's shards as pieces of work: what a worker needs, and who runs them.

A worker may be on another host: it gets the spec and the files that it names, puts them into a directory of its own at
the same places relative to each other, and runs the simulator's own `trnsim sweep --shard i/n` there.
"""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.tool import find_tool


class SweepError(Exception):
    """A sweep that cannot go on, with what to do about it."""


class ShardDied(Exception):
    """A shard whose process ended by a signal, or its worker with it: how."""


@dataclass(frozen=True)
class Work:
    """The files of a sweep by their paths below a common folder."""

    #: The spec, and the directory in which it was given: hardware files are looked up from there.
    spec: str
    directory: str
    files: dict[str, bytes] = field(default_factory=dict)
    #: Whose order instructions have, where the spec does not say so.
    schedule: str | None = None

    @staticmethod
    def pack(spec: str, programs: Iterable[str] = (), hardware_files: Iterable[str] = (), schedule: str | None = None) -> Work:
        """Reads the spec and what it names: programs and inputs from its own folder on, hardware files from the current one.

        Of Python scripts also the modules beside them that they import.
        """
        here, folder = os.getcwd(), os.path.dirname(os.path.abspath(spec))
        programs = list(programs)
        named = [os.path.join(folder, path) for path in programs] + [os.path.join(here, path) for path in hardware_files]
        named += [module for path in named if path.endswith(".py") for module in modules_beside(path)]
        for path in [*programs, *hardware_files]:
            if os.path.isabs(path):
                raise SweepError(f"'{path}' cannot be sent to workers\n  help: name it relative to the spec")
        paths = [os.path.abspath(spec), *map(os.path.abspath, named)]
        root = os.path.commonpath([here, *map(os.path.dirname, paths)])
        return Work(os.path.relpath(paths[0], root), os.path.relpath(here, root),
                    {os.path.relpath(path, root): Path(path).read_bytes() for path in paths}, schedule)

    def unpack(self, root: Path) -> tuple[Path, str]:
        """Writes the files below a directory; where to run, and the spec's path from there."""
        for path, content in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        directory = root / self.directory
        directory.mkdir(parents=True, exist_ok=True)
        return directory, os.path.relpath(root / self.spec, directory)


def modules_beside(script: str) -> list[str]:
    """The files of the modules in a script's folder that it imports, and that these import."""
    folder = os.path.dirname(os.path.abspath(script))
    found: dict[str, None] = {}
    waiting = [os.path.abspath(script)]
    while waiting:
        try:
            tree = ast.parse(Path(waiting.pop()).read_bytes())
        except (OSError, SyntaxError):
            # Whoever runs it says what is wrong.
            continue
        for name in _imported(tree):
            file = os.path.join(folder, f"{name}.py")
            package = os.path.join(folder, name)
            files = [file] if os.path.isfile(file) else []
            if os.path.isfile(os.path.join(package, "__init__.py")):
                files += [str(path) for path in sorted(Path(package).rglob("*.py"))]
            waiting += [path for path in files if path not in found]
            found.update(dict.fromkeys(files))
    return list(found)


def _imported(tree: ast.AST) -> set[str]:
    """First words of what a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def _environment() -> dict[str, str]:
    """What a worker's program needs to record scripts: this interpreter, which has the package."""
    source = str(Path(__file__).resolve().parents[2])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"TRNSIM_PYTHON": sys.executable, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@dataclass(frozen=True)
class Round:
    """One round of a sweep, cut into shards; only halving has more than one."""

    work: Work
    number: int
    count: int
    #: The store with the rounds before it; `None` for the first.
    previous: bytes | None = None


#: Gives the bytes of each shard's store as it is finished, or how it died; other shards go on.
Executor = Callable[[Round, list[int]], Iterator[tuple[int, bytes | ShardDied]]]

#: How often a shard runs whose process ends by a signal.
TRIES = 2
#: How often a shard runs whose worker is lost: hosts come and go, but one that loses each of them must not run for ever.
WORKERS = 10


def schedule_option(schedule: str | None) -> list[str]:
    """The option of `trnsim sweep` that says whose order instructions have."""
    return [] if schedule is None else ["--schedule", schedule]


def run_shard(turn: Round, shard: int, tool: str | None = None, jobs: int = 1) -> bytes:
    """Simulates one shard on this host; the bytes of its store."""
    found = tool or find_tool()
    if found is None:
        raise SweepError("the program trnsim is missing on a worker\n  help: install it there, or set TRNSIM to its path")
    with tempfile.TemporaryDirectory(prefix="trnsim-shard-") as temporary:
        root = Path(temporary)
        directory, spec = turn.work.unpack(root / "files")
        store = root / "shard.sqlite"
        command = [found, "sweep", spec, "--store", str(store), "--shard", f"{shard}/{turn.count}",
                   "--round", str(turn.number), "--jobs", str(jobs)]
        command += schedule_option(turn.work.schedule)
        if turn.previous is not None:
            (root / "previous.sqlite").write_bytes(turn.previous)
            command += ["--previous", str(root / "previous.sqlite")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory,
                              env=_environment())
        if done.returncode < 0:
            raise ShardDied(f"shard {shard}/{turn.count} was ended by {signal.Signals(-done.returncode).name}"
                            f"{': ' if done.stderr.strip() else ''}{done.stderr.strip()}")
        if done.returncode != 0:
            raise SweepError(f"shard {shard}/{turn.count} ended with {done.returncode}: {done.stderr.strip()}")
        return store.read_bytes()


def local(tool: str | None) -> Executor:
    """Runs shards one after another on all cores of this host."""

    def execute(turn: Round, shards: list[int]) -> Iterator[tuple[int, bytes | ShardDied]]:
        for shard in shards:
            for attempt in range(1, TRIES + 1):
                try:
                    yield shard, run_shard(turn, shard, tool, os.cpu_count() or 1)
                    break
                except ShardDied as death:
                    if attempt == TRIES:
                        yield shard, death

    return execute


def on_ray(address: str | None, tool: str | None) -> Executor:
    """Runs shards on a Ray cluster: the one at `address`, or a local one."""
    try:
        import ray  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise SweepError("Ray is not installed\n  help: pip install ray, or use --executor local") from None
    if not ray.is_initialized():
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="ERROR")

    def execute(turn: Round, shards: list[int]) -> Iterator[tuple[int, bytes | ShardDied]]:
        # A shard whose worker dies runs again, on another. The files are sent to each host once.
        task = ray.remote(num_cpus=1, max_retries=WORKERS - 1)(run_shard)
        tries = dict.fromkeys(shards, 1)
        shared = ray.put(turn)
        # Workers of other hosts have the program in their own PATH or TRNSIM, unless the user says where.
        waiting: dict[Any, int] = {task.remote(shared, shard, tool): shard for shard in shards}
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1)
            for reference in ready:
                shard = waiting.pop(reference)
                try:
                    yield shard, ray.get(reference)
                except ShardDied as death:
                    if tries[shard] < TRIES:
                        tries[shard] += 1
                        waiting[task.remote(shared, shard, tool)] = shard
                    else:
                        # Ray's own text is a traceback.
                        yield shard, getattr(death, "cause", death)
                except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
                    yield shard, ShardDied(f"shard {shard}/{turn.count} lost {WORKERS} workers: {error}")

    return execute
