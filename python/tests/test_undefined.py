"""Memory that was never written: NaN with a note as in the vendor's simulator, an error in strict runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

X = np.random.default_rng(5).standard_normal((3, 16)).astype(np.float32)


@nki.jit
def squares(x):
    """Loads 3 rows, computes on 128, stores 3."""
    tile = nl.ndarray((128, 16), x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile[0:3], x)
    nisa.tensor_tensor(tile, tile, tile, nl.multiply)
    out = nl.ndarray((4, 16), x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out[0:3], tile[0:3])
    return out


def test_undefined_rows_are_nan_and_noted() -> None:
    with pytest.warns(trnsim.SimulationWarning, match="never written") as given:
        result = trnsim.simulate(squares, X)
    assert given[0].filename == __file__
    np.testing.assert_array_equal(result.values[:3], X * X)
    assert np.isnan(result.values[3]).all()
    assert result.report.microseconds > 0
    assert any("never written" in note and "test_undefined.py" in note for note in result.report.notes)


@pytest.mark.parametrize("elements", [10, 4096, 10_000])
@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "int32", "uint8"])
def test_the_kernel_s_own_tensors_in_hbm_are_filled_too(dtype, elements) -> None:
    @nki.jit
    def kernel(x):
        own = nl.ndarray((1, elements), x.dtype, buffer=nl.private_hbm)
        nisa.dma_copy(own[0:1, 0:8], x)
        tile = nl.ndarray((1, elements), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, own)
        out = nl.ndarray((1, elements), x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    x = np.arange(8)[None].astype(trnsim.tensor.dtypes.as_dtype(dtype).numpy)
    result = trnsim.simulate(kernel, x)
    found = np.asarray(result.values).astype(np.float32)
    np.testing.assert_array_equal(found[:, :8], np.arange(8)[None])
    np.testing.assert_array_equal(found[:, 8:], np.nan if "float" in dtype else 4)
    assert any("never written" in note for note in result.report.notes)


def test_strict_runs_refuse_them(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(trnsim.SimulationError, match="never written"):
        squares(X)


def test_scripts_print_notes(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text("""
import nki, nki.isa as nisa, nki.language as nl, numpy as np
@nki.jit
def kernel(x):
    tile = nl.ndarray((128, 16), x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile[0:3], x)
    nisa.tensor_tensor(tile, tile, tile, nl.multiply)
    out = nl.ndarray((3, 16), x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile[0:3])
    return out
for _ in range(3):
    kernel(np.ones((3, 16), np.float32))
""")
    done = subprocess.run([sys.executable, "-m", "trnsim", str(script)], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])})
    note, = done.stderr.splitlines()
    assert note.startswith("note: reads memory that was never written") and f"{script.name}:7: NaN was used" in note
