"""`trnsim accuracy DIR --source --streams`: the instructions that a kernel has from its source beside those that a device ran.

Some captures come with decoded instruction words, NAME.words.csv.zst beside NAME.instr.csv.zst: each instruction's source line and its
place in the source's order. An instruction is found again by its line and how many of that line go before it in the source; lines
whose instructions one of the two lacks are left out of it. Orders are compared engine by engine: which share of pairs the device has
the other way round, and how many neighbours of the source each of the two has turned round.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .kernels import Family, Kernel
from .listing import PREPARED
from .records import RecordError
from .running import Settings
from .running import run as run_kernels
from .table import family

#: Captures with decoded words, and the kernels that they are of.
CAPTURES = {"moe_token_generation_v5": ("megakernel moe_tkg", "v5"), "moe_token_generation_v6b": ("megakernel moe_tkg", "v6b")}
PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "streams.json")
PAGE = os.path.normpath(os.path.join(os.path.dirname(PATH), "..", "..", "..", "..", "docs", "compiler.md"))
BEGIN = "<!-- from here: written by trnsim accuracy --source --streams --record -->"
END = "<!-- to here -->"
ENGINES = {"tensor": "Tensor", "scalar": "Scalar", "vector": "Vector", "gpsimd": "GpSimd", "sync": "Sync"}
#: What an instruction brings along: it has no place of its own.
_COMPANIONS = {"LDWEIGHTS", "EVENT_SEMAPHORE", "TENSOR_LOAD", "REG_MOVE", "REG_ALU", "NOP", "ACT_TABLE_LOAD"}
#: Opcodes that are not counted: waits stand for what they wait for, and what a run ends with is no kernel's.
_UNCOUNTED = {"EVENT_SEMAPHORE", "NOP"}


@dataclass(frozen=True)
class Stream:
    """Instructions by engine."""

    #: In the order of execution: line, and the place in the source's order.
    order: dict[str, list[tuple[int, int]]]
    opcodes: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Order:
    """One engine's instructions on the device and here."""

    engine: str
    #: That both have on this engine.
    instructions: int
    #: The shares of neighbours in the source's order that the device and trnsim run the other way round.
    inverted_device: float
    inverted_here: float
    #: The shares of all pairs that the source's order and trnsim's have the other way round than the device's.
    source: float
    apart: float


@dataclass(frozen=True)
class Compared:
    """A kernel's two streams."""

    kernel: str
    orders: list[Order]
    #: By engine and opcode: executed on the device, and here.
    opcodes: dict[str, dict[str, tuple[int, int]]]


def _table(path: str) -> list[dict[str, str]]:
    text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(text)))


def captures(directories: Iterable[str]) -> dict[str, str]:
    """Paths without their endings of known captures with decoded words, in some directories and below them."""
    found = {}
    for directory in directories:
        if not os.path.isdir(directory):
            raise RecordError(f"there is no directory '{directory}'")
        for folder, _, names in os.walk(directory):
            for name in names:
                stem = name.removesuffix(".words.csv.zst")
                if stem != name and stem in CAPTURES:
                    found[stem] = os.path.join(folder, stem)
    if not found:
        raise RecordError(f"there are no decoded captures ({', '.join(f'{name}.words.csv.zst' for name in CAPTURES)}) in {', '.join(directories)}")
    return dict(sorted(found.items()))


def of_capture(words: Sequence[dict[str, str]], instructions: Sequence[dict[str, str]]) -> Stream:
    """A decoded capture's stream, from the rows of its two tables."""
    known = {(row["engine"], row["idx"]): row for row in instructions if row["region"] == "user"}
    order: dict[str, list[tuple[int, int]]] = {}
    opcodes: dict[str, Counter[str]] = {}
    seen = set()
    for row in words:
        executed = known.get((row["engine"], row["idx"]))
        if executed is None:
            continue
        engine, opcode = row["engine"].lower(), executed["op"]
        opcodes.setdefault(engine, Counter())[opcode] += 1
        if opcode in _COMPANIONS or not row["order"] or not row["line"] or (engine, row["order"]) in seen:
            continue
        seen.add((engine, row["order"]))
        order.setdefault(engine, []).append((int(row["line"]), int(row["order"])))
    for counts in opcodes.values():
        counts[PREPARED] = counts.pop("WRITE", 0) // 2
    return Stream(order, {engine: {opcode: count for opcode, count in counts.items() if count} for engine, counts in opcodes.items()})


def of_listing(listing: dict[str, Any]) -> Stream:
    """What a worker told of a launch (`listing.py`)."""
    order: dict[str, list[tuple[int, int]]] = {}
    for engine, line, number in listing["order"]:
        order.setdefault(engine, []).append((line, number))
    return Stream(order, listing["opcodes"])


def _ranked(stream: Stream) -> dict[str, list[tuple[tuple[int, int], int]]]:
    """Each engine's instructions in order: the line with the number of instructions of that line before it, and the source's place."""
    places: dict[int, list[int]] = {}
    for of_engine in stream.order.values():
        for line, place in of_engine:
            places.setdefault(line, []).append(place)
    ranks = {(line, place): rank for line, found in places.items() for rank, place in enumerate(sorted(found))}
    return {engine: [((line, ranks[line, place]), place) for line, place in of_engine] for engine, of_engine in stream.order.items()}


def _turned(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of pairs that two orders have the other way round; both are places of the same instructions."""
    count = len(one)
    if count < 2:
        return 0.0
    first, second = np.asarray(one), np.asarray(other)
    above = np.triu_indices(count, 1)
    return float(np.mean((first[above[0]] < first[above[1]]) != (second[above[0]] < second[above[1]])))


def _neighbours(source: Sequence[int], executed: Sequence[int]) -> float:
    """The share of neighbours in the source's order that are executed the other way round."""
    in_order = [place for _, place in sorted(zip(source, executed))]
    return sum(one > other for one, other in zip(in_order, in_order[1:])) / max(1, len(in_order) - 1)


def _shared(one: Stream, other: Stream) -> Stream:
    """A stream's instructions of lines that the other has as often: of others it is not known which are missing."""
    counts = [Counter(line for of_engine in stream.order.values() for line, _ in of_engine) for stream in (one, other)]
    return Stream({engine: [(line, place) for line, place in of_engine if counts[0][line] == counts[1][line]]
                   for engine, of_engine in one.order.items()}, one.opcodes)


def compare(kernel: str, device: Stream, here: Stream) -> Compared:
    """Two streams of one kernel."""
    of_device, of_here = _ranked(_shared(device, here)), _ranked(_shared(here, device))
    orders = []
    for engine in ENGINES:
        mine, theirs = of_here.get(engine, []), of_device.get(engine, [])
        where = {key: index for index, (key, _) in enumerate(mine)}
        common = [(key, place) for key, place in theirs if key in where]
        if not theirs or not common:
            continue
        source = [place for _, place in common]
        executed, predicted = list(range(len(common))), [where[key] for key, _ in common]
        orders.append(Order(engine, len(common), _neighbours(source, executed), _neighbours(source, predicted),
                            _turned(source, executed), _turned(predicted, executed)))
    opcodes: dict[str, dict[str, tuple[int, int]]] = {}
    for engine in ENGINES:
        both = (device.opcodes.get(engine, {}), here.opcodes.get(engine, {}))
        for opcode in sorted({*both[0], *both[1]} - _UNCOUNTED):
            opcodes.setdefault(engine, {})[opcode] = (both[0].get(opcode, 0), both[1].get(opcode, 0))
    return Compared(kernel, orders, opcodes)


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def markdown(found: Sequence[Compared]) -> str:
    """Both tables."""
    heads = " | ".join(f"{one.kernel} device | {one.kernel} trnsim" for one in found)
    lines = [f"| engine | operation | {heads} |", "|---|---|" + "---:|" * (2 * len(found))]
    for engine in ENGINES:
        for opcode in sorted({opcode for one in found for opcode in one.opcodes.get(engine, {})}):
            counts = [one.opcodes.get(engine, {}).get(opcode, (0, 0)) for one in found]
            lines.append(f"| {ENGINES[engine]} | {opcode} | " + " | ".join(f"{count}" for pair in counts for count in pair) + " |")
    lines += ["", "| kernel | engine | instructions | neighbours turned round, device | trnsim | pairs in another order than the device's: "
              "source | trnsim |", "|---|---|---:|---:|---:|---:|---:|"]
    for one in found:
        for order in one.orders:
            lines.append(f"| {one.kernel} | {ENGINES[order.engine]} | {order.instructions} | {_percent(order.inverted_device)} | "
                         f"{_percent(order.inverted_here)} | {_percent(order.source, 1)} | {_percent(order.apart, 1)} |")
    return "\n".join(lines)


def read() -> list[Compared]:
    """The recorded figures."""
    with open(PATH, encoding="utf-8") as file:
        kernels = json.load(file)["kernels"]
    return [Compared(one["kernel"], [Order(**order) for order in one["orders"]],
                     {engine: {opcode: (counts[0], counts[1]) for opcode, counts in opcodes.items()}
                      for engine, opcodes in one["opcodes"].items()}) for one in kernels]


def worse(before: Sequence[Compared], now: Sequence[Compared]) -> list[str]:
    """What is further from the device than recorded: counts of instructions, and orders by more than a hundredth of the pairs."""
    lines = []
    for old in before:
        new = next((one for one in now if one.kernel == old.kernel), None)
        if new is None:
            continue
        for engine, opcodes in new.opcodes.items():
            for opcode, (device, here) in opcodes.items():
                then = old.opcodes.get(engine, {}).get(opcode, (device, 0))[1]
                if abs(here - device) > abs(then - device):
                    lines.append(f"{new.kernel}: {engine} {opcode}: {here}, on the device {device}; recorded {then}")
        for order in new.orders:
            known = next((one for one in old.orders if one.engine == order.engine), None)
            if known is not None and order.apart > known.apart + 0.01:
                lines.append(f"{new.kernel}: {order.engine}: {_percent(order.apart, 1)} of pairs in another order, "
                             f"recorded {_percent(known.apart, 1)}")
    return lines


def write(found: Sequence[Compared]) -> None:
    """The recorded figures and the page's section."""
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump({"kernels": [asdict(one) for one in found]}, file, indent=1)
        file.write("\n")
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END, text.index(BEGIN))
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(f"{text[:begin]}\n{markdown(found)}\n{text[end:]}")


def run(directories: Sequence[str], checkouts: str | None, settings: Settings, record: bool) -> int:
    """Prints the comparison, of the recorded figures where there are no checkouts; 1 where it is further off than recorded."""
    if checkouts is None:
        print(markdown(read()))
        return 0
    paths = captures(directories)
    chosen: list[tuple[Family, Kernel]] = []
    for name in paths:
        of = family(CAPTURES[name][0])
        chosen.append((of, next(kernel for kernel in of.kernels if kernel.name == CAPTURES[name][1])))
    outcomes = run_kernels(chosen, checkouts, settings)
    found = []
    for name, path in paths.items():
        outcome = outcomes[CAPTURES[name]]
        if outcome.error is not None:
            raise RecordError(f"{CAPTURES[name][1]} does not run: {outcome.error}")
        device = of_capture(_table(f"{path}.words.csv.zst"), _table(f"{path}.instr.csv.zst"))
        found.append(compare(CAPTURES[name][1], device, of_listing(outcome.listing)))
    print(markdown(found))
    if record:
        if not os.path.exists(PAGE):
            raise RecordError("--record is for a checkout of the project's sources: there is no docs folder")
        write(found)
        print("\nrecorded: docs/compiler.md has them")
        return 0
    lines = worse(read() if os.path.exists(PATH) else [], found)
    for line in lines:
        print(f"further off than recorded: {line}", file=sys.stderr)
    return 1 if lines else 0


__all__ = ["CAPTURES", "Compared", "Order", "Stream", "captures", "compare", "markdown", "of_capture", "of_listing", "read", "run", "worse", "write"]
