"""Sweeps that the tests spread in several ways, and what `trnsim sweep` itself makes of them."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

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


def write(text: str, folder: Path) -> str:
    """The spec's path; with the program that it may name."""
    (folder / "specs").mkdir()
    (folder / "programs").mkdir()
    spec = folder / "specs" / "tiles.yaml"
    spec.write_text(text)
    if "program:" in text:
        subprocess.run([TOOL, "emit", "rmsnorm", "--param", "tokens=8", "-o", str(folder / "programs" / "rmsnorm.trn")],
                       check=True)
    return str(spec)


def expected(spec: str, folder: Path, *options: str) -> list:
    """The rows that `trnsim sweep` stores without shards."""
    store = folder / f"whole{'-'.join(options)}.sqlite"
    subprocess.run([TOOL, "sweep", spec, "--store", str(store), *options], check=True, capture_output=True)
    return rows(store)


def rows(store: Path) -> list:
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT * FROM result ORDER BY rung, id").fetchall()
    finally:
        connection.close()
