"""The sweep cut into shards on this host: the results are those of `trnsim sweep`, whatever happens on the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sweep_cases as cases

from trnsim import sweeps
from trnsim.cluster import shards
from trnsim.cluster.stores import SqliteStore

pytestmark = pytest.mark.skipif(cases.TOOL is None, reason="the program trnsim is not built")


@pytest.mark.parametrize(("text", "count"), [(cases.GRID, 48), (cases.HALVING, 24 + 6 + 2), (cases.PROGRAMS, 6), (cases.SCRIPT, 6)],
                         ids=["grid", "halving", "programs", "script"])
def test_shards_give_the_same(text, count, tmp_path):
    spec = cases.write(text, tmp_path)
    expected = cases.expected(spec, tmp_path)
    assert len(expected) == count
    store = tmp_path / "parts.sqlite"
    ran = sweeps.sweep(spec, str(store), shards=5)
    assert ran == {48: 5, 32: 5 + 5 + 2, 6: 5}[count], "never more shards than variants of a round"
    assert cases.rows(store) == expected
    assert sweeps.sweep(spec, str(store), shards=5) == 0, "nothing runs twice"


def test_workers_order_instructions_as_they_are_told(tmp_path, monkeypatch):
    spec = cases.write(cases.PROGRAMS, tmp_path)
    told = cases.expected(spec, tmp_path, "--schedule", "compiler")
    assert told != cases.expected(spec, tmp_path), "the order makes a difference"
    monkeypatch.chdir(tmp_path)
    assert sweeps.main([spec, "--store", "parts.sqlite", "--shards", "4", "--schedule", "compiler"]) == 0
    assert cases.rows(tmp_path / "parts.sqlite") == told
    assert sweeps.main([spec, "--store", "parts.sqlite", "--shards", "4"]) == 1, "it is another sweep"


@pytest.mark.parametrize("text", [cases.GRID, cases.HALVING], ids=["grid", "halving"])
def test_an_interrupted_run_goes_on(text, tmp_path):
    spec = cases.write(text, tmp_path)
    expected = cases.expected(spec, tmp_path)
    store = tmp_path / "parts.sqlite"
    total = 5 if text == cases.GRID else 12

    class Stop(Exception):
        pass

    for stop_at in (2, 4):
        def stop(done, count, stop_at=stop_at):
            assert count == total
            if done == stop_at:
                raise Stop

        with pytest.raises(Stop):
            sweeps.sweep(spec, str(store), shards=5, progress=stop)
    with open(f"{store}.shards", "a") as journal:
        journal.write("5")  # a line that was cut off
    assert sweeps.sweep(spec, str(store), shards=5) == total - 4
    assert cases.rows(store) == expected


def test_a_shard_that_comes_twice_counts_once(tmp_path):
    """As after the end of a driver between the merge and its line in the journal."""
    spec = cases.write(cases.GRID, tmp_path)
    store = SqliteStore(str(tmp_path / "parts.sqlite"), cases.TOOL)
    store.open(spec)
    content = shards.run_shard(shards.Round(shards.Work.pack(spec), 0, 5), 2, cases.TOOL)
    store.add(0, 2, 5, content)
    once = cases.rows(tmp_path / "parts.sqlite")
    store.add(0, 2, 5, content)
    assert cases.rows(tmp_path / "parts.sqlite") == once
    assert len(once) == 10


def test_rounds_wait_for_the_one_before(tmp_path):
    spec = cases.write(cases.HALVING, tmp_path)

    def sweep(*options):
        return subprocess.run([cases.TOOL, "sweep", spec, "--store", str(tmp_path / "p.sqlite"), *options],
                              capture_output=True, text=True, check=False)

    assert sweep("--round", "0", "--shard", "1/2").returncode == 0
    early = sweep("--round", "1", "--shard", "1/2")
    assert early.returncode == 1
    assert "has 12 of 24 results of round 0" in early.stderr
    assert "there is no round 3" in sweep("--round", "3").stderr
    assert "halving cannot be split" in sweep("--shard", "1/2").stderr
    assert sweep("--round", "0", "--shard", "2/2").returncode == 0
    assert sweep("--round", "1", "--shard", "1/2").returncode == 0


def test_errors_say_what_to_do(tmp_path, capsys):
    spec = tmp_path / "bad.yaml"
    spec.write_text("kernel: matmull\n")
    with pytest.raises(sweeps.SweepError, match="there is no kernel 'matmull'"):
        sweeps.sweep(str(spec), str(tmp_path / "s.sqlite"), shards=2)
    assert sweeps.main([str(tmp_path / "none.yaml")]) == 1
    spec.write_text(f"program: {tmp_path}/p.trn\n")
    subprocess.run([cases.TOOL, "emit", "softmax", "-o", str(tmp_path / "p.trn")], check=True)
    with pytest.raises(sweeps.SweepError, match="cannot be sent to workers"):
        sweeps.sweep(str(spec), str(tmp_path / "s.sqlite"))
    with pytest.raises(sweeps.SweepError, match="there is no store 'mysql://"):
        sweeps.sweep(str(spec), "mysql://host/db")
    assert sweeps.shown("postgresql://me:secret@host/db") == "postgresql://host/db"


def test_other_sweeps_are_refused(tmp_path):
    spec = cases.write(cases.GRID, tmp_path)
    store = tmp_path / "s.sqlite"
    sweeps.sweep(spec, str(store), shards=2)
    Path(spec).write_text(cases.GRID.replace("k: 128", "k: 256"))
    with pytest.raises(sweeps.SweepError, match="holds results of another sweep: sweep differ"):
        sweeps.sweep(spec, str(store), shards=2)


def test_ray_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(sweeps.SweepError, match="Ray is not installed\n  help: pip install ray"):
        sweeps.sweep(cases.write(cases.GRID, tmp_path), str(tmp_path / "s.sqlite"), executor="ray")
