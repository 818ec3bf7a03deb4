"""How far times may be off: fitted to made-up kernels whose errors are known."""

from __future__ import annotations

import nki
import nki.language as nl
import numpy as np
import pytest

import trnsim
from trnsim.validation import doubt, recorded
from trnsim.validation.figures import Row
from trnsim.validation.kernels import Group


WIDENING = ("every_kernel", "order", "tensor")


def sampled(rows: list[Row]) -> doubt.Sample:
    return doubt.Sample.of(rows, WIDENING)


def made_up(families: int = 30, kernels: int = 12, *, seed: int = 3, bias: float = 0.0) -> list[Row]:
    """Kernels whose errors spread as 2 % and 60 % of the time that waits for an order."""
    numbers = np.random.default_rng(seed)
    rows = []
    for family in range(families):
        for kernel in range(kernels):
            order = float(numbers.uniform(0, 1))
            error = bias + float(numbers.normal(0, 0.02 + 0.6 * order))
            rows.append(Row(f"family {family}", Group.MAIN, f"kernel {kernel}", "", 100 * float(np.exp(error)), 100.0,
                            shares={"every_kernel": 1.0, "order": order, "tensor": float(numbers.uniform(0, 1))}))
    return rows


def test_intervals_hold_for_nine_in_ten_kernels_of_families_left_out() -> None:
    held = doubt.left_out(sampled(made_up()))
    assert len(held) == 360
    assert 0.87 <= sum(one.holds for one in held) / len(held) <= 0.93


def test_wider_intervals_have_larger_errors() -> None:
    held = sorted(doubt.left_out(sampled(made_up())), key=lambda one: one.half_width)
    thirds = [held[part * 120:(part + 1) * 120] for part in range(3)]
    sizes = [float(np.median([one.size for one in part])) for part in thirds]
    assert sizes[0] < sizes[1] < sizes[2]
    assert doubt.rank_correlation([one.half_width for one in held], [one.size for one in held]) > 0.4


def test_the_mechanism_at_fault_has_the_largest_weight() -> None:
    weights = doubt.weights_of(sampled(made_up()))
    names = list(doubt.MECHANISMS)
    for side in (weights.below, weights.above):
        assert names[int(np.argmax(side))] == "order" and np.all(side >= 0)


def test_an_error_of_all_kernels_makes_the_interval_lopsided() -> None:
    """Devices that are slower leave the prediction where it is."""
    held = doubt.left_out(sampled(made_up(bias=0.5)))
    assert all(one.low <= 100 <= one.high for one in held)
    assert np.median([one.high - 100 for one in held]) > 2 * np.median([100 - one.low for one in held])


def test_ties_are_pairs_that_are_not_ordered_right() -> None:
    """Right from 20 % on, a coin below."""
    rows = []
    for family in range(10):
        for number in range(8):
            swapped = number ^ 1 if family % 2 else number
            rows.append(Row(f"family {family}", Group.MAIN, str(number), "", 100 * 1.1**swapped, 100 * 1.1**number))
    found = doubt.ties(rows)
    assert found.pairs == 280 and found.right >= 0.9
    # Half of the neighbours' pairs of half of the families are wrong: 1.1 alone is told apart in 6 of 7 of them.
    assert found.distance <= np.log(1.1) * 1.001
    with pytest.raises(doubt.DoubtError, match="pairs do not say"):
        doubt.ties(rows[:3])


def test_figures_without_shares_are_no_sample() -> None:
    rows = [Row("f", Group.MAIN, "k", "", 100, 100)]
    with pytest.raises(doubt.DoubtError, match="record the figures anew"):
        doubt.Sample.of(rows)


def test_a_factor_for_each_side_makes_the_median_interval_narrow() -> None:
    """Where errors are of one sign the other side is not widened for them."""
    rows = [Row(row.family, row.group, row.kernel, "", 100 * max(1.0, row.measured / 100), 100.0, shares=row.shares) for row in made_up()]
    weights = doubt.weights_of(sampled(rows))
    assert np.all(weights.below <= 0.02) and weights.above.max() > 0.3


def test_reasons_are_those_of_several_families() -> None:
    rows = made_up()
    names = list(doubt.MECHANISMS)
    reasons = doubt.reasons_of(doubt.Sample.of(rows))
    assert names[int(np.argmax(reasons))] == "order"
    # A mechanism that one family alone has takes no blame.
    rows = [Row(row.family, row.group, row.kernel, "", row.measured, row.predicted, shares={**row.shares, "spills": row.family == "family 0"})
            for row in rows]
    assert doubt.reasons_of(doubt.Sample.of(rows))[names.index("spills")] == 0


@pytest.mark.sources
def test_replays_are_read_from_the_core_s_tables() -> None:
    rows = doubt.replays([doubt._text(path) for path in doubt.REPLAYS])
    assert len(rows) >= 45 and {row.family for row in rows} >= {"cs149 transpose", "kernel-fusion attention"}
    assert all(row.predicted is not None and 0.8 < row.predicted / row.measured < 1.25 for row in rows)
    with pytest.raises(doubt.DoubtError, match="no table"):
        doubt.replays(["nothing"])


def test_the_table_has_the_core_s_names() -> None:
    sample = sampled(made_up(8, 6))
    weights, tied = doubt.weights_of(sample), doubt.Ties(0.1, 100, 50, 0.95)
    text = doubt.swift(sample, weights, tied)
    assert "        .order, below: " in text and 'machine: "trn2", stream: .compiled, kernels: 48, families: 8,' in text
    assert "coverage: 0.9, tie: Tie(distance: 0.1000, pairs: 100)," in text
    assert "tie: nil" in doubt.swift(sample, weights, None, "trn2Given", "given")
    # What was not recorded has no row.
    assert ".gpsimd" not in text
    page = doubt.page(sample, weights, tied, doubt.left_out(sample), sample)
    assert "| `order` |" in page and "| … with one width for all kernels |" in page


@pytest.mark.sources
def test_what_is_written_is_what_is_recorded() -> None:
    with open(doubt.PAGE, encoding="utf-8") as file:
        page = file.read()
    sample = doubt.Sample.of([row for row in recorded.read() if doubt.machine_of(row) == "trn2"])
    assert f"of {len(sample.rows)} |" in page, "Scripts/fit --doubt writes it"
    quality = doubt.Quality.of(doubt.left_out(sample))
    assert f"{100 * quality.coverage:.1f} %" in page and f"| half width / error | {quality.ratio:.1f} |" in page
    # Intervals hold, and wider ones are of larger errors.
    assert 0.87 <= quality.coverage <= 0.93 and quality.correlation > 0


def test_recorded_shares_are_shares() -> None:
    rows = [row for row in recorded.read() if row.shares]
    assert rows
    for row in rows:
        assert set(row.shares) <= set(doubt.MECHANISMS) and all(0 <= share <= 1 for share in row.shares.values())
        assert recorded.json_of_row(row)["shares"] == row.shares


@nki.jit
def doubled(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nki.isa.dma_copy(dst=tile, src=x)
    nki.isa.tensor_tensor(tile, tile, tile, op=nl.add)
    nki.isa.dma_copy(dst=out, src=tile)
    return out


def test_reports_have_an_interval_and_its_reason() -> None:
    x = np.ones((128, 512), np.float32)
    report = trnsim.simulate(doubled, x, mode="timing").report
    assert report.interval is not None
    low, high = report.interval
    assert low < report.microseconds < high
    parts = report.json["doubt"]["parts"]
    assert sum(part["microseconds"] for part in parts) == pytest.approx((high - low) / 2)
    assert set(report.json["doubt"]["shares"]) == set(doubt.MECHANISMS)
    unknown = trnsim.simulate(doubled, x, mode="timing", hardware="trn3").report
    assert unknown.interval is None and "trn3" in unknown.json["doubt"]["reason"]
