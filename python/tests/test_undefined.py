"""Memory that was never written: NaN with a note as in the vendor's simulator, an error in strict runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.core.library import Session, find_library

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


TWO_TENSORS = """\
trnsim program 1
kernel p
dependencies derived
tensor y: hbm output float32 [128, 64]
tensor a: sbuf float32 [128, 600] at partition 0 byte 1200
tensor b: sbuf float32 [128, 600] at partition 0 byte 1208
tensor r: sbuf float32 [128, 600] at partition 0 byte 0x4000
memset dst=r value=0 engine=vector
dma_copy dst=y src=r[:, 0:64] engine=sync
"""


def two_tensors(random: Random) -> tuple[str, dict[int, str]]:
    """A program that writes and reads two tensors that share bytes, with gaps between elements; and by the lines of reads that see
    a byte which the other tensor was written through last: what they read."""
    first = {"a": 1200, "b": 1208}
    lines = TWO_TENSORS.splitlines()
    writers: dict[tuple[int, int], str] = {}
    foreign: dict[int, str] = {}
    for step in range(14):
        name = random.choice("ab")
        row, rows, offset = random.choice([0, 32, 64, 96]), random.choice([1, 8, 32]), random.randint(170, 190)
        dims = [(random.choice([1, 1, 2, 3, 5, 8, 40]), random.randint(1, 5)) for _ in range(random.randint(1, 3))]
        view = f"{name}.ap([{', '.join(f'[{stride}, {size}]' for stride, size in dims)}], rows={row}:{row + rows}, offset={offset})"
        starts = [offset]
        for stride, size in dims:
            starts = [start + stride * k for start in starts for k in range(size)]
        places = {(partition, first[name] + 4 * start + byte) for start in starts for byte in range(4)
                  for partition in range(row, row + rows)}
        if step < 4 or random.random() < 0.5:
            lines.append(f"memset dst={view} value={step} engine=vector")
            writers |= dict.fromkeys(places, name)
        else:
            lines.append(f"tensor_copy dst=r[{row}:{row + rows}, 0:{len(starts)}] src={view} engine=vector")
            if any(writers.get(place, name) != name for place in places):
                foreign[len(lines)] = name
    return "\n".join(lines) + "\n", foreign


def test_reads_through_another_tensor_are_those_of_every_byte() -> None:
    """Told is only what is so, and nearly all of it: each pair of tensors once, the first time."""
    random, library = Random(7), find_library()
    assert library is not None
    told = late = 0
    for _ in range(60):
        text, foreign = two_tensors(random)
        with Session(library) as session:
            for key, value in (("undefined", "note"), ("mode", "timing")):
                assert session.set(key, value)
            assert session.load(text.encode(), "p.trn") and session.run(), session.errors()
            results = json.loads(session.text("trnsim_session_report")).get("undefined_results", [])
        found = {re.match(r"read of '(\w)'", result["message"])[1]: result["line"] for result in results
                 if result["message"].startswith("read of")}
        for name, line in found.items():
            assert foreign.get(line) == name, f"line {line} of\n{text}"
        for name in set(foreign.values()):
            first = next(line for line, which in sorted(foreign.items()) if which == name)
            told, late = told + (found.get(name) == first), late + (found.get(name) != first)
    # A write with gaps may stand for an earlier one that lies in them.
    assert told > 50 and late * 10 < told, f"{told} told, {late} late or not at all"
