"""Entries of suites and sweeps that end their process: they are reported, and nothing else is lost."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sweep_cases as cases

import trnsim
from trnsim import sweeps
from trnsim.cluster import shards

pytestmark = pytest.mark.skipif(cases.TOOL is None, reason="the program trnsim is not built")

#: A kernel that ends the process that asked for it, at one of its values.
KERNEL = """
import os, signal
import nki, nki.isa as nisa, nki.language as nl

@nki.jit
def scaled(x, tile):
    if tile == 256:
        os.kill(os.getppid(), signal.{signal})
        signal.pause()
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for at in range(0, x.shape[1], tile):
        t = nl.load(x[:, at : at + tile])
        nl.store(out[:, at : at + tile], t)
    return out
"""

ENTRY = """script: k.py
kernel: scaled
inputs: {x: "float32 [64, 512]"}
parameters: {tile: [64, 128, 256, 512]}
"""


def tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    environment.pop("CI", None)
    return subprocess.run([str(cases.TOOL), *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment)


@pytest.mark.parametrize(("signal", "told"), [("SIGSEGV", "was ended by SIGSEGV (signal 11) while its program was"),
                                              ("SIGKILL", "was ended by SIGKILL (signal 9) twice, as for want of memory")])
def test_what_dies_is_told_and_the_rest_is_kept(signal, told, tmp_path):
    (tmp_path / "k.py").write_text(KERNEL.replace("{signal}", signal))
    (tmp_path / "suite.yaml").write_text("entries:\n  - " + ENTRY.replace("\n", "\n    ").strip() + "\n")
    check = tool(tmp_path, "check", "suite.yaml", "--json", "-")
    assert check.returncode == 2, check.stderr
    verdicts = {entry["name"]: entry for entry in json.loads(check.stdout)["entries"]}
    assert len(verdicts) == 4
    for name, entry in verdicts.items():
        assert (entry["verdict"] == "failed") == ("256" in name), entry
        assert (told in entry["reasons"][0]) == ("256" in name), entry

    (tmp_path / "sweep.yaml").write_text(ENTRY)
    sweep = tool(tmp_path, "sweep", "sweep.yaml")
    assert sweep.returncode == 0, sweep.stderr
    assert told in sweep.stderr
    status = {json.loads(row[3])["tile"]: row[4] for row in cases.rows(tmp_path / "sweep.sqlite")}
    assert status.pop("256") == "died"
    assert set(status.values()) == {"measured"} and len(status) == 3


def test_a_shard_that_dies_leaves_the_others(tmp_path, capsys, monkeypatch):
    """The program itself is killed in one shard, each time: the others are merged, and the next run has it done."""
    spec = cases.write(cases.GRID, tmp_path)
    expected = cases.expected(spec, tmp_path)
    dying = tmp_path / "trnsim"
    tries = tmp_path / "tries"
    dying.write_text(f"""#!/bin/sh
case "$*" in *"--shard 2/5"*) echo x >> {tries}; kill -KILL $$ ;; esac
exec {cases.TOOL} "$@"
""")
    dying.chmod(dying.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sweeps, "find_tool", lambda: str(dying))
    store = tmp_path / "parts.sqlite"
    assert sweeps.main([spec, "--store", str(store), "--shards", "5"]) == 1
    assert "shard 2/5 was ended by SIGKILL" in capsys.readouterr().err
    assert tries.read_text() == "x\n" * shards.TRIES
    assert len(cases.rows(store)) == 38
    monkeypatch.setattr(sweeps, "find_tool", lambda: cases.TOOL)
    assert sweeps.sweep(spec, str(store), shards=5) == 1, "only that one is missing"
    assert cases.rows(store) == expected
