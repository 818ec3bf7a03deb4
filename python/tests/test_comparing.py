"""Variants of a kernel of this process: compare, sweep, whatif and diff, and the tables of a report."""

from __future__ import annotations

import re
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import trnsim

trnsim.install()

import nki
import nki.isa as nisa
import nki.language as nl

X = np.ones((128, 1024), np.float32)
LAUNCHES: list[int] = []


@nki.jit
def scale(x, tile=256, rounds=1):
    """Loads, adds and stores tiles of `tile` columns."""
    LAUNCHES.append(tile)
    assert x.shape[1] % tile == 0, f"tiles of {tile} do not fit"
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    for start in range(0, x.shape[1], tile):
        part = nl.ndarray((x.shape[0], tile), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(part, x[:, start:start + tile])
        for _ in range(rounds):
            nisa.tensor_tensor(part, part, part, op=nl.add)
        nisa.dma_copy(out[:, start:start + tile], part)
    return out


@nki.jit
def halves(x, rounds=1):
    """Each core doubles its half of the rows, and they meet."""
    half = x.shape[0] // 2
    here = nl.program_id(0)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    mine = nl.ndarray((half, x.shape[1]), x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(mine, x[here * half:(here + 1) * half])
    for _ in range(rounds * (1 + here)):
        nisa.tensor_tensor(mine, mine, mine, op=nl.add)
    nisa.dma_copy(out[here * half:(here + 1) * half], mine)
    nisa.core_barrier(out, (0, 1))
    return out


def time(kernel, *args, overrides=(), **kwargs) -> float:
    return trnsim.simulate(kernel, *args, mode="timing", overrides=overrides, **kwargs).report.microseconds


@pytest.fixture
def frames(monkeypatch):
    """A stand-in for pandas, which may be missing."""
    module = types.ModuleType("pandas")
    module.DataFrame = dict
    monkeypatch.setitem(sys.modules, "pandas", module)


class TestCompare:
    def test_rows_are_ranked_and_have_the_times_of_launches(self) -> None:
        found = trnsim.compare(scale, (X,), vary={"tile": [128, 256, 1024], "rounds": [1, 3]})
        rows = found.table
        assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5, 6]
        assert [row["microseconds"] for row in rows] == sorted(row["microseconds"] for row in rows)
        for row in rows:
            assert row["microseconds"] == pytest.approx(time(scale, X, tile=row["tile"], rounds=row["rounds"]), abs=1e-6)
        assert found.best == rows[0] and rows[0]["times_best"] == 1
        assert isinstance(rows[0]["tied"], bool)
        assert "against the best:" in found.text
        assert repr(found).startswith(f"<trnsim.Comparison of 6 variants, 6 ran, best tile={rows[0]['tile']} rounds=1: ")
        assert str(found) == found.text and "test_comparing.py:scale" in found.text

    def test_a_variant_that_fails_is_a_row_with_its_error(self) -> None:
        found = trnsim.compare(scale, (X,), vary={"tile": [256, 300, 1024]})
        assert [row["error"] is None for row in found.table] == [True, True, False]
        [failed] = found.errors
        assert failed["tile"] == 300 and failed["rank"] is None and "tiles of 300 do not fit" in failed["error"]
        assert "tiles of 300 do not fit" in found.text

    def test_nothing_that_runs_is_no_lost_result(self) -> None:
        found = trnsim.compare(scale, (X,), vary={"tile": [300, 700]})
        assert found.best is None and len(found.errors) == 2
        assert repr(found) == "<trnsim.Comparison of 2 variants, 0 ran, none ran>"

    def test_values_of_the_machine_record_once(self) -> None:
        LAUNCHES.clear()
        found = trnsim.compare(scale, (X,), vary={"tile": [128, 512], "scale:dma.bandwidth": [1, 2], "dma.bytes_per_cycle": [32, 64]})
        assert len(found.table) == 8 and len(LAUNCHES) <= 2
        row = next(row for row in found.table if row["tile"] == 512 and row["scale:dma.bandwidth"] == 1
                   and row["dma.bytes_per_cycle"] == 32)
        assert row["microseconds"] == pytest.approx(time(scale, X, tile=512, overrides=("dma.bytes_per_cycle=32",)), abs=1e-6)
        assert row["tied"] is None, "no device was measured with another machine's values"

    def test_machines_are_recorded_for_each(self) -> None:
        found = trnsim.compare(scale, {"x": X}, vary={"hardware": ["trn1", "trn2"]})
        times = {row["hardware"]: row["microseconds"] for row in found.table}
        assert times["trn1"] != times["trn2"]
        assert times["trn1"] == pytest.approx(trnsim.simulate(scale, X, hardware="trn1", mode="timing").report.microseconds, abs=1e-6)

    def test_several_vary_together_and_values_have_names(self) -> None:
        found = trnsim.compare(scale, (), vary={("tile", "rounds"): [(128, 4), (1024, 1)], "x": {"wide": X, "narrow": X[:64]}})
        assert {(row["tile"], row["rounds"], row["x"]) for row in found.table} == {
            (128, 4, "wide"), (128, 4, "narrow"), (1024, 1, "wide"), (1024, 1, "narrow")}

    def test_several_cores(self) -> None:
        found = trnsim.compare(halves[2], (X,), vary={"rounds": [1, 5]})
        assert [row["rounds"] for row in found.table] == [1, 5]
        assert found.table[1]["microseconds"] == pytest.approx(time(halves[2], X, rounds=5), abs=1e-6)

    @pytest.mark.parametrize(("vary", "message"), [
        ({}, "nothing is varied"),
        ({"tle": [1, 2]}, r"(?s)'tle' is no parameter of 'scale'.*did you mean 'tile'\?"),
        ({"tile": 128}, r"(?s)the values of 'tile' are 128.*write a list"),
        ({"tile": [128, 128]}, "two values of 'tile' are called '128'"),
        ({"tile": []}, "'tile' has no values"),
        ({("tile", "rounds"): [(1, 2, 3)]}, "has not 2 parts"),
    ])
    def test_mistakes_are_told(self, vary, message) -> None:
        with pytest.raises(ValueError, match=message):
            trnsim.compare(scale, (X,), vary=vary)

    def test_what_the_machine_cannot_have_is_told(self) -> None:
        with pytest.raises(trnsim.NkiValidationError, match="dma.bytes_per_cicle"):
            trnsim.compare(scale, (X,), vary={"dma.bytes_per_cicle": [32, 64]})

    def test_the_last_report_stays(self) -> None:
        report = trnsim.simulate(scale, X).report
        trnsim.compare(scale, (X,), vary={"tile": [512, 1024]})
        assert trnsim.last_report() is report

    def test_html_is_escaped(self) -> None:
        found = trnsim.compare(scale, (), vary={"x": {"<b>": X, "c": X[:64]}, "tile": [256]})
        assert "&lt;b&gt;" in found._repr_html_() and "<b>" not in found._repr_html_()


class TestSweep:
    def test_a_sample_is_the_same_for_the_same_seed(self) -> None:
        vary = {"tile": [128, 256, 512, 1024], "rounds": range(1, 6)}
        steps: list[tuple[int, int]] = []
        found = trnsim.sweep(scale, (X,), vary=vary, sample=5, seed=3, progress=lambda done, count: steps.append((done, count)))
        again = trnsim.sweep(scale, (X,), vary=vary, sample=5, seed=3, progress=lambda done, count: None)
        assert found.table == again.table and len(found.table) == 5
        assert {"tile", "rounds", "microseconds"} <= set(found.table[0])
        assert steps == [(done, 10) for done in range(1, 11)]

    def test_an_interruption_keeps_what_is_done(self) -> None:
        def stop(done: int, count: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        found = trnsim.sweep(scale, (X,), vary={"tile": [128, 256, 512, 1024]}, progress=stop)
        assert [row["error"] for row in found.table].count(None) >= 1
        assert "interrupted" in [row["error"] for row in found.table]

    def test_a_comparison_is_ended_by_it(self) -> None:
        @nki.jit
        def stopped(x, tile):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            trnsim.compare(stopped, (X,), vary={"tile": [1, 2]})


class TestWhatIf:
    def test_parts_and_factors(self) -> None:
        found = trnsim.whatif(scale, (X,), scale={"dma.bandwidth": [0.5, 2], "vector": 4})
        assert found.microseconds == pytest.approx(time(scale, X), abs=1e-6)
        rows = {(row["target"], row["factor"]): row for row in found.table}
        slower, faster = rows["dma.bandwidth", 0.5], rows["dma.bandwidth", 2]
        assert slower["change"] > 0 > faster["change"]
        assert faster["microseconds"] / found.microseconds - 1 == pytest.approx(faster["change"])
        assert ("vector", 4) in rows and ("all", 2) in rows
        assert repr(found).startswith("<trnsim.WhatIf of ") and "what-if" in repr(found)
        assert "twice as fast" in found.text

    def test_several_cores(self) -> None:
        assert trnsim.whatif(halves[2], (X,)).microseconds == pytest.approx(time(halves[2], X), abs=1e-6)

    def test_an_unknown_part_is_told(self) -> None:
        with pytest.raises(trnsim.NkiValidationError, match="'dma.bandwith' is no part of the machine"):
            trnsim.whatif(scale, (X,), scale={"dma.bandwith": 2})


class TestDiff:
    def test_reasons_and_quantities(self) -> None:
        before, after = trnsim.simulate(scale, X, rounds=1), trnsim.simulate(scale, X, rounds=30)
        found = trnsim.diff(before, after.report)
        rows = {row["quantity"]: row for row in found.table}
        assert found.table[0]["quantity"] == "total_time_ps"
        assert rows["total_time_ps"]["change"] == round((after.report.seconds - before.report.seconds) * 1e12)
        assert rows["vector_engine_instruction_count"]["change"] == 4 * 29
        assert found.reasons and any("Vector" in reason for reason in found.reasons)
        assert repr(found).startswith("<trnsim.Difference of +")
        assert "why B takes longer" in found.text

    def test_machines_of_both(self) -> None:
        before = trnsim.simulate(scale, X).report
        after = trnsim.simulate(scale, X, overrides=("dma.bytes_per_cycle=16",)).report
        found = trnsim.diff(before, after)
        assert found.json["time_change_ps"] == round((after.seconds - before.seconds) * 1e12) > 0

    def test_other_things_are_refused(self) -> None:
        with pytest.raises(TypeError, match="str is no report of a run"):
            trnsim.diff("a", "b")


class TestTables:
    def test_instructions(self, frames) -> None:
        report = trnsim.simulate(scale, X).report
        found = report.to_frame()
        assert list(found)[:8] == ["core", "engine", "opcode", "instruction", "location", "begin_us", "end_us", "duration_us"]
        assert found["engine"].count("vector") == 4
        first = found["engine"].index("vector")
        assert "tensor_tensor" in found["instruction"][first] and "test_comparing.py:" in found["location"][first]
        assert max(found["end_us"]) <= report.microseconds + 1e-9
        assert len({len(column) for column in found.values()}) == 1

    def test_transfers(self, frames) -> None:
        report = trnsim.simulate(scale, X).report
        found = report.to_frame("transfers")
        assert sum(found["hbm_read_bytes"]) == report.json["hbm_read_bytes"] == X.nbytes
        assert sum(found["hbm_write_bytes"]) == report.json["hbm_write_bytes"]
        assert all(begin <= end for begin, end in zip(found["begin_us"], found["end_us"]))

    def test_stalls(self, frames) -> None:
        found = trnsim.simulate(scale, X).report.to_frame("stalls")
        assert found["time_us"] == sorted(found["time_us"], reverse=True) and found["time_us"][0] > 0

    def test_lines(self, frames) -> None:
        report = trnsim.simulate(scale, X).report
        found = report.to_frame("lines")
        assert sum(found["critical_us"]) == pytest.approx(report.microseconds)
        source = Path(__file__).read_text().splitlines()
        for place, text in zip(found["location"], found["text"]):
            assert source[int(place.rpartition(":")[2]) - 1] == text
        assert sum(found["instructions"]) == len(report.columns("instructions")["core"])
        assert sum(found["hbm_read_bytes"]) == X.nbytes

    def test_tensors(self, frames) -> None:
        report = trnsim.simulate(scale, X).report
        found = report.to_frame("tensors")
        of_input = found["role"].index("input")
        assert (found["memory"][of_input], found["bytes"][of_input], found["read_bytes"][of_input]) == ("hbm", X.nbytes, X.nbytes)
        assert found["reread_bytes"][of_input] == 0
        of_output = found["role"].index("output")
        assert found["written_bytes"][of_output] == report.json["hbm_write_bytes"]

    def test_several_cores(self, frames) -> None:
        values = trnsim.simulate(halves[2], X)
        kept = values.values.copy()
        assert set(values.report.to_frame("transfers")["core"]) == {0, 1}
        np.testing.assert_array_equal(values.values, kept, err_msg="tables leave the caller's arrays alone")

    def test_an_unknown_table_is_told(self) -> None:
        with pytest.raises(ValueError, match="there is no table 'transfer'"):
            trnsim.simulate(scale, X).report.columns("transfer")

    def test_without_pandas_the_error_says_so(self, monkeypatch) -> None:
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(trnsim.PackageMissingError, match=r"(?s)frames need pandas, which is not installed.*pip install pandas"):
            trnsim.simulate(scale, X).report.to_frame()

    def test_without_matplotlib_the_error_says_so(self, monkeypatch) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
        with pytest.raises(trnsim.PackageMissingError, match="plots need matplotlib"):
            trnsim.whatif(scale, (X,)).plot()

    def test_results_are_frames_too(self, frames) -> None:
        found = trnsim.compare(scale, (X,), vary={"tile": [300, 512]}).to_frame()
        assert found["tile"] == [512, 300] and found["error"][0] is None
        assert list(trnsim.whatif(scale, (X,)).to_frame())[:4] == ["target", "factor", "microseconds", "change"]


def test_plots_are_drawn_on_given_axes() -> None:
    calls: list[str] = []

    class Axes:
        def __getattr__(self, name):
            return lambda *args, **kwargs: calls.append(name)

    axes = Axes()
    assert trnsim.compare(scale, (X,), vary={"tile": [256, 512]}).plot(axes) is axes
    assert {"barh", "set_yticks", "set_xlabel"} <= set(calls)


def test_the_page_runs(tmp_path, capsys) -> None:
    """docs/python.md, but for its last block, which needs pandas."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    script = tmp_path / "matmul.py"
    script.write_text("\n".join(blocks[:-1]), encoding="utf-8")
    found = runpy.run_path(str(script))
    assert "matmul.py:matmul on trn2: 4 variants of tile_n, 3 ran" in capsys.readouterr().out
    assert len(found["some"].table) == 50 and found["found"].reasons
