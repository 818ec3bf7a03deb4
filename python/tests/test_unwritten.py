"""Outputs that nobody wrote: which region, why as far as the launch knows, and where programs of a grid run."""

from __future__ import annotations

import json
import subprocess
import warnings

import neuronxcc.nki as beta
import neuronxcc.nki.language as bl
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.core.tool import find_tool

X = np.arange(32, dtype=np.float32).reshape(4, 8) + 1


@nki.jit
def half_written(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out[0:2], nl.load(x[0:2]))
    return out


@nki.jit
def halves(x):
    """Each logical core does its half."""
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    here = nl.program_id(0) * 2
    nl.store(out[here:here + 2], nl.load(x[here:here + 2]))
    return out


def noted(kernel, *arguments):
    result = trnsim.simulate(kernel, *arguments)
    return np.asarray(result.values), [note for note in result.report.notes if "nothing was stored" in note]


@pytest.mark.parametrize("backend", ["library", "cli"])
def test_a_forgotten_store_is_noted_with_its_region(backend, monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_BACKEND", backend)
    with pytest.warns(trnsim.SimulationWarning, match="nothing was stored") as given:
        values = half_written(X)
    assert given[0].filename == __file__
    assert str(given[0].message) == ("nothing was stored to out[2:4, :] (16 of 32 elements), NaN is there: a store is missing or "
                                     "stops short; TRNSIM_STRICT=1 makes this an error")
    np.testing.assert_array_equal(values[:2], X[:2])
    assert np.isnan(values[2:]).all()
    assert trnsim.last_report().json["unwritten_outputs"][0]["ranges"] == [[[2, 4, 1], [0, 8, 1]]]


def test_whole_outputs_are_not_noted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(halves[2](X), X)


def test_strict_runs_refuse_them(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(trnsim.SimulationError, match="output 'out' is incomplete") as error:
        half_written(X)
    assert "nothing was stored to out[2:4, :] (16 of 32 elements)" in str(error.value)


@pytest.mark.parametrize("stores, place", [
    ([], "out, all of it (32 of 32 elements)"),
    ([(slice(0, 4), slice(0, 7))], "out[:, 7] (4 of 32 elements)"),
    ([(slice(0, 4), slice(0, 8, 2))], "out[:, 1:8:2] (16 of 32 elements)"),
    ([(slice(0, 3), slice(0, 8)), (slice(3, 4), slice(2, 8))], "out[3, 0:2] (2 of 32 elements)"),
    ([(slice(1, 2), slice(0, 8)), (slice(3, 4), slice(0, 4))], "out[0, :], out[2, :], out[3, 4:8] (20 of 32 elements)"),
])
@pytest.mark.parametrize("dtype, value", [(nl.float32, "NaN"), (nl.int32, "4"), (nl.bfloat16, "NaN")])
def test_regions_in_plain_words(stores, place, dtype, value) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        nl.store(nl.ndarray(x.shape, x.dtype, buffer=nl.private_hbm), tile)
        for part in stores:
            nl.store(out[part], tile[part])
        return out

    x = X.astype(dtype.numpy)
    values, notes = noted(kernel, x)
    assert len(notes) == 1 and notes[0].startswith(f"nothing was stored to {place}, {value} is there")
    written = np.zeros(X.shape, bool)
    for part in stores:
        written[part] = True
    np.testing.assert_array_equal(values[written], x[written])
    np.testing.assert_array_equal(values[~written].astype(np.float32), np.nan if value == "NaN" else 4)


def test_scattered_elements_are_told_by_the_box_around_them() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((1, 4096), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        start = 0
        for i in range(60):
            nl.store(out[0:1, start:start + 1 + i % 3], tile[0:1, 0:1 + i % 3])
            start += 3 + i % 5
        return out

    _, notes = noted(kernel, np.ones((1, 8), np.float32))
    assert notes[0].startswith("nothing was stored to elements scattered over out[:, 1:4096] (3976 of 4096 elements)")


def test_what_the_caller_does_not_see_is_not_noted() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out[0:2], nl.load(x[0:2]))
        return out[0:2]

    values, notes = noted(kernel, X)
    assert notes == []
    np.testing.assert_array_equal(values, X[:2])


def test_outputs_may_be_read_before_they_are_written_with_a_note() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out[0:2], nl.load(x[0:2]))
        tile = nl.load(out)
        again = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(again, tile)
        return out, again

    result = trnsim.simulate(kernel, X)
    for values in result.values:
        np.testing.assert_array_equal(values[:2], X[:2])
        assert np.isnan(values[2:]).all()
    assert any("NaN was used" in note for note in result.report.notes)
    assert [note for note in result.report.notes if "nothing was stored to out[2:4, :]" in note]
    assert result.report.seconds > 0


def test_the_other_logical_core_is_named_as_the_reason() -> None:
    values, notes = noted(halves, X)
    assert len(notes) == 1 and "out[2:4, :]" in notes[0]
    assert "launched on one logical core: kernel[2](…) or NEURON_LOGICAL_NC_CONFIG=2 runs it on both" in notes[0]
    assert np.isnan(values[2:]).all()


def test_half_of_a_pair_is_noted() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) == 0:
            nl.store(out[0:2], nl.load(x[0:2]))
        else:
            nl.store(nl.ndarray((2, 8), x.dtype, buffer=nl.private_hbm), nl.load(x[2:4]))
        return out

    values, notes = noted(kernel[2], X)
    assert len(notes) == 1 and "[2:4, :] (16 of 32 elements)" in notes[0]
    assert np.isnan(values[2:]).all()


@pytest.mark.parametrize("spelling", [lambda: halves[2], lambda: halves[nl.nc(2)], lambda: halves[(2, 1)]],
                         ids=["[2]", "[nl.nc(2)]", "[2, 1]"])
def test_brackets_choose_the_logical_cores(spelling) -> None:
    result = trnsim.simulate(spelling(), X)
    np.testing.assert_array_equal(result.values, X)
    assert result.report.cores_per_rank == 2 and result.report.notes == []


def test_the_environment_chooses_the_logical_cores(monkeypatch) -> None:
    monkeypatch.setenv("NEURON_LOGICAL_NC_CONFIG", "2")
    result = trnsim.simulate(halves, X)
    np.testing.assert_array_equal(result.values, X)
    assert result.report.cores_per_rank == 2
    one = trnsim.simulate(halves[1], X)
    assert one.report.cores_per_rank == 1
    assert any("NEURON_LOGICAL_NC_CONFIG is 2: the brackets count" in note for note in one.report.notes)
    monkeypatch.setenv("NEURON_LOGICAL_NC_CONFIG", "3")
    with pytest.raises(ValueError, match="NEURON_LOGICAL_NC_CONFIG=3"):
        halves(X)


def test_further_extents_of_the_second_generation_are_refused() -> None:
    for grid in ((2, 3), (1, 2), (nl.nc(2), 2)):
        with pytest.raises(trnsim.UnsupportedError, match="the brackets of nki.jit hold one number") as error:
            halves[grid](X)
        assert "help:" in str(error.value)
    with pytest.raises(trnsim.UnsupportedError, match="4 programs on 2 cores"):
        halves[nl.spmd_dim(nl.nc(2), 2)](X)


class TestFirstGeneration:
    @staticmethod
    @beta.jit
    def rows(x):
        out = bl.ndarray(x.shape, dtype=x.dtype, buffer=bl.shared_hbm)
        i = bl.program_id(0) * bl.num_programs(1) + bl.program_id(1)
        p, f = bl.arange(1)[:, None], bl.arange(8)[None, :]
        bl.store(out[i + p, f], bl.load(x[i + p, f]))
        return out

    @pytest.mark.parametrize("grid, cores", [
        ((2, 2), 1), ((bl.nc(2), 2), 2), ((2, bl.nc(2)), 2), ((bl.spmd_dim(bl.nc(2), 2), 1), 2),
        ((bl.spmd_dim(2, bl.nc(2)), 1), 2),
    ])
    def test_grids_on_cores(self, grid, cores) -> None:
        result = trnsim.simulate(self.rows[grid], X)
        np.testing.assert_array_equal(result.values, X)
        assert result.report.cores_per_rank == cores and len(result.report.programs) == cores
        # Each core has its share of the work.
        assert [text.count("\ndma_copy") for text in result.report.programs] == [8 // cores] * cores

    def test_extents_that_were_dropped_are_the_reason(self) -> None:
        values, notes = noted(self.rows, X)
        assert len(notes) == 1 and "out[1:4, :]" in notes[0] and "launched without a grid" in notes[0]
        assert np.isnan(values[1:]).all()


def test_a_kernel_that_returns_nothing_says_so() -> None:
    @nki.jit
    def silent(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))

    with pytest.warns(trnsim.SimulationWarning, match="kernel 'silent' returns no tensor.*return the tensors"):
        assert silent(X) is None


def test_the_command_line_fails_and_notes_if_asked(tmp_path) -> None:
    result = trnsim.simulate(half_written, X)
    result.report.save_program(str(tmp_path / "k.trn"))
    np.save(tmp_path / "x.npy", X)
    command = [find_tool(), "run", "k.trn", "--input", "x=x.npy", "--output-dir", "out"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, check=False)

    failed = run()
    assert failed.returncode == 2
    assert "output 'out' is incomplete" in failed.stderr and "nothing was stored to out[2:4, :] (16 of 32" in failed.stderr
    done = run("--unwritten-outputs", "note")
    assert done.returncode == 0
    assert "note      nothing was stored to out[2:4, :] (16 of 32 elements)" in done.stdout
    values = np.load(tmp_path / "out" / "out.npy")
    np.testing.assert_array_equal(values[:2], X[:2])
    assert np.isnan(values[2:]).all()
    report = json.loads(run("--unwritten-outputs", "note", "--json").stdout)
    assert report["unwritten_outputs"][0]["note"] == "nothing was stored to out[2:4, :] (16 of 32 elements)"
