"""`python -m trnsim.validation.doubt`: how far predicted times may be off, fitted to the recorded figures, a table for the core.

A time's interval is from t exp(-a) to t exp(b); a and b are sums over mechanisms, of the share of the time that one has work for
times a weight that is not negative. Weights are fitted by quantile regression to ln(measured / predicted) of the recorded kernels,
families counting alike as far as the square root of their size; then one factor widens all intervals until they hold for nine in
ten kernels of families that the weights were not fitted to. Predictions are never corrected: an error that all kernels have makes
the interval lopsided.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import recorded
from .figures import TIE, Row
from .kernels import Group

#: The core's mechanisms: keys of `doubt.shares` in reports, and names of the cases in `Sources/Reports/Mechanism.swift`.
MECHANISMS = {"every_kernel": "every", "tensor": "tensor", "vector": "vector", "scalar": "scalar", "gpsimd": "gpsimd",
              "dma_rings": "rings", "hbm": "hbm", "small_pieces": "pieces", "dma_starts": "starts",
              "descriptor_generation": "generation", "order": "order", "assumed_prices": "assumed"}
#: The share of kernels whose time shall be within its interval.
COVERAGE = 0.9
#: What of the errors on one side the weights are fitted to, before the factor.
_QUANTILE = 0.9
#: Errors beyond this factor are those of a rule that is missing: they count as this one, so that no family makes a weight alone.
_LARGEST = 3.0
#: Fewest families that make a weight.
_LEAST_FAMILIES = 3
# Few steps: weights that the kernels do not decide on stay together (early stopping instead of a penalty).
_STEPS = 60
_FOLDS = 5
#: A share from which on a kernel has a mechanism.
_SOME = 0.01
#: Fewest pairs that say from which distance on times are told apart.
_LEAST_PAIRS = 20
_ROOT = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", ".."))
TABLE = os.path.join(_ROOT, "Sources", "Reports", "DoubtTable+Fitted.swift")
PAGE = os.path.join(_ROOT, "docs", "doubt.md")

Numbers = npt.NDArray[np.float64]


class DoubtError(ValueError):
    """The figures do not suffice."""


@dataclass(frozen=True)
class Sample:
    """A machine's recorded kernels as arrays, a row each."""

    rows: list[Row]
    #: Columns in the order of `MECHANISMS`.
    shares: Numbers
    #: ln(measured / predicted).
    errors: Numbers
    families: npt.NDArray[np.str_]
    #: What a kernel counts for.
    counts: Numbers

    @staticmethod
    def of(rows: Sequence[Row]) -> Sample:
        used = [row for row in rows if row.predicted is not None and row.shares]
        if len({row.family for row in used}) < _FOLDS + 1:
            raise DoubtError("too few families have recorded shares: record the figures anew (docs/validation.md)")
        sizes = Counter(row.family for row in used)
        return Sample(used, np.array([[row.shares.get(name, 0.0) for name in MECHANISMS] for row in used]),
                      np.array([np.log(row.measured / row.predicted) for row in used if row.predicted is not None]),
                      np.array([row.family for row in used]), np.array([sizes[row.family] ** -0.5 for row in used]))


@dataclass(frozen=True)
class Weights:
    """What a mechanism that has all of the time adds to the logarithm of the interval's ends, in the order of `MECHANISMS`."""

    below: Numbers
    above: Numbers

    def widened(self, factor: float) -> Weights:
        return Weights(factor * self.below, factor * self.above)

    def ends(self, shares: Numbers) -> tuple[Numbers, Numbers]:
        """ln(predicted / low) and ln(high / predicted)."""
        return shares @ self.below, shares @ self.above


def _side(shares: Numbers, sizes: Numbers, counts: Numbers) -> Numbers:
    """Weights whose sums are the quantile of `sizes`: the pinball loss, majorised by parabolas, in steps that keep signs."""
    weights = np.full(shares.shape[1], 0.3)
    for _ in range(_STEPS):
        near = np.maximum(np.abs(sizes - shares @ weights), 1e-3)
        scaled = shares * (counts / (2 * near))[:, None]
        pull = scaled.T @ sizes + (_QUANTILE - 0.5) * (shares * counts[:, None]).sum(0)
        weights = weights * np.maximum(pull, 0) / (scaled.T @ (shares @ weights) + 1e-12)
    weights[weights < 1e-4] = 0
    return weights


def _fitted(sample: Sample, of: npt.NDArray[np.bool_]) -> Weights:
    limit = float(np.log(_LARGEST))
    errors = np.clip(sample.errors[of], -limit, limit)
    shares = sample.shares[of]
    common = np.array([len(set(sample.families[of][shares[:, column] > _SOME])) >= _LEAST_FAMILIES
                       for column in range(shares.shape[1])])
    shares = shares * common
    return Weights(_side(shares, np.maximum(-errors, 0), sample.counts[of]) * common,
                   _side(shares, np.maximum(errors, 0), sample.counts[of]) * common)


def _factor(sample: Sample, of: npt.NDArray[np.bool_]) -> float:
    """What intervals are widened by, so that they hold for families that the weights do not know."""
    names = sorted(set(sample.families[of]))
    ratios = np.zeros(len(sample.errors))
    for fold in range(_FOLDS):
        out = of & np.isin(sample.families, names[fold::_FOLDS])
        below, above = _fitted(sample, of & ~out).ends(sample.shares[out])
        errors = sample.errors[out]
        ratios[out] = np.where(errors < 0, -errors / (below + 1e-9), errors / (above + 1e-9))
    ordered = np.sort(ratios[of])
    return float(ordered[min(len(ordered) - 1, int(np.ceil(COVERAGE * (len(ordered) + 1))) - 1)])


def weights_of(sample: Sample, of: npt.NDArray[np.bool_] | None = None) -> Weights:
    """Weights with the factor in them, from all or some of the kernels."""
    chosen = np.ones(len(sample.errors), dtype=bool) if of is None else of
    return _fitted(sample, chosen).widened(_factor(sample, chosen))


@dataclass(frozen=True)
class Held:
    """A kernel's interval from weights and a factor that its family had no part in."""

    row: Row
    #: In µs.
    low: float
    high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.row.measured <= self.high

    @property
    def half_width(self) -> float:
        """Percent of the predicted time."""
        assert self.row.predicted is not None
        return 50 * (self.high - self.low) / self.row.predicted

    @property
    def size(self) -> float:
        """Of the error, in percent of the predicted time: what the half width is measured by."""
        assert self.row.predicted is not None
        return 100 * abs(self.row.measured / self.row.predicted - 1)


def left_out(sample: Sample) -> list[Held]:
    """Each kernel's interval with its family left out of weights and factor."""
    found: list[Held | None] = [None] * len(sample.rows)
    for name in sorted(set(sample.families)):
        out = sample.families == name
        below, above = weights_of(sample, ~out).ends(sample.shares[out])
        for index, down, up in zip(np.flatnonzero(out), below, above):
            row = sample.rows[index]
            assert row.predicted is not None
            found[index] = Held(row, row.predicted * float(np.exp(-down)), row.predicted * float(np.exp(up)))
    return [one for one in found if one is not None]


@dataclass(frozen=True)
class Ties:
    """From which distance on predicted times of one problem's kernels are in the device's order."""

    #: ln(slower / faster).
    distance: float
    pairs: int
    #: Those further apart.
    apart: int
    #: Which share of them is ordered right.
    right: float


def ties(rows: Sequence[Row]) -> Ties:
    """The least distance from which on `COVERAGE` of the pairs are ordered right; families count alike.

    Pairs that the device does not tell apart either are half right.
    """
    pairs: list[tuple[float, float, str]] = []
    for one, other in itertools.combinations([row for row in rows if row.predicted is not None], 2):
        if (one.family, one.problem) != (other.family, other.problem):
            continue
        assert one.predicted is not None and other.predicted is not None
        distance = abs(float(np.log(one.predicted / other.predicted)))
        if max(one.measured, other.measured) / min(one.measured, other.measured) <= 1 + TIE:
            right = 0.5
        else:
            right = float((one.predicted < other.predicted) == (one.measured < other.measured))
        pairs.append((distance, right, one.family))
    if len(pairs) < _LEAST_PAIRS:
        raise DoubtError(f"{len(pairs)} pairs do not say what is told apart")
    sizes = Counter(family for _, _, family in pairs)
    found: Ties | None = None
    count = good = 0.0
    for number, (distance, right, family) in enumerate(sorted(pairs, reverse=True), start=1):
        count += 1 / sizes[family]
        good += right / sizes[family]
        if number >= _LEAST_PAIRS and good >= COVERAGE * count:
            found = Ties(distance, len(pairs), number, good / count)
    if found is None:
        # No distance suffices: only what is further apart than all pairs are.
        return Ties(max(distance for distance, _, _ in pairs), len(pairs), 0, 0.0)
    return found


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's."""
    def ranks(values: Sequence[float]) -> Numbers:
        array = np.asarray(values)
        return np.array([(np.sum(array < value) + np.sum(array <= value)) / 2 for value in array])
    first, second = ranks(one), ranks(other)
    if np.std(first) == 0 or np.std(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def machine_of(row: Row) -> str:
    """The configuration whose time it is."""
    return "trn1" if row.group is Group.TRN1 else "trn2"


def swift(sample: Sample, weights: Weights, tied: Ties, machine: str = "trn2") -> str:
    """The table as the core's source."""
    times = [row.predicted for row in sample.rows if row.predicted is not None]
    lines = ["// Written by python -m trnsim.validation.doubt.", "extension DoubtTable {",
             f"  /// {len(sample.rows)} kernels of {len(set(sample.families))} families of {machine} from their public sources.",
             f"  static let {machine} = DoubtTable(",
             f'    machine: "{machine}", kernels: {len(sample.rows)}, families: {len(set(sample.families))}, '
             f"coverage: {COVERAGE}, tie: {tied.distance:.4f},",
             f"    pairs: {tied.pairs}, shortest: {min(times):.1f}, longest: {max(times):.1f},", "    rows: ["]
    for column, (name, case) in enumerate(MECHANISMS.items()):
        # What was not recorded has no largest share.
        if not any(name in row.shares for row in sample.rows):
            continue
        below, above = float(weights.below[column]), float(weights.above[column])
        some = sample.shares[:, column] > _SOME
        lines += ["      Row(", f"        .{case}, below: {below:.4f}, above: {above:.4f}, "
                  f"most: {min(1.0, float(sample.shares[:, column].max())):.3f}, kernels: {int(some.sum())},",
                  f"        families: {len(set(sample.families[some]))}),"]
    return "\n".join([*lines, "    ])", "}", ""])


def page(sample: Sample, weights: Weights, tied: Ties, held: Sequence[Held]) -> str:
    """docs/doubt.md."""
    coverage = sum(one.holds for one in held) / len(held)
    half, size = statistics.median(one.half_width for one in held), statistics.median(one.size for one in held)
    correlation = rank_correlation([one.half_width for one in held], [one.size for one in held])
    third = sorted(held, key=lambda one: one.half_width)
    thirds = [third[len(third) * part // 3:len(third) * (part + 1) // 3] for part in range(3)]
    lines = [
        "# How far off a time may be", "",
        "Written by `python -m trnsim.validation.doubt` from the recorded figures of `trnsim accuracy --source`.", "",
        "Every predicted time has an interval in which a device's time is for nine in ten kernels, and the mechanism that widens it",
        "most: `doubt` in the text report, `time_low_us`, `time_high_us` and `doubt` in JSON, `report.interval` in Python. It is",
        "wide where measured kernels that work alike were far off, and the prediction is in it, not in its middle: nothing is",
        "corrected.", "",
        "* The interval is from t·exp(−a) to t·exp(b). a and b are sums over the mechanisms below, each the share of the time that",
        "  it has work for times a weight (quantile regression, not negative), widened by one factor until the intervals hold for",
        "  90 % of kernels whose family the weights were not fitted to. Shares overlap: DMA and engines work at the same time.",
        "* The kernels were timed from their sources, ordered and placed by the compiler's passes: what is not known of compilers is",
        "  part of every weight. A program in the author's own order has no such doubt; its interval is too wide rather than too",
        "  narrow. Replays of a device's own stream are far better (README, accuracy).",
        "* *Assumed prices* are what no document and no measurement gives (`trnsim hardware explain` lists them).",
        "* *Outside of what was measured*: the time, or a mechanism's share, is beyond that of all measured kernels.",
        "* *Not calibrated*: exchanges between cores, machines with fewer measured kernels than an interval takes (trn1, trn3),",
        "  machines with changed values. There is no interval then.",
        f"* `trnsim compare` calls variants ties that are within {100 * (np.exp(tied.distance) - 1):.0f} % of the best: errors of variants of one",
        f"  problem go together, and of {tied.pairs} measured pairs those further apart ({tied.apart}) are ordered right in "
        f"{100 * tied.right:.0f} %", "  (families count alike).", "",
        "With families left out of weights and factor:", "",
        "| what | found | goal |", "|---|---:|---:|",
        f"| kernels within their interval, of {len(held)} | {100 * coverage:.1f} % | 87 to 93 % |",
        f"| median half width | {half:.1f} % | |", f"| median error, of the predicted time | {size:.1f} % | |",
        f"| half width / error | {half / size:.1f} | 1.5 |",
        f"| rank correlation of width and error | {correlation:.2f} | above 0 |", "",
        "| kernels by width | median half width | median error | within |", "|---|---:|---:|---:|"]
    for name, part in zip(("the narrowest third", "the middle third", "the widest third"), thirds):
        lines.append(f"| {name} | {statistics.median(one.half_width for one in part):.1f} % | "
                     f"{statistics.median(one.size for one in part):.1f} % | {100 * sum(one.holds for one in part) / len(part):.0f} % |")
    lines += ["", "Errors of one kind have tails: with normal ones a 90 % interval would be 2.4 times the median error. Families whose",
              "errors are none of the others' are what keeps the ratio up; they are those with low coverage here:", "",
              "| family | kernels | within | median half width | median error |", "|---|---:|---:|---:|---:|"]
    for family in dict.fromkeys(one.row.family for one in held):
        ours = [one for one in held if one.row.family == family]
        lines.append(f"| {family} | {len(ours)} | {sum(one.holds for one in ours)} | {statistics.median(one.half_width for one in ours):.1f} % | "
                     f"{statistics.median(one.size for one in ours):.1f} % |")
    lines += ["", "The weights, as factors of the time where a mechanism has work for all of it:", "",
              "| mechanism | lowest | highest | kernels with more than 1 % | families | largest share |", "|---|---:|---:|---:|---:|---:|"]
    for column, name in enumerate(MECHANISMS):
        if not any(name in row.shares for row in sample.rows):
            continue
        some = sample.shares[:, column] > _SOME
        lines.append(f"| `{name}` | {np.exp(-weights.below[column]):.2f} | {np.exp(weights.above[column]):.2f} | {int(some.sum())} | "
                     f"{len(set(sample.families[some]))} | {100 * float(sample.shares[:, column].max()):.0f} % |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where the figures do not suffice."""
    parser = argparse.ArgumentParser(prog="python -m trnsim.validation.doubt", description=(
        "Fits how far times may be off to the recorded figures and writes the core's table and docs/doubt.md; then build again."))
    parser.add_argument("--check", action="store_true", help="write nothing; print what is found")
    options = parser.parse_args(arguments)
    try:
        sample = Sample.of([row for row in recorded.read() if machine_of(row) == "trn2"])
        weights, tied, held = weights_of(sample), ties(sample.rows), left_out(sample)
        text = page(sample, weights, tied, held)
        if options.check:
            print(text, end="")
            return 0
        if not os.path.isdir(os.path.dirname(TABLE)):
            raise DoubtError("this is for a checkout of the project's sources: there is no Sources folder")
        for path, content in ((TABLE, swift(sample, weights, tied)), (PAGE, text)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        print(text[text.index("With families left out"):text.index("| family |")], end="")
    except (DoubtError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


__all__ = ["COVERAGE", "DoubtError", "Held", "MECHANISMS", "Sample", "Ties", "Weights", "left_out", "main", "page", "rank_correlation",
           "swift", "ties", "weights_of"]


if __name__ == "__main__":
    sys.exit(main())
