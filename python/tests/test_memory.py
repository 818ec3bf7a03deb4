"""TRNSIM_MEMORY: what there is no memory for is an exception, and never the end of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import trnsim

SCRIPT = """
import numpy as np, trnsim
trnsim.install()
import nki, nki.language as nl

@nki.jit
def copied(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.load(x))
    return out

large = np.zeros((128, 8192), np.float32)
try:
    copied(large)
except Exception as error:
    print(type(error).__name__, error)
print("goes on", copied(large[:, :16].copy()).shape)
"""


def run(memory: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "copied.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"TRNSIM_MEMORY": memory, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False)


def test_values_beyond_the_budget_are_an_exception(tmp_path: Path) -> None:
    """8 MiB of tensors, twice, and the tile that is moved."""
    done = run("12M", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the values need about 20.0 MiB of memory" in done.stdout
    assert "12.0 MiB (what --memory or TRNSIM_MEMORY allows)" in done.stdout
    assert "goes on (128, 16)" in done.stdout


def test_an_amount_that_is_none_is_an_exception(tmp_path: Path) -> None:
    done = run("lots", tmp_path)
    assert "TRNSIM_MEMORY: 'lots' is not an amount of memory" in done.stdout + done.stderr


RECORDINGS = """
import numpy as np, trnsim
trnsim.install()
import nki, nki.isa as nisa, nki.language as nl
import neuronxcc.nki.language as bl

def result(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.load(x))
    return out

@nki.jit
def instructions(x):
    tile = nl.load(x)
    while True:
        nisa.tensor_copy(tile, tile)  # instructions

@nki.jit
def tensors(x):
    while True:
        nl.ndarray((128, 8), nl.float32, buffer=nl.sbuf)  # tensors

@nki.jit
def passes(x):
    for i in nl.affine_range(10**12):  # passes
        pass

@nki.jit
def output(x):
    out = nl.ndarray((1 << 20, 1 << 20), nl.float32, buffer=nl.shared_hbm)  # output
    nl.store(out[0:128, 0:64], nl.load(x))
    return out

@nki.jit
def grid(x):
    nl.load(x[nl.arange(10**12)[:, None], 0])  # grid

@nki.jit
def first_grid(x):
    nl.load(x[bl.arange(10**12)[:, None], 0])  # first_grid

@nki.jit
def open_grid(x):
    nl.load(x[nl.mgrid[0:10**13, 0:1]])  # open_grid

@nki.jit
def argument(x):
    return result(x)

x = np.ones((128, 64), np.float32)
strided = np.broadcast_to(np.float32(1), (1 << 19, 1 << 19))
for kernel, given in ((instructions, x), (tensors, x), (passes, x), (output, x), (grid, x), (first_grid, x), (open_grid, x), (argument, strided)):
    try:
        kernel(given)
        print(kernel.__name__, "accepted")
    except Exception as error:
        print(kernel.__name__, type(error).__name__, error)
print("goes on", nki.jit(result)(x).shape)
"""


def test_recordings_without_end_are_an_exception_at_their_line(tmp_path: Path) -> None:
    """Loops of Python, tensors, passes, outputs, grids and copies of arguments; after each there is as much memory as before."""
    script = tmp_path / "recordings.py"
    script.write_text(RECORDINGS)
    environment = os.environ | {"TRNSIM_MEMORY": "24M", "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = done.stdout
    for name in ("instructions", "tensors", "passes", "output", "grid", "first_grid", "open_grid"):
        line = next(number for number, text in enumerate(RECORDINGS.splitlines(), 1) if text.endswith(f"# {name}"))
        assert f"{name} NkiValidationError" in found, found
        assert f"recordings.py:{line}" in found, found
    assert found.count("host memory: the ") == 3 and found.count("24.0 MiB (what --memory or TRNSIM_MEMORY allows)") == 8, found
    assert "output 'out' needs about 4.0 TiB of memory" in found
    assert "'x' is not contiguous, and a copy of it needs about 1.0 TiB of memory" in found
    assert "goes on (128, 64)" in found
