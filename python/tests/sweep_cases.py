"""Sweeps that the tests spread in several ways, and what `trnsim sweep` itself makes of them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()

GRID = """
kernel: matmul
parameters: {m: 128, k: 128, n: 512, tile_m: [32, 64, 128], tile_n: [128, 256, 512, 1024], buffers: 1..4}
"""

#: 24 variants, then the best 6, then the best 2 of these.
HALVING = """
kernel: matmul
parameters: {k: 128, n: 512, tile_m: [32, 64, 128], tile_n: [64, 128, 256, 512], buffers: 1..2}
search: {halving: 24, keep: 4, fidelity: {m: [128, 256, 512]}}
"""

#: Beside the program in another folder: workers must get it.
PROGRAMS = """
program: ../programs/rmsnorm.trn
set: {dma.bytes_per_cycle: [16, 32, 64], dma.rings: [8, 16]}
"""

#: A kernel of a script that imports a module and a package beside it, with an input from a file.
SCRIPT = """
script: ../programs/k.py
kernel: scaled
inputs: {x: ../programs/x.npy}
parameters: {tile: [128, 256, 512]}
set: {dma.rings: [8, 16]}
"""

KERNEL = """
import nki, nki.isa as nisa, nki.language as nl
from factors import FACTOR
from shapes.tiles import columns

@nki.jit
def scaled(x, tile):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for part in columns(x.shape[1], tile):
        t = nl.load(x[:, part])
        nisa.tensor_scalar(t, t, op0=nl.multiply, operand0=FACTOR)
        nl.store(out[:, part], t)
    return out
"""


def write(text: str, folder: Path) -> str:
    """The spec's path; with the program that it may name."""
    (folder / "specs").mkdir()
    (folder / "programs").mkdir()
    spec = folder / "specs" / "tiles.yaml"
    spec.write_text(text)
    if "script:" in text:
        programs = folder / "programs"
        (programs / "k.py").write_text(KERNEL)
        (programs / "factors.py").write_text("FACTOR = 2.0\n")
        (programs / "shapes").mkdir()
        (programs / "shapes" / "__init__.py").write_text("")
        (programs / "shapes" / "tiles.py").write_text(
            "def columns(width, tile):\n    return [slice(at, at + tile) for at in range(0, width, tile)]\n")
        np.save(programs / "x.npy", np.ones((64, 512), np.float32))
    if "program:" in text:
        subprocess.run([TOOL, "emit", "rmsnorm", "--param", "tokens=8", "-o", str(folder / "programs" / "rmsnorm.trn")],
                       check=True)
    return str(spec)


def expected(spec: str, folder: Path, *options: str) -> list:
    """The rows that `trnsim sweep` stores without shards."""
    store = folder / f"whole{'-'.join(options)}.sqlite"
    # Of scripts it needs an interpreter that has the package.
    environment = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    subprocess.run([TOOL, "sweep", spec, "--store", str(store), *options], check=True, capture_output=True, env=environment)
    return rows(store)


def rows(store: Path) -> list:
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT * FROM result ORDER BY rung, id").fetchall()
    finally:
        connection.close()
