"""Kernels of Python scripts in the suites of `trnsim check`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()

pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")

SCRIPT = """
import nki, nki.isa as nisa, nki.language as nl

print("scripts may print")

@nki.jit
def scaled(x, factor=2.0, steps=1):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    for _ in range(steps):
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=factor)
    nl.store(out, tile)
    return out

def called(x):
    # Values are not computed: they have shape and type alone.
    assert scaled(x, steps=3).shape == x.shape

def twice(x):
    return scaled(x), scaled(x)

def nothing(x):
    return x

def wrong(x):
    return scaled(x, steps="many")

if __name__ == "__main__":
    raise SystemExit("a suite does not run this")
"""

SUITE = """
entries:
  - script: ../kernels/k.py
    kernel: scaled
    inputs: {x: "float32 [rows, 64]"}
    sizes: {rows: [128, 1]}
    parameters: {factor: 3.0}
  - {script: ../kernels/k.py, kernel: called, inputs: {x: "bfloat16 [8, 64]"}, hardware: trn1}
  - {kernel: softmax, parameters: {tokens: 1}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kernels").mkdir()
    (tmp_path / "suites").mkdir()
    (tmp_path / "kernels" / "k.py").write_text(SCRIPT)
    (tmp_path / "suites" / "s.yaml").write_text(SUITE)
    return tmp_path


def run(folder: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items()
                   if name != "CI" and not name.startswith(("GITHUB_", "TRNSIM_"))}
    environment |= {"TRNSIM_PYTHON": python, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    return subprocess.run([TOOL, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def check(folder: Path, *options: str) -> tuple[int, dict]:
    done = run(folder, "check", "suites/s.yaml", "--json", "-", *options)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    return done.returncode, {entry["name"]: entry for entry in found["entries"]}


def test_numbers_are_accepted_and_gate(folder):
    accepted = run(folder, "update", "suites/s.yaml", "--reason", "first")
    assert accepted.returncode == 0, accepted.stderr
    code, entries = check(folder, "--strict")
    assert code == 0
    assert set(entries) == {"scaled factor=3.0 rows=128", "scaled factor=3.0 rows=1", "called on trn1",
                            "softmax tokens=1"}
    # The numbers are those of the kernel called in Python.
    import runpy

    names = runpy.run_path(str(folder / "kernels" / "k.py"))
    alone = trnsim.simulate(names["scaled"], np.ones((128, 64), np.float32), factor=3.0, mode="timing").report
    assert entries["scaled factor=3.0 rows=128"]["now"]["total_time_ps"] == round(alone.seconds * 1e12)
    baseline = json.loads((folder / "suites" / "s.baseline.json").read_text())["entries"]
    assert baseline["scaled factor=3.0 rows=1"]["subject"] == "../kernels/k.py:scaled"
    assert baseline["scaled factor=3.0 rows=1"]["parameters"] == {
        "factor": "3.0", "rows": "1", "input x": "float32 [1, 64]"}
    # The same from another directory: nothing depends on where one stands.
    assert run(folder / "suites", "check", "s.yaml", "--strict").returncode == 0
    # One instruction more is caught, and its line is named.
    (folder / "kernels" / "k.py").write_text(SCRIPT.replace("range(steps)", "range(steps + 1)"))
    code, entries = check(folder)
    assert code == 2
    slower = entries["scaled factor=3.0 rows=128"]
    assert slower["verdict"] == "worse"
    assert slower["reasons"][0].startswith("1 instruction added, first + Scalar tensor_scalar")
    assert slower["place"].endswith("kernels/k.py:11")
    assert entries["softmax tokens=1"]["verdict"] == "same"
    # Another argument is another kernel.
    (folder / "kernels" / "k.py").write_text(SCRIPT)
    (folder / "suites" / "s.yaml").write_text(SUITE.replace("scaled\n", "scaled\n    name: scaled factor=3.0\n")
                                              .replace("factor: 3.0", "factor: 4.0"))
    code, entries = check(folder)
    assert code == 3
    assert entries["scaled factor=3.0 rows=1"]["reasons"][0] == "parameter changed: factor 3.0 → 4.0"


@pytest.mark.parametrize(("function", "reason"), [
    ("twice", "called 2 kernels, an entry has the time of one"),
    ("nothing", "called no kernel"),
    ("scald", "has no function 'scald' (its kernels are scaled)"),
    ("wrong", "TypeError: "),
    ("scaled, inputs: {y: 'float32 [1, 64]'}", "unexpected keyword argument 'y'"),
])
def test_entries_that_do_not_run_say_why(folder, function, reason):
    if "inputs" not in function:
        function += ", inputs: {x: 'float32 [1, 64]'}"
    (folder / "suites" / "s.yaml").write_text(
        f"entries:\n  - {{name: bad, script: ../kernels/k.py, kernel: {function}}}\n"
        "  - {name: good, kernel: softmax, parameters: {tokens: 1}}\n")
    code, entries = check(folder)
    assert code == 2
    assert entries["bad"]["verdict"] == "failed"
    assert reason in entries["bad"]["reasons"][0]
    assert entries["good"]["verdict"] == "incomparable", "others run"
    refused = run(folder, "update", "suites/s.yaml")
    assert refused.returncode == 1
    assert "'bad' does not run" in refused.stderr


@pytest.mark.parametrize(("script", "reason"), [
    ("import none_such\n", "ModuleNotFoundError: No module named 'none_such' at kernels/k.py:1"),
    ("def f(:\n", "SyntaxError"),
    ("import sys\nsys.exit(3)\n", "ends Python (3) when it is loaded"),
])
def test_scripts_that_do_not_load_say_why(folder, script, reason):
    (folder / "kernels" / "k.py").write_text(script)
    code, entries = check(folder)
    assert code == 2
    assert reason in entries["called on trn1"]["reasons"][0]
    assert entries["softmax tokens=1"]["verdict"] == "incomparable", "others run"


def test_without_python_nothing_is_checked(folder):
    done = run(folder, "check", "suites/s.yaml", python="/none/python3")
    assert done.returncode == 1
    assert "cannot start '/none/python3'" in done.stderr
    assert "name it with TRNSIM_PYTHON" in done.stderr
    (folder / "python").write_text("#!/bin/sh\necho \"No module named 'numpy'\" >&2; exit 1\n")
    (folder / "python").chmod(0o755)
    done = run(folder, "check", "suites/s.yaml", python=str(folder / "python"))
    assert done.returncode == 1
    assert "No module named 'numpy'\n  help: it needs numpy, ml_dtypes and" in done.stderr
    # What has no scripts needs no Python.
    assert run(folder, "check", "suites/s.yaml", "--only", "softmax*", python="/none").returncode == 3


def test_entries_may_differ_in_a_shape_alone(folder):
    (folder / "suites" / "s.yaml").write_text("entries:\n" + "".join(
        f"  - {{name: n{rows}, script: ../kernels/k.py, kernel: scaled, inputs: {{x: 'float32 [{rows}, 64]'}}}}\n"
        for rows in (1, 128)))
    _, entries = check(folder)
    assert entries["n128"]["now"]["hbm_read_bytes"] == 128 * entries["n1"]["now"]["hbm_read_bytes"]


ORDERED = """
import neuronxcc.nki as nki, neuronxcc.nki.language as nl

@nki.jit
def squared(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in nl.affine_range(4):
        tile = nl.load(x[:, i * 64:(i + 1) * 64])
        nl.store(out[:, i * 64:(i + 1) * 64], nl.multiply(tile, tile))
    return out
"""


def test_entries_say_whose_order(folder):
    """Kernels of the first API generation have the compiler's order, unless the entry or the command says otherwise."""
    (folder / "kernels" / "k.py").write_text(ORDERED)
    entry = "  - {script: ../kernels/k.py, kernel: squared, inputs: {x: 'float32 [128, 256]'}%s}\n"
    (folder / "suites" / "s.yaml").write_text("entries:\n" + entry % "" + entry % ", schedule: [program, compiler]")
    assert run(folder, "update", "suites/s.yaml").returncode == 0
    baseline = json.loads((folder / "suites" / "s.baseline.json").read_text())["entries"]
    programs = {name: found["program"] for name, found in baseline.items()}
    assert programs["squared"] == programs["squared schedule=compiler"] != programs["squared schedule=program"]
    moved = {name: found["metrics"]["dma_transfer_count"] for name, found in baseline.items()}
    assert moved == {"squared": 2, "squared schedule=compiler": 2, "squared schedule=program": 8}
    assert "schedule" not in baseline["squared"] and baseline["squared schedule=program"]["schedule"] == "program"
    code, entries = check(folder, "--schedule", "program")
    assert code == 3
    assert "schedule is program instead of (none)" in entries["squared"]["reasons"]
    assert entries["squared"]["now"] == entries["squared schedule=program"]["now"]
    assert entries["squared schedule=compiler"]["verdict"] == "same"


def test_kernels_on_two_cores_have_the_time_of_the_one_that_ends_last(folder):
    """Both do all of the work here, on half of the memory's bandwidth."""
    (folder / "kernels" / "k.py").write_text(SCRIPT + "\n\ndef both(x):\n    return scaled[2](x)\n")
    (folder / "suites" / "s.yaml").write_text(
        "entries:\n  - {script: ../kernels/k.py, kernel: [scaled, both], inputs: {x: 'float32 [8, 64]'}}\n")
    code, entries = check(folder)
    assert code == 3
    # Two cores cannot be faster at the same work, and share the memory's bandwidth.
    one, two = (entries[name]["now"]["total_time_ps"] for name in ("scaled", "both"))
    assert one <= two < 1.5 * one


def test_without_scripts_no_python_runs(folder):
    assert run(folder, "update", "suites/s.yaml").returncode == 0
    (folder / "kernels" / "k.py").write_text("raise SystemExit('somebody ran this')")
    result = run(folder, "check", "suites/s.yaml", "--no-scripts", "--junit", "j.xml", python="/nowhere/python")
    assert result.returncode == 0, result.stderr
    assert "left out: 3 of Python scripts, which were not run" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 passed, 0 failed, 3 left out"
    assert (folder / "j.xml").read_text().count("<skipped/>") == 3


def test_an_update_without_scripts_keeps_their_numbers(folder):
    assert run(folder, "update", "suites/s.yaml").returncode == 0
    path = folder / "suites" / "s.baseline.json"
    before = json.loads(path.read_text())["entries"]
    kept = sorted((folder / "suites" / "s.baseline").iterdir())
    (folder / "kernels" / "k.py").write_text("raise SystemExit('somebody ran this')")
    (folder / "suites" / "s.yaml").write_text(SUITE.replace("softmax, parameters: {tokens: 1}", "softmax, parameters: {tokens: 2}"))
    result = run(folder, "update", "suites/s.yaml", "--no-scripts", python="/nowhere/python")
    assert result.returncode == 0, result.stderr
    after = json.loads(path.read_text())["entries"]
    assert "softmax tokens=2" in after and "softmax tokens=1" not in after
    scripts = {name for name in before if not name.startswith("softmax")}
    assert len(scripts) == 3 and all(after[name] == before[name] for name in scripts)
    programs = {entry["program"] for entry in before.values() if entry["subject"] != "softmax"}
    assert all(folder / "suites" / "s.baseline" / f"{digest}.trn.zst" in kept for digest in programs)
    assert {path.name for path in (folder / "suites" / "s.baseline").iterdir()} == {
        f"{entry['program']}.trn.zst" for entry in after.values()}


SEVERAL = """
suite: cores
entries:
  - {kernel: parallel_matmul, name: both, parameters: {tp: 1, lnc: 2, m: 128, k: 128, n: 128}}
"""


def test_every_cores_program_is_kept(folder):
    (folder / "suites" / "s.yaml").write_text(SEVERAL)
    assert run(folder, "update", "suites/s.yaml").returncode == 0
    path = folder / "suites" / "s.baseline.json"
    entry = json.loads(path.read_text())["entries"]["both"]
    assert len(entry["cores"]) == 2 and entry["program"] in entry["cores"]
    files = {path.name for path in (folder / "suites" / "s.baseline").iterdir()}
    assert files == {f"{digest}.trn.zst" for digest in entry["cores"]}
    # What moved is shown with the traces of all cores, before and after.
    (folder / "suites" / "s.yaml").write_text(SEVERAL.replace("n: 128", "n: 256"))
    result = run(folder, "check", "suites/s.yaml", "--output-dir", "out")
    assert result.returncode == 3, result.stdout
    assert {name.name for name in (folder / "out").iterdir()} == {
        "report.md", "both.diff.md", "both.before.pftrace.zst", "both.after.pftrace.zst"}
    # A baseline of before knows the slowest core's program alone, and still is the same.
    whole = json.loads(path.read_text())
    del whole["entries"]["both"]["cores"]
    path.write_text(json.dumps(whole))
    (folder / "suites" / "s.yaml").write_text(SEVERAL)
    assert run(folder, "check", "suites/s.yaml").returncode == 0
