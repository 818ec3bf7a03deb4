"""`python -m trnsim.sweeps SPEC`: the sweep of `trnsim sweep`, spread over a Ray cluster.

The space is cut into shards; each is a task that runs the simulator's own `trnsim sweep --shard i/n` where the task
happens to be, and sends its store back. The driver merges each into the one store. A task whose worker dies runs
again, and merging is idempotent: nothing is lost or counted twice. Shards that the store already has are not sent.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .core.cli import find_tool


class SweepError(Exception):
    """A sweep that cannot go on, with what to do about it."""


def run_shard(spec: str, shard: int, count: int, tool: str | None = None, jobs: int = 1) -> bytes:
    """Simulates one shard of a spec's text on this host; the bytes of its store."""
    found = tool or find_tool()
    if found is None:
        raise SweepError("the program trnsim is missing on a worker\n  help: install it there, or set TRNSIM to its path")
    with tempfile.TemporaryDirectory(prefix="trnsim-shard-") as directory:
        path = Path(directory)
        # The name is part of nothing that is stored.
        (path / "spec.yaml").write_text(spec, encoding="utf-8")
        command = [found, "sweep", str(path / "spec.yaml"), "--store", str(path / "shard.sqlite"),
                   "--shard", f"{shard}/{count}", "--jobs", str(jobs)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SweepError(f"shard {shard}/{count} ended with {done.returncode}: {done.stderr.strip()}")
        return (path / "shard.sqlite").read_bytes()


def local(spec: str, shards: list[int], count: int, tool: str | None) -> Iterator[tuple[int, bytes]]:
    """Runs shards one after another on all cores of this host."""
    for shard in shards:
        yield shard, run_shard(spec, shard, count, tool, os.cpu_count() or 1)


def on_ray(address: str | None, tool: str | None) -> Callable[[str, list[int], int, str | None],
                                                              Iterator[tuple[int, bytes]]]:
    """An executor on a Ray cluster: the one at `address`, or a local one."""
    try:
        import ray  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise SweepError("Ray is not installed\n  help: pip install ray, or use --executor local") from None
    if not ray.is_initialized():
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="ERROR")

    def execute(spec: str, shards: list[int], count: int, tool_here: str | None) -> Iterator[tuple[int, bytes]]:
        # Workers of other hosts have the program in their own PATH or TRNSIM.
        task = ray.remote(num_cpus=1, max_retries=-1)(run_shard)
        waiting: dict[Any, int] = {task.remote(spec, shard, count, tool): shard for shard in shards}
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1)
            for reference in ready:
                yield waiting.pop(reference), ray.get(reference)

    return execute


def sweep(spec_path: str, store: str, executor: str = "local", shards: int = 64, tool: str | None = None,
          progress: Callable[[int, int], None] = lambda done, count: None) -> int:
    """Runs a spec's shards and merges them into a store; the number of shards that were run.

    `executor` is local, ray (a cluster that is already joined, or a new local one), or a Ray address.
    """
    here = tool or find_tool()
    if here is None:
        raise SweepError("the program trnsim is missing\n  help: build it, or set TRNSIM to its path")
    text = Path(spec_path).read_text(encoding="utf-8")
    if "program:" in text:
        raise SweepError("program files are not sent to workers\n  help: use 'trnsim sweep', or kernels by name")
    execute: Callable[[str, list[int], int, str | None], Iterator[tuple[int, bytes]]] = local
    if executor != "local":
        execute = on_ray(None if executor == "ray" else executor, tool)
    journal = Path(store + ".shards")
    done = _done(journal, shards)
    missing = [shard for shard in range(1, shards + 1) if shard not in done]
    with tempfile.TemporaryDirectory(prefix="trnsim-merge-") as directory:
        for shard, content in execute(text, missing, shards, here):
            part = Path(directory) / f"{shard}.sqlite"
            part.write_bytes(content)
            merged = subprocess.run([here, "merge", store, str(part)], capture_output=True, text=True, check=False)
            part.unlink()
            if merged.returncode != 0:
                raise SweepError(f"cannot merge shard {shard}/{shards}: {merged.stderr.strip()}")
            # After the merge: whoever is killed between the two merges this shard again, which changes nothing.
            with open(journal, "a", encoding="utf-8") as file:
                file.write(f"{shard}/{shards}\n")
            done.add(shard)
            progress(len(done), shards)
    return len(missing)


def _done(journal: Path, count: int) -> set[int]:
    """The shards that an earlier run merged; a last line that was cut off does not count."""
    found: set[int] = set()
    if not journal.exists():
        return found
    for line in journal.read_text(encoding="utf-8").splitlines():
        shard, _, of = line.partition("/")
        if of == str(count) and shard.isdigit():
            found.add(int(shard))
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trnsim.sweeps", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", help="what to simulate, a YAML file; see docs/sweeps.md")
    parser.add_argument("--store", help="the SQLite store; SPEC with the ending .sqlite by default")
    parser.add_argument("--executor", default="local", help="local, ray, or the address of a Ray cluster")
    parser.add_argument("--shards", type=int, default=64, help="pieces of work; several per worker")
    parser.add_argument("--tool", help="the program trnsim on the workers, if it is in no usual place")
    options = parser.parse_args(arguments)
    if options.shards < 1:
        parser.error("--shards is 1 or more")
    store = options.store or str(Path(options.spec).with_suffix(".sqlite"))
    begin = time.monotonic()

    def progress(done: int, count: int) -> None:
        if sys.stderr.isatty():
            left = (time.monotonic() - begin) / max(done, 1) * (count - done)
            print(f"\r{done} of {count} shards, {left:.0f} s left  ", end="", file=sys.stderr, flush=True)

    try:
        ran = sweep(options.spec, store, options.executor, options.shards, options.tool, progress)
    except (SweepError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{ran} of {options.shards} shards run; the results are in {store}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
