"""`TRNSIM_ALLOCATION=infinite`: values of kernels whose tensors no memory has room for, a loud note, and no time."""

from __future__ import annotations

import math
import subprocess

import neuronxcc.nki as nki1
import neuronxcc.nki.isa as nisa1
import neuronxcc.nki.language as nl1
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from test_failures import FREE, crowded
from trnsim.core.tool import find_tool

X = np.random.default_rng(3).random((8, 128, FREE), np.float32)


@nki.jit
def roomy(x):
    out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.load(x[0, :, 0:512]))
    return out


def reference() -> np.ndarray:
    total = np.zeros((128, FREE), np.float32)
    for part in X:
        total += part
    return X + total


def test_values_a_loud_note_and_no_time(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_ALLOCATION", "infinite")
    with pytest.warns(trnsim.SimulationWarning, match="no time") as notes:
        result = trnsim.simulate(crowded, X)
    assert (result.values == reference()).all()
    assert "sbuf has 212728 bytes in each partition, and the tensors need 294912" in str(notes[0].message)
    report = result.report
    assert "total_time" not in report.json and math.isnan(report.microseconds) and report.interval is None and report.verdict == ""
    assert "values only, nothing was timed" in report.text and "there is no time" in report.text
    assert report.json["compiler_notes"] == [note for note in report.notes if "there is no time" in note]
    with pytest.raises(trnsim.NkiValidationError, match="the run has no times"):
        report.advise()


def test_timing_alone_is_refused() -> None:
    with pytest.raises(trnsim.NkiValidationError, match="there is no time") as found:
        trnsim.simulate(crowded, X, mode="timing", allocation="infinite")
    assert "ask for values" in str(found.value)
    with pytest.raises(trnsim.NkiValidationError, match="needs 32768 bytes"):
        trnsim.simulate(crowded, X, mode="timing")


def test_what_has_room_has_its_time() -> None:
    result = trnsim.simulate(roomy, X, allocation="infinite")
    assert result.report.microseconds > 0 and not result.report.notes


def test_psum_grows_as_well() -> None:
    @nki.jit
    def kernel(x):
        """Twenty products that are all needed to the end, in eight banks, in a dynamic loop's reach, where nothing is spilled."""
        out = nl.ndarray((20, 128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
        weights, data = nl.load(x[:, 0:128]), nl.load(x[:, 128:640])
        banks = [nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.psum) for _ in range(20)]
        copies = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.sbuf)

        def body(_):
            for bank in banks:
                nisa.nc_matmul(bank, weights, data, accumulate=False)
            for number, bank in enumerate(banks):
                nisa.tensor_copy(copies, bank)
                nisa.dma_copy(out[number], copies)

        nl.fori_loop(0, 1, body)
        return out

    x = np.random.default_rng(4).integers(-4, 5, (128, 640)).astype(np.float32)
    with pytest.raises(trnsim.NkiValidationError, match="psum has"):
        trnsim.simulate(kernel, x)
    with pytest.warns(trnsim.SimulationWarning, match="psum has 16384 bytes in each partition, and the tensors need 40960"):
        result = trnsim.simulate(kernel, x, allocation="infinite")
    assert (result.values == x[:, :128].T @ x[:, 128:]).all() and math.isnan(result.report.microseconds)


@pytest.mark.skipif(find_tool() is None, reason="the program trnsim is not built")
def test_the_tool_says_the_same(tmp_path) -> None:
    report = trnsim.simulate(crowded, X, mode="values", allocation="infinite").report
    report.save_recorded(str(tmp_path / "crowded.trn"))
    np.save(tmp_path / "x.npy", X)
    done = subprocess.run([str(find_tool()), "run", "crowded.trn", "--allocation", "infinite", "--input", "x=x.npy"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing was timed" in done.stdout and "there is no time" in done.stdout


# PSUM of the first generation: blocks that stay until later are saved in SBUF, and its tiles in HBM.


def scores(rows: int, columns: int):
    """Two passes over the products of one matrix by another, whose tiles lie in PSUM between them."""

    @nki1.jit
    def kernel(q, k):
        tiles, parts = rows // 128, columns // 512
        product = nl1.ndarray((tiles, parts, nl1.par_dim(128), 512), dtype=nl1.float32, buffer=nl1.psum)
        left, right = nl1.load(q), nl1.load(k)
        for i in nl1.affine_range(tiles):
            for j in nl1.affine_range(parts):
                product[i, j] = nisa1.nc_matmul(left[:, nl1.ds(i * 128, 128)], right[:, nl1.ds(j * 512, 512)])
        largest = nl1.ndarray((nl1.par_dim(128), tiles), dtype=nl1.float32, buffer=nl1.sbuf)
        for i in nl1.affine_range(tiles):
            each = nl1.ndarray((nl1.par_dim(128), parts), dtype=nl1.float32, buffer=nl1.sbuf)
            for j in nl1.affine_range(parts):
                each[:, j] = nisa1.tensor_reduce(nl1.max, product[i, j], axis=1)
            largest[:, i] = nisa1.tensor_reduce(nl1.max, each, axis=1)
        out = nl1.ndarray((tiles, 128, columns), dtype=nl1.float32, buffer=nl1.shared_hbm)
        for i in nl1.affine_range(tiles):
            row = nl1.ndarray((nl1.par_dim(128), columns), dtype=nl1.float32, buffer=nl1.sbuf)
            for j in nl1.affine_range(parts):
                row[:, nl1.ds(j * 512, 512)] = nisa1.tensor_scalar(product[i, j], nl1.subtract, largest[:, i])
            nl1.store(out[i], row)
        return out

    return kernel


@pytest.mark.parametrize(("rows", "columns"), [(512, 1024), (1024, 2048)])
def test_blocks_of_psum_that_wait_have_their_values(rows, columns) -> None:
    random = np.random.default_rng(5)
    q, k = random.integers(-3, 4, (128, rows)).astype(np.float32), random.integers(-3, 4, (128, columns)).astype(np.float32)
    result = trnsim.simulate(scores(rows, columns), q, k)
    product = (q.T @ k).reshape(rows // 128, 128, columns)
    assert (result.values == product - product.max(axis=2, keepdims=True)).all()
    assert result.report.microseconds > 0
    # Nothing of it goes to HBM, and no note says so.
    assert not any(" 0 bytes" in note for note in result.report.notes)
