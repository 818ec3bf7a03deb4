"""The statistics of `trnsim accuracy --source`: errors by family, order, regret, counters. Signed percent: negative is too fast."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .kernels import Group

#: Two measured times nearer than this are not compared: it is the noise of a repeated capture.
TIE = 0.02
#: Distances of measured times, for the share of pairs that are ordered right.
DISTANCES = (0.05, 0.10, 0.20)
#: Two predictions nearer than this are one prediction.
SAME = 1e-6
#: How near a counter must be.
COUNTER_TOLERANCE = 0.02
#: The counters that say whether the instruction stream is the device's.
STREAM_COUNTERS = ("matmuls", "read_bytes", "dma_count")


@dataclass(frozen=True)
class Row:
    """A kernel: what the device took and what is predicted."""

    family: str
    group: Group
    kernel: str
    #: Kernels are compared within one problem of a family.
    problem: str
    measured: float
    #: None where it did not run.
    predicted: float | None
    #: Published and predicted, by name.
    counters: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: Microseconds published and predicted, by engine.
    busy: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: The share of the predicted time that each mechanism has work for, by the core's names (`doubt.py`).
    shares: dict[str, float] = field(default_factory=dict)
    error_text: str | None = None

    @property
    def error(self) -> float | None:
        """Signed percent of the measured time."""
        return None if self.predicted is None else 100 * (self.predicted / self.measured - 1)


@dataclass(frozen=True)
class Order:
    """How well pairs of kernels of one problem are ordered."""

    pairs: int
    #: Right pairs; two equal predictions are half a right pair.
    right: float

    @property
    def share(self) -> float | None:
        return self.right / self.pairs if self.pairs else None

    @property
    def tau(self) -> float | None:
        """Kendall's: right less wrong pairs, of all; equal predictions are half of each."""
        return None if self.share is None else 2 * self.share - 1


@dataclass(frozen=True)
class Summary:
    """Figures of some kernels, a family's or several families'."""

    kernels: int
    #: Those that did not run: they are in no error, and outside of every limit.
    failed: int
    #: Sizes of errors, in percent.
    median: float | None
    p90: float | None
    #: The signed error of the largest size, and whose it is.
    worst: float | None
    worst_kernel: str
    within_10: int
    within_20: int
    #: Pairs more than 2 % apart.
    order: Order
    #: By `DISTANCES`.
    by_distance: tuple[Order, ...]
    #: How many times the best kernel's time the one takes that is predicted to be best; the worst over problems.
    regret: float | None
    #: By counter: kernels that publish it, and those within `COUNTER_TOLERANCE`.
    counters: dict[str, tuple[int, int]]
    #: Kernels that publish a counter of the stream, and those whose counters of it are all near.
    streams: tuple[int, int]


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that a share of all do not exceed."""
    ordered = sorted(values)
    rank = -(-share * len(ordered) // 1)
    return ordered[min(max(0, int(rank) - 1), len(ordered) - 1)]


def order(rows: Sequence[Row], apart: float) -> Order:
    """Pairs of one problem whose measured times are further apart than a share of the smaller one."""
    pairs, right = 0, 0.0
    for one, other in itertools.combinations([row for row in rows if row.predicted is not None], 2):
        if (one.family, one.problem) != (other.family, other.problem):
            continue
        if max(one.measured, other.measured) / min(one.measured, other.measured) <= 1 + apart:
            continue
        assert one.predicted is not None and other.predicted is not None
        pairs += 1
        if abs(one.predicted - other.predicted) <= SAME * max(one.predicted, other.predicted):
            right += 0.5
        elif (one.predicted < other.predicted) == (one.measured < other.measured):
            right += 1
    return Order(pairs, right)


def regret(rows: Sequence[Row]) -> float | None:
    """The worst over problems with several kernels; of equal predictions the slowest kernel is taken."""
    problems: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.predicted is not None:
            problems.setdefault((row.family, row.problem), []).append(row)
    found = []
    for kernels in problems.values():
        if len(kernels) > 1:
            least = min(row.predicted for row in kernels if row.predicted is not None)
            chosen = [row.measured for row in kernels if row.predicted is not None and row.predicted <= least * (1 + SAME)]
            found.append(max(chosen) / min(row.measured for row in kernels))
    return max(found, default=None)


def near(published: float, predicted: float) -> bool:
    """Whether a counter is the published one, which may be zero."""
    return abs(predicted - published) <= COUNTER_TOLERANCE * abs(published)


def summary(rows: Sequence[Row]) -> Summary:
    """The figures of some kernels."""
    ran = [(abs(row.error), row) for row in rows if row.error is not None]
    sizes = [size for size, _ in ran]
    worst = max(ran, key=lambda pair: pair[0])[1] if ran else None
    names = dict.fromkeys(name for row in rows for name in row.counters)
    counters = {}
    for name in names:
        pairs = [row.counters[name] for row in rows if name in row.counters]
        counters[name] = (len(pairs), sum(near(*pair) for pair in pairs))
    streams = [[near(*row.counters[name]) for name in STREAM_COUNTERS if name in row.counters] for row in rows]
    return Summary(
        len(rows), len(rows) - len(ran), statistics.median(sizes) if sizes else None, percentile(sizes, 0.9) if sizes else None,
        worst.error if worst else None, worst.kernel if worst else "", sum(size <= 10 for size in sizes),
        sum(size <= 20 for size in sizes), order(rows, TIE), tuple(order(rows, apart) for apart in DISTANCES), regret(rows), counters,
        (sum(bool(one) for one in streams), sum(bool(one) and all(one) for one in streams)))


@dataclass(frozen=True)
class OverFamilies:
    """Figures of a group whose families count alike, however many kernels they have."""

    families: int
    #: Of the families' medians, in percent.
    median: float | None
    #: The largest of the families' medians, and whose it is.
    worst: float | None
    worst_family: str
    #: Of all kernels of the group.
    kernels: Summary


def families(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by family, in their order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.family, []).append(row)
    return found


def over_families(rows: Sequence[Row]) -> OverFamilies:
    """A group's figures."""
    by_family = {name: summary(of_family) for name, of_family in families(rows).items()}
    medians = {name: one.median for name, one in by_family.items() if one.median is not None}
    worst = max(medians, key=lambda name: medians[name], default="")
    return OverFamilies(len(by_family), statistics.median(medians.values()) if medians else None, medians.get(worst), worst,
                        summary(rows))


__all__ = ["COUNTER_TOLERANCE", "DISTANCES", "Order", "OverFamilies", "Row", "Summary", "families", "near", "order", "over_families",
           "percentile", "regret", "summary"]
