"""The plugin under pytest's own harness."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

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
    assert {"total_time_ps", "dma_packet_count", "hbm_read_bytes", "sbuf_peak_bytes_per_partition"} <= set(entry["metrics"])
    assert entry["parameters"] == {"input x": "float32 [128, 64]"}
    run().assert_outcomes(passed=1)
    slower = run(steps=3)
    slower.assert_outcomes(failed=1)
    slower.stdout.fnmatch_lines(["*slower: test_double*", "*total_time_ps*+*%*", "*vector_engine_instruction_count*",
                                 "*Vector executes 3 instructions instead of 2*", "*pytest --trn-update*"])
    faster = run(steps=1)
    faster.assert_outcomes(passed=1)
    faster.stdout.fnmatch_lines(["*better than accepted*", "*faster: test_double*", "*total_time_ps*-*%*"])
    run("--trn-strict", steps=1).assert_outcomes(failed=1)
    assert path.read_text() == accepted, "checks write nothing"
    run("--trn-update", steps=1).assert_outcomes(passed=1)
    run("--trn-strict", steps=1).assert_outcomes(passed=1)


def test_nothing_else_lies_beside_tests(run, pytester):
    run("--trn-update").assert_outcomes(passed=1)
    again = run("--trn-update")
    again.assert_outcomes(passed=1)
    assert "trnsim: accepted" not in again.stdout.str(), "the same numbers are not accepted again"
    assert {path.name for path in pytester.path.iterdir() if "test_kernel" in path.name} == {"test_kernel.py",
                                                                                              "test_kernel.trnsim.json"}


def test_a_failure_leaves_a_trace_and_a_report(run, pytester):
    run("--trn-update").assert_outcomes(passed=1)
    failed = run("--trn-output-dir", "found", steps=3)
    failed.stdout.fnmatch_lines(["*reports and traces: *found*test_kernel.py-test_double*"])
    [folder] = (pytester.path / "found").iterdir()
    names = sorted(path.name for path in folder.iterdir())
    assert "report.md" in names and any(name.endswith(".after.pftrace.zst") for name in names)


def test_numbers_are_properties_in_junit_files(run, pytester):
    run("--trn-update").assert_outcomes(passed=1)
    run("--junitxml", "j.xml").assert_outcomes(passed=1)
    found = {item.get("name"): item.get("value") for item in ElementTree.parse(pytester.path / "j.xml").iter("property")}
    entry = json.loads((pytester.path / "test_kernel.trnsim.json").read_text())["entries"]["test_double"]
    assert {name: int(found[name]) for name in entry["metrics"]} == entry["metrics"]


def test_other_arguments_and_hardware_are_not_comparable(run):
    run("--trn-update").assert_outcomes(passed=1)
    rows = run(rows=64)
    rows.assert_outcomes(failed=1)
    rows.stdout.fnmatch_lines(["*not comparable: test_double*", "*float32 ?128, 64? → float32 ?64, 64?*"])
    machine = run(more=", overrides=('dma.bytes_per_cycle=16',)")
    machine.assert_outcomes(failed=1)
    machine.stdout.fnmatch_lines(["*not comparable: test_double*", "*hardware is trn2 dma.bytes_per_cycle=16 instead of trn2*"])


def test_tolerances(run):
    run("--trn-update").assert_outcomes(passed=1)
    more = ", tolerance={'total_time_ps': '+50 % -0', 'vector_engine_instruction_count': '9'}"
    run(steps=3, more=more).assert_outcomes(passed=1)
    run(steps=3, more=", tolerance={'total_time_ps': '50 %'}").assert_outcomes(failed=1)
    unknown = run(more=", tolerance={'total_time': '1'}")
    unknown.assert_outcomes(failed=1)
    unknown.stdout.fnmatch_lines(["*there is no number 'total_time'*"])
    run(more=", tolerance={'total_time_ps': 'fast'}").stdout.fnmatch_lines(["*'fast' is no tolerance*"])


def test_damaged_baselines_are_named(run, pytester):
    (pytester.path / "test_kernel.trnsim.json").write_text("{")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is no baseline*"])
