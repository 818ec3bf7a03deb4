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
