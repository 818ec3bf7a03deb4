"""`python -m trnsim.sweeps SPEC`: the sweep of `trnsim sweep`, spread over a Ray cluster.

The space is cut into shards; each is a task that runs the simulator's own `trnsim sweep --shard i/n` where the task
happens to be, and sends its store back. The driver merges each into the one store: an SQLite file, or PostgreSQL by URL.
A task whose worker dies runs again, and merging is idempotent: nothing is lost or counted twice. A shard that ends its
process twice is reported when all others are done, and the same command tries it again. Shards that the store
already has are not sent. A halving search goes round by round: each round's shards start from the store of all before.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .cluster.shards import Executor, Round, ShardDied, SweepError, Work, local, on_ray
from .cluster.stores import open_store
from .core.tool import find_tool
from .entry import run


def sweep(spec: str, store: str, executor: str = "local", shards: int = 64, tool: str | None = None,
          progress: Callable[[int, int], None] = lambda done, count: None, schedule: str | None = None) -> int:
    """Runs a spec's shards and merges them into a store; the number of shards that were run.

    `executor` is local, ray (a cluster that is already joined, or a new local one), or a Ray address; `store` a file or
    a PostgreSQL URL; `shards` are those of each round; `tool` is the program trnsim on the workers; `schedule` (program,
    the author's, or compiler) is whose order instructions have where the spec does not say so.
    """
    # The driver has its own program; workers may have it elsewhere.
    here = find_tool() or tool
    if here is None:
        raise SweepError("the program trnsim is missing\n  help: build it, or set TRNSIM to its path")
    target = open_store(store, here)
    plan = target.open(spec, schedule)
    work = Work.pack(spec, plan["programs"], plan["hardware_files"], schedule)
    sizes = [min(shards, variants) for variants in plan["rounds"]]
    execute = choose(executor, tool, here)
    ran = finished = 0
    for number, count in enumerate(sizes):
        done = target.done(number, count)
        missing = [shard for shard in range(1, count + 1) if shard not in done]
        finished += len(done)
        if not missing:
            continue
        turn = Round(work, number, count, target.before(number) if number else None)
        deaths: list[str] = []
        for shard, content in execute(turn, missing):
            if isinstance(content, ShardDied):
                deaths.append(str(content))
                continue
            target.add(number, shard, count, content)
            ran += 1
            finished += 1
            progress(finished, sum(sizes))
        if deaths:
            raise SweepError("\n".join([*deaths, "  help: the other shards are merged; the same command runs what is missing"]))
    return ran


def died(store: str) -> list[tuple[str, str]]:
    """Variants of a store whose process ended while it simulated them, and how."""
    return open_store(store, find_tool() or "").died()


def choose(executor: str, tool: str | None, here: str) -> Executor:
    """An executor by its name; the driver's own program is not sent to other hosts."""
    if executor == "local":
        return local(here)
    return on_ray(None if executor == "ray" else executor, tool)


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trnsim.sweeps", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", help="what to simulate, a YAML file; see docs/sweeps.md")
    parser.add_argument("--store", help="an SQLite file or a postgresql:// URL; SPEC with the ending .sqlite by default")
    parser.add_argument("--executor", default="local", help="local, ray, or the address of a Ray cluster")
    parser.add_argument("--shards", type=int, default=64, help="pieces of work of each round; several per worker")
    parser.add_argument("--tool", help="the program trnsim on the workers, if it is in no usual place")
    parser.add_argument("--schedule", choices=["program", "compiler"],
                        help="whose order instructions have, where the spec does not say so: the author's or the compiler's")
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
        ran = sweep(options.spec, store, options.executor, options.shards, options.tool, progress, options.schedule)
    except (SweepError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for variant, reason in died(store):
        print(f"warning: {variant}: died: {reason}", file=sys.stderr)
    print(f"{ran} shards run; the results are in {shown(store)}")
    return 0


def shown(store: str) -> str:
    """A store's name without the password that a URL may have."""
    head, at, tail = store.rpartition("@")
    return f"{head.partition('://')[0]}://{tail}" if at and "://" in head else store


if __name__ == "__main__":
    run(main)
