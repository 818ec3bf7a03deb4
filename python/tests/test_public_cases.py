"""The suite of public kernels, on a kernel of ours in the place of one of theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[1] / "suites"

pytestmark = pytest.mark.sources

KERNEL = """
from neuronxcc import nki
import neuronxcc.nki.language as nl

@nki.jit
def softmax_kernel(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in nl.affine_range(x.shape[0] // 128):
        tile = nl.load(x[i * 128:(i + 1) * 128, :])
        nl.store(out[i * 128:(i + 1) * 128, :], {value})
    return out
"""


def run(clones: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([sys.executable, SUITES / "run.py", "public-kernels", clones, *options], capture_output=True, text=True,
                          check=False, env=environment)


def test_kernels_of_clones_are_compared_with_references(tmp_path):
    clone = tmp_path / "clones" / "allenkchau" / "trainium-kernel-fusion" / "kernels" / "baseline"
    clone.mkdir(parents=True)
    results = tmp_path / "results.jsonl"
    for value, right in (("nl.softmax(tile, axis=1)", True), ("nl.exp(tile)", False)):
        (clone / "softmax.py").write_text(KERNEL.format(value=value))
        done = run(tmp_path / "clones", "--filter", "softmax", "--again", "failed", "--results", str(results))
        assert done.returncode == (0 if right else 1), done.stderr
        results.unlink() if right else None
        assert "public-kernels: 1 of 1 pass" in done.stdout if right else "0 of 1 pass, 1 failed" in done.stdout
        assert "no clone of ucb-bar/autocomp: its kernels are left out" in done.stderr
    result, = map(json.loads, results.read_text().splitlines())
    assert result["name"] == "allenkchau/trainium-kernel-fusion::softmax_kernel"
    assert "Not equal to tolerance" in result["reason"]
    # Kernels whose files are missing fail, and say which.
    done = run(tmp_path / "clones", "--filter", "mlp_baseline")
    assert done.returncode == 1
    assert "mlp_gemm.py" in done.stdout
