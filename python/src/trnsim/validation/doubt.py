"""`Scripts/fit --doubt`: how far predicted times may be off, fitted to the recorded figures, tables for the core.

A time's interval is from t exp(-a) to t exp(b). The variances a² and b² are sums over mechanisms, of the square of the share of the
time that one has work for times a weight that is not negative: mechanisms err apart from each other. Weights say how typical errors
grow with shares (the likeliest exponential scale of one-sided errors, families counting as the square root of their size); then one
factor for each side widens all intervals until they hold for nine in ten kernels of families that the weights were not fitted to
(split conformal prediction), shared out so that the median interval is as narrow as it can be. Predictions are never corrected: an
error that all kernels have makes the interval lopsided.

Which mechanisms have a weight was chosen once, with all families in view; it is not chosen again where one is left out.

Streams that are given (replays of captures, programs in their author's order) have a table of their own: the same, of one mechanism.
"""

from __future__ import annotations

import csv
import itertools
import os
import re
import statistics
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import recorded
from .figures import TIE, Row
from .fitting import FAMILIES as CAPTURED_FAMILIES
from .kernels import Group

#: The core's mechanisms: keys of `doubt.shares` in reports, and names of the cases in `Sources/Reports/Mechanism.swift`.
MECHANISMS = {"every_kernel": "every", "tensor": "tensor", "vector": "vector", "scalar": "scalar", "gpsimd": "gpsimd",
              "dma_rings": "rings", "hbm": "hbm", "small_pieces": "pieces", "dma_starts": "starts",
              "descriptor_generation": "generation", "order": "order", "engine_turns": "turns", "software_starts": "software",
              "spills": "spills", "narrow_products": "narrow", "extrapolated_prices": "extrapolated", "assumed_prices": "assumed"}
#: Those whose shares widen intervals. Others say what is outside of what was measured.
WIDENING = ("every_kernel", "software_starts", "engine_turns")
#: ln of what work is taken to be off by where a stream is given, by mechanism, assumed: captured work has measured prices alone, so
#: that replays say nothing of it. A price that nobody measured a factor of two; one beyond its measured sizes 15 %, as far as busy
#: times of engines in AWS's kernels (2048 elements and more) are off.
UNSEEN = {"assumed_prices": 0.693, "extrapolated_prices": 0.14}
#: The share of kernels whose time shall be within its interval.
COVERAGE = 0.9
#: Errors beyond this factor are those of a rule that is missing: they count as this one, so that no family makes a weight alone.
_LARGEST = 2.0
#: What times spread by where nothing errs: the device's own between runs (0.8 to 1.5 % of captures that were repeated).
_NOISE = 0.01
#: Steps of the weights' fit, after which their last digits stay.
_STEPS = 150
#: The shares of misses at the lower end that are tried.
_SPLITS = tuple(step / 20 for step in range(1, 20))
#: Fewest families whose errors are a mechanism's reason.
_LEAST_FAMILIES = 3
#: A share from which on a kernel has a mechanism.
_SOME = 0.01
#: Fewest pairs that say from which distance on times are told apart.
_LEAST_PAIRS = 20
_ROOT = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", ".."))
TABLE = os.path.join(_ROOT, "Sources", "Reports", "DoubtTable+Fitted.swift")
PAGE = os.path.join(_ROOT, "docs", "doubt.md")
#: Where the errors of replays are recorded.
REPLAYS = tuple(os.path.join(_ROOT, "Sources", "Accuracy", f"RecordedFigures+{name}.swift") for name in ("Table", "SecondTable", "SecondGenerationTable"))

Numbers = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


class DoubtError(ValueError):
    """The figures do not suffice."""


@dataclass(frozen=True)
class Sample:
    """Measured kernels as arrays, a row each."""

    rows: list[Row]
    #: Columns in the order of `MECHANISMS`.
    shares: Numbers
    #: ln(measured / predicted).
    errors: Numbers
    families: npt.NDArray[np.str_]
    #: Which columns widen intervals.
    widening: Chosen

    @staticmethod
    def of(rows: Sequence[Row], widening: Sequence[str] = WIDENING) -> Sample:
        used = [row for row in rows if row.predicted is not None and row.shares]
        if len({row.family for row in used}) < 6:
            raise DoubtError("too few families have recorded shares: record the figures anew (docs/validation.md)")
        return Sample(used, np.array([[row.shares.get(name, 0.0) for name in MECHANISMS] for row in used]),
                      np.array([np.log(row.measured / row.predicted) for row in used if row.predicted is not None]),
                      np.array([row.family for row in used]), np.array([name in widening for name in MECHANISMS]))


@dataclass(frozen=True)
class Weights:
    """What a mechanism that has all of the time makes of the logarithm of the interval's ends, in the order of `MECHANISMS`."""

    below: Numbers
    above: Numbers

    def widened(self, below: float, above: float) -> Weights:
        return Weights(below * self.below, above * self.above)

    def ends(self, shares: Numbers) -> tuple[Numbers, Numbers]:
        """ln(predicted / low) and ln(high / predicted): variances add up."""
        return np.sqrt(shares**2 @ self.below**2), np.sqrt(shares**2 @ self.above**2)


def _side(shares: Numbers, sizes: Numbers, counts: Numbers) -> Numbers:
    """Weights w of s² = Σ (w · share)², the likeliest of exponential errors of the scale s, in steps that keep signs."""
    squares = shares**2
    variances = np.full(shares.shape[1], 0.02)
    for _ in range(_STEPS):
        variance = squares @ variances + _NOISE**2
        pull = squares.T @ (counts * sizes / variance**1.5)
        variances = variances * np.sqrt((pull + 1e-12) / (squares.T @ (counts / variance) + 1e-12))
    variances[0] += _NOISE**2
    return np.sqrt(np.where(variances < 1e-8, 0, variances))


def _fitted(sample: Sample, of: Chosen) -> Weights:
    limit = float(np.log(_LARGEST))
    errors = np.clip(sample.errors[of], -limit, limit)
    sizes = Counter(sample.families[of])
    counts = np.array([sizes[name] ** -0.5 for name in sample.families[of]])
    sides = []
    for sign in (-1, 1):
        weights = np.zeros(len(MECHANISMS))
        weights[sample.widening] = _side(sample.shares[of][:, sample.widening], np.maximum(sign * errors, 0), counts)
        sides.append(weights)
    return Weights(sides[0], sides[1])


def _quantile(values: Numbers, share: float) -> float:
    """The conformal one: of n values the ceil((n + 1) · share)th."""
    ordered = np.sort(values)
    return float(ordered[min(len(ordered) - 1, int(np.ceil(share * (len(ordered) + 1))) - 1)])


def _factors(sample: Sample, of: Chosen) -> tuple[float, float]:
    """What both sides are widened by, so that they hold for families that the weights do not know."""
    below, above = np.ones(len(sample.errors)), np.ones(len(sample.errors))
    for name in sorted(set(sample.families[of])):
        out = of & (sample.families == name)
        if (of & ~out).any():
            below[out], above[out] = _fitted(sample, of & ~out).ends(sample.shares[out])
    down, up = -sample.errors[of] / below[of], sample.errors[of] / above[of]
    tried = []
    for split in _SPLITS:
        one, other = (max(0.0, _quantile(ratios, 1 - (1 - COVERAGE) * part)) for ratios, part in ((down, split), (up, 1 - split)))
        widths = np.exp(other * above[of]) - np.exp(-one * below[of])
        tried.append((float(np.median(widths)), one, other))
    return min(tried)[1:]


def weights_of(sample: Sample, of: Chosen | None = None) -> Weights:
    """Weights with the factors in them, from all or some of the kernels."""
    chosen = np.ones(len(sample.errors), dtype=bool) if of is None else of
    return _fitted(sample, chosen).widened(*_factors(sample, chosen))


def reasons_of(sample: Sample) -> Numbers:
    """What errors spread by where a mechanism has all of the time, of all mechanisms of several families together.

    Intervals are shared out by it. It widens none: more mechanisms make intervals of families left out worse.
    """
    common = np.array([len(set(sample.families[sample.shares[:, column] > _SOME])) >= _LEAST_FAMILIES for column in range(len(MECHANISMS))])
    sizes = Counter(sample.families)
    weights = np.zeros(len(MECHANISMS))
    weights[common] = _side(sample.shares[:, common], np.minimum(np.abs(sample.errors), np.log(_LARGEST)),
                            np.array([sizes[name] ** -0.5 for name in sample.families]))
    return weights


@dataclass(frozen=True)
class Held:
    """A kernel's interval from weights and factors that its family had no part in."""

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
    """Each kernel's interval with its family left out of weights and factors."""
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
class Quality:
    """How good intervals of families left out are."""

    coverage: float
    #: Medians, percent of the predicted time.
    half_width: float
    size: float
    #: Spearman's, of width and error.
    correlation: float

    @staticmethod
    def of(held: Sequence[Held]) -> Quality:
        return Quality(sum(one.holds for one in held) / len(held), statistics.median(one.half_width for one in held),
                       statistics.median(one.size for one in held),
                       rank_correlation([one.half_width for one in held], [one.size for one in held]))

    @property
    def ratio(self) -> float:
        return self.half_width / self.size if self.size else float("inf")


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


def replays(texts: Sequence[str]) -> list[Row]:
    """What replays of captured streams predict with nothing measured, from the core's recorded tables."""
    found = []
    for text in texts:
        table = re.search(r'"""\n(.*?)\n\s*"""', text, re.DOTALL)
        if table is None:
            raise DoubtError("the recorded figures of replays are no table")
        lines = re.sub(r"\\\n\s*", "", table[1]).split("\n")
        for row in csv.DictReader(line.strip() for line in lines):
            if not row["user_span_measured_ns"]:
                continue
            measured = float(row["user_span_measured_ns"]) / 1000
            name = next((name for start, name in CAPTURED_FAMILIES if row["capture"].startswith(start)), "other convolutions")
            found.append(Row(name, Group.MAIN, row["capture"], "", measured, measured * (1 + float(row["span_percent"]) / 100),
                             shares={"every_kernel": 1.0}))
    return found


def swift(sample: Sample, weights: Weights, tied: Ties | None, name: str = "trn2", stream: str = "compiled") -> str:
    """A table as a property of the core's source."""
    unseen = UNSEEN if stream == "given" else {}
    times = [row.predicted for row in sample.rows if row.predicted is not None]
    tie = "nil" if tied is None else f"Tie(distance: {tied.distance:.4f}, pairs: {tied.pairs})"
    reasons = reasons_of(sample)
    kind = "public kernels from their sources" if stream == "compiled" else "replays of captured streams"
    lines = [f"  /// {len(sample.rows)} {kind}, of {len(set(sample.families))} families.",
             f"  static let {name} = DoubtTable(",
             f'    machine: "trn2", stream: .{stream}, kernels: {len(sample.rows)}, families: {len(set(sample.families))},',
             f"    coverage: {COVERAGE}, tie: {tie},",
             f"    shortest: {min(times):.1f}, longest: {max(times):.1f},", "    rows: ["]
    for column, (key, case) in enumerate(MECHANISMS.items()):
        # What was not recorded has no largest share.
        if key not in unseen and not any(key in row.shares for row in sample.rows):
            continue
        below, above, reason = (unseen.get(key, float(values[column])) for values in (weights.below, weights.above, reasons))
        some = sample.shares[:, column] > _SOME
        lines += ["      Row(", f"        .{case}, below: {below:.4f}, above: {above:.4f}, reason: {reason:.4f},",
                  f"        most: {min(1.0, float(sample.shares[:, column].max())):.3f}, kernels: {int(some.sum())}, "
                  f"families: {len(set(sample.families[some]))}),"]
    return "\n".join([*lines, "    ])"])


def swift_file(tables: Sequence[str]) -> str:
    """The core's source file."""
    return "\n".join(["// Written by Scripts/fit --doubt.", "extension DoubtTable {", "\n\n".join(tables), "}", ""])


def known_families(held: Sequence[Held]) -> float:
    """Median half width over median error where each family's own median error were known beforehand: what no fit can know."""
    medians = {name: max(100 * _NOISE, statistics.median(one.size for one in held if one.row.family == name))
               for name in {one.row.family for one in held}}
    scales = [medians[one.row.family] for one in held]
    factor = _quantile(np.array([one.size / scale for one, scale in zip(held, scales)]), COVERAGE)
    return factor * statistics.median(scales) / statistics.median(one.size for one in held)


def page(sample: Sample, weights: Weights, tied: Ties, held: Sequence[Held], given: Sample) -> str:
    """docs/doubt.md."""
    quality, flat = Quality.of(held), Quality.of(left_out(Sample.of(sample.rows, ("every_kernel",))))
    known = known_families(held)
    replayed, replays_held = weights_of(given), left_out(given)
    of_replays = Quality.of(replays_held)
    third = sorted(held, key=lambda one: one.half_width)
    thirds = [third[len(third) * part // 3:len(third) * (part + 1) // 3] for part in range(3)]
    lines = [
        "# How far off a time may be", "",
        "Written by `Scripts/fit --doubt` from the recorded figures of `trnsim accuracy --source` and of replays.", "",
        "Every predicted time has an interval in which a device's time is for nine in ten kernels, and the mechanism with the largest",
        "part of it: `doubt` in the text report, `time_low_us`, `time_high_us` and `doubt` in JSON, `report.interval` in Python. It is",
        "wide where measured kernels that work alike were far off, and the prediction is in it, not in its middle: nothing is",
        "corrected.", "",
        *_wrapped("* **What it is good for.** A wide interval says that the prediction may be wrong, and which part to measure: compare such a kernel "
                  "on a device before you believe a difference. A narrow one is right as often, and closer.", "  "),
        *_wrapped(f"* **Kernels from source**, ordered and placed by the compiler's passes: the interval goes from t·exp(−a) to t·exp(b), with a² and b² the "
                  f"sums over mechanisms of (weight · share of the time)². Of all mechanisms tried, "
                  f"{_names(name for name in WIDENING if name != 'every_kernel')} and a constant alone make intervals of unknown families better; a factor for "
                  "each side widens them until they hold for 90 % of kernels, each kernel counting once, whose family the weights were not fitted to.", "  "),
        *_wrapped("* **The widest part** is told by a second fit, of all mechanisms that three families or more have: how much of the errors goes with each. "
                  "Shares overlap: DMA and engines work at the same time.", "  "),
        *_wrapped("* **Programs in their author's order** (`.trn` files, kernels of `trnsim kernels`, `--schedule program`) and replays of captured streams: "
                  f"what replays were off by, {100 * (1 - np.exp(-float(replayed.below[0]))):.1f} % below to "
                  f"{100 * (np.exp(float(replayed.above[0])) - 1):.1f} % above the prediction. It holds if the device runs that order: what its compiler may make of it is not in it. Work at prices that nobody measured is taken "
                  "to be off by up to a factor of two, work beyond measured sizes by 15 %, both assumed.", "  "),
        *_wrapped("* **Prices beyond their measured sizes**: work with more or fewer elements than any captured instruction of its kind "
                  "(`Sources/Reports/MeasuredSizes+Table.swift`); *assumed prices* are what no document and no measurement gives "
                  "(`trnsim hardware explain` lists them). The report names the work that takes most time.", "  "),
        "* **Outside of what was measured**: the time, or a mechanism's share, is beyond that of all measured kernels.",
        "* **Not calibrated**: exchanges between cores, machines with fewer measured kernels than an interval takes (trn1, trn3),",
        "  machines with changed values. There is no interval then.",
        *_wrapped(f"* **Ties**: `trnsim compare` calls variants ties that are within {100 * (np.exp(tied.distance) - 1):.0f} % of the best: errors of variants of one "
                  f"problem go together, and of {tied.pairs} measured pairs those further apart ({tied.apart}) are ordered right in {100 * tied.right:.0f} % "
                  "(families count alike).", "  "), "",
        "## How good it is", "",
        "Kernels from source, with families left out of weights and factors (which mechanisms have a weight was chosen once, not again):", "",
        "| what | found | goal |", "|---|---:|---:|",
        f"| kernels within their interval, of {len(held)} | {100 * quality.coverage:.1f} % | 87 to 93 % |",
        f"| median half width | {quality.half_width:.1f} % | |", f"| median error, of the predicted time | {quality.size:.1f} % | |",
        f"| half width / error | {quality.ratio:.1f} | 1.5 |",
        f"| … with one width for all kernels | {flat.ratio:.1f} | |",
        f"| … if every family's own median error were known beforehand | {known:.1f} | |",
        f"| rank correlation of width and error | {quality.correlation:+.2f} | above 0 |", "",
        "| kernels by width | median half width | median error | within |", "|---|---:|---:|---:|"]
    for name, part in zip(("the narrowest third", "the middle third", "the widest third"), thirds):
        lines.append(f"| {name} | {statistics.median(one.half_width for one in part):.1f} % | "
                     f"{statistics.median(one.size for one in part):.1f} % | {100 * sum(one.holds for one in part) / len(part):.0f} % |")
    lines += ["", *_wrapped(
        "A half width of 1.5 times the median error is not to be had by intervals that hold for 90 %: it would take errors of one size. Where "
        "errors are normal and of one scale the ratio is 2.4, where they have a Laplace distribution 3.3; and even with the scale of each family known beforehand it would be "
        f"{known:.1f} here, because errors within a family have such tails (a variant that a compiler treats otherwise than its siblings). What would narrow intervals is the "
        "missing mechanisms themselves (ACCURACY.md), not a better fit of what they leave."), "",
        f"Replays and given streams: {100 * of_replays.coverage:.0f} % of {len(replays_held)} captures within, "
        f"median half width {of_replays.half_width:.1f} %, median error {of_replays.size:.1f} %.", "",
        "## By family", "", "| family | kernels | within | median half width | median error |", "|---|---:|---:|---:|---:|"]
    by_family = {family: [one for one in held if one.row.family == family] for family in dict.fromkeys(one.row.family for one in held)}
    for family, ours in sorted(by_family.items(), key=lambda pair: (sum(one.holds for one in pair[1]) / len(pair[1]), pair[0])):
        lines.append(f"| {family} | {len(ours)} | {sum(one.holds for one in ours)} | {statistics.median(one.half_width for one in ours):.1f} % | "
                     f"{statistics.median(one.size for one in ours):.1f} % |")
    reasons = reasons_of(sample)
    lines += ["", "## The weights", "",
              "Lowest and highest: factors of the time where a mechanism has work for all of it, alone. Reason: what errors spread by there.", "",
              "| mechanism | lowest | highest | reason | kernels with more than 1 % | families | largest share |",
              "|---|---:|---:|---:|---:|---:|---:|"]
    for column, name in enumerate(MECHANISMS):
        if not any(name in row.shares for row in sample.rows):
            continue
        some = sample.shares[:, column] > _SOME
        ends = ("-", "-") if not sample.widening[column] else (f"{np.exp(-weights.below[column]):.2f}", f"{np.exp(weights.above[column]):.2f}")
        lines.append(f"| `{name}` | {ends[0]} | {ends[1]} | {100 * reasons[column]:.0f} % | {int(some.sum())} | "
                     f"{len(set(sample.families[some]))} | {100 * float(sample.shares[:, column].max()):.0f} % |")
    return "\n".join([*lines, ""])


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _wrapped(words: str, indent: str = "", width: int = 120) -> list[str]:
    return textwrap.wrap(words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(check: bool = False) -> int:
    """Fits both tables to the recorded figures and writes them and the page, or prints the page alone."""
    if not os.path.isdir(os.path.dirname(TABLE)):
        raise DoubtError("this is for a checkout of the project's sources: there is no Sources folder")
    sample = Sample.of([row for row in recorded.read() if machine_of(row) == "trn2"])
    given = Sample.of(replays([_text(path) for path in REPLAYS]))
    weights, tied, held = weights_of(sample), ties(sample.rows), left_out(sample)
    text = page(sample, weights, tied, held, given)
    if check:
        print(text, end="")
        return 0
    tables = [swift(sample, weights, tied), swift(given, weights_of(given), None, "trn2Given", "given")]
    for path, content in ((TABLE, swift_file(tables)), (PAGE, text)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    print(text[text.index("Kernels from source, with families"):text.index("## By family")], end="")
    return 0


__all__ = ["COVERAGE", "DoubtError", "Held", "MECHANISMS", "Quality", "Sample", "Ties", "WIDENING", "Weights", "known_families", "left_out",
           "page", "rank_correlation", "reasons_of", "replays", "swift", "swift_file", "ties", "weights_of", "write"]
