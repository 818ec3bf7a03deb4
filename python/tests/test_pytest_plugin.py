"""The plugin under pytest's own harness."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from trnsim.pytest_plugin import METRICS, allows

pytest_plugins = ["pytester"]

SOURCE = str(Path(__file__).resolve().parents[1] / "src")

TEST = """
import numpy as np
import trnsim
trnsim.install()
import nki, nki.isa as nisa, nki.language as nl

def double(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=x)
    for _ in range({steps}):
        nisa.tensor_tensor(dst=tile, data1=tile, data2=tile, op=nl.add)
    nisa.dma_copy(dst=out, src=tile)
    return out

def test_double(trn):
    trn.check(nki.jit(double), [np.ones(({rows}, 64), np.float32)]{more})
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Runs the test file above with the plugin in a process of its own."""
    # An installation, or what one left beside the sources, would load the plugin too.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([SOURCE, os.environ.get("PYTHONPATH", "")]))

    def inner(*options: str, steps: int = 2, rows: int = 128, more: str = "") -> pytest.RunResult:
        pytester.makepyfile(test_kernel=TEST.format(steps=steps, rows=rows, more=more))
        return pytester.runpytest_subprocess("-p", "trnsim.pytest_plugin", "-p", "no:cacheprovider", *options)

    return inner


def test_numbers_are_accepted_and_gate(run, pytester):
    missing = run()
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["*nothing is accepted for it yet*", "*--trn-update*"])
    run("--trn-update").assert_outcomes(passed=1)
    path = pytester.path / "test_kernel.trnsim.json"
    accepted = path.read_text()
    entry = json.loads(accepted)["entries"]["test_double"]
    assert set(entry["metrics"]) == set(METRICS)
    assert entry["arguments"] == ["float32 [128, 64]"]
    run().assert_outcomes(passed=1)
    slower = run(steps=3)
    slower.assert_outcomes(failed=1)
    slower.stdout.fnmatch_lines(["*test_double: slower*", "*total_time_ps*+*%*",
                                 "*vector_engine_instruction_count*"])
    faster = run(steps=1)
    faster.assert_outcomes(passed=1)
    faster.stdout.fnmatch_lines(["*better than accepted*", "*test_double: better*", "*total_time_ps*-*%*"])
    run("--trn-strict", steps=1).assert_outcomes(failed=1)
    assert path.read_text() == accepted, "checks write nothing"
    run("--trn-update", steps=1).assert_outcomes(passed=1)
    run("--trn-strict", steps=1).assert_outcomes(passed=1)


def test_other_arguments_and_hardware_are_not_comparable(run):
    run("--trn-update").assert_outcomes(passed=1)
    rows = run(rows=64)
    rows.assert_outcomes(failed=1)
    rows.stdout.fnmatch_lines(["*not comparable, the arguments changed*"])
    machine = run(more=", overrides=('dma.bytes_per_cycle=16',)")
    machine.assert_outcomes(failed=1)
    machine.stdout.fnmatch_lines(["*not comparable, the hardware changed*"])


def test_tolerances(run):
    run("--trn-update").assert_outcomes(passed=1)
    more = ", tolerance={'total_time_ps': '+50 % -0', 'vector_engine_instruction_count': '9'}"
    run(steps=3, more=more).assert_outcomes(passed=1)
    run(steps=3, more=", tolerance={'total_time_ps': '50 %'}").assert_outcomes(failed=1)
    run(more=", tolerance={'speed': '1'}").assert_outcomes(failed=1)


def test_damaged_baselines_are_named(run, pytester):
    (pytester.path / "test_kernel.trnsim.json").write_text("{")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is no baseline of this version*"])


@pytest.mark.parametrize(("tolerance", "old", "new", "allowed"), [
    ("0", 5, 5, True), ("0", 5, 6, False), ("1", 5, 6, True), ("+1", 5, 4, False), ("-1", 5, 4, True),
    ("2 %", 100, 102, True), ("2%", 100, 103, False), ("+2 % -0", 100, 99, False), ("+2 % -5", 100, 95, True),
])
def test_tolerance(tolerance, old, new, allowed):
    assert allows(tolerance, old, new) is allowed


@pytest.mark.parametrize("text", ["", "fast", "2 %%", "1 x"])
def test_bad_tolerance(text):
    with pytest.raises(ValueError, match="is no tolerance"):
        allows(text, 1, 1)
