"""The sweep on a Ray cluster of several worker processes, one of which is killed midway."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import sweep_cases as cases

from trnsim import sweeps
from trnsim.cluster import shards

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install ray")

pytestmark = pytest.mark.skipif(cases.TOOL is None, reason="the program trnsim is not built")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """Three workers that find the package and these tests."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(sweeps.__file__).resolve().parents[1]), str(Path(__file__).parent), before or ""])
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.mark.parametrize("text", [cases.GRID, cases.HALVING, cases.PROGRAMS, cases.SCRIPT],
                         ids=["grid", "halving", "programs", "script"])
def test_a_killed_worker_changes_nothing(text, tmp_path, monkeypatch):
    spec = cases.write(text, tmp_path)
    expected = cases.expected(spec, tmp_path)
    store = tmp_path / "ray.sqlite"
    killed = str(tmp_path / "killed")
    whole = shards.run_shard

    def kill_once(turn, shard, tool=None):
        # The first worker that gets the second shard of the last round is killed midway.
        found = whole(turn, shard, tool)
        if shard == 2 and turn.number == (2 if turn.previous else 0) and not os.path.exists(killed):
            Path(killed).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    monkeypatch.setattr(shards, "run_shard", kill_once)
    sweeps.sweep(spec, str(store), executor="ray", shards=6, tool=cases.TOOL)
    assert os.path.exists(killed), "a worker was killed"
    assert cases.rows(store) == expected
    assert sweeps.sweep(spec, str(store), executor="ray", shards=6, tool=cases.TOOL) == 0


def test_a_shard_that_fails_says_why(tmp_path):
    spec = cases.write(cases.GRID, tmp_path)
    with pytest.raises(sweeps.SweepError, match="shard .* ended with"):
        sweeps.sweep(spec, str(tmp_path / "s.sqlite"), executor="ray", shards=2, tool="/bin/false")
