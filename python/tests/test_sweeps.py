"""The sweep on several processes; on a Ray cluster of several workers, one of which is killed, if Ray is there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from trnsim import sweeps
from trnsim.core.cli import find_tool

TOOL = find_tool()
SPEC = """
kernel: matmul
parameters: {m: 128, k: 128, n: 512, tile_m: [32, 64, 128], tile_n: [128, 256, 512, 1024], buffers: 1..4}
"""

pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")


@pytest.fixture
def whole(tmp_path: Path) -> tuple[str, list]:
    """A spec, and the results of `trnsim sweep` without shards."""
    spec = tmp_path / "tiles.yaml"
    spec.write_text(SPEC)
    store = tmp_path / "whole.sqlite"
    subprocess.run([TOOL, "sweep", str(spec), "--store", str(store)], check=True, capture_output=True)
    return str(spec), rows(store)


def rows(store: Path) -> list:
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT * FROM result ORDER BY rung, id").fetchall()
    finally:
        connection.close()


def test_shards_give_the_same(whole, tmp_path):
    spec, expected = whole
    store = tmp_path / "parts.sqlite"
    assert sweeps.sweep(spec, str(store), shards=5) == 5
    assert rows(store) == expected
    assert len(expected) == 48
    assert sweeps.sweep(spec, str(store), shards=5) == 0, "nothing runs twice"


def test_an_interrupted_run_goes_on(whole, tmp_path):
    spec, expected = whole
    store = tmp_path / "parts.sqlite"

    class Stop(Exception):
        pass

    def stop(done, count):
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        sweeps.sweep(spec, str(store), shards=5, progress=stop)
    with open(f"{store}.shards", "a") as journal:
        journal.write("4")  # a line that was cut off
    assert sweeps.sweep(spec, str(store), shards=5) == 3
    assert rows(store) == expected


def test_errors_say_what_to_do(tmp_path):
    spec = tmp_path / "bad.yaml"
    spec.write_text("kernel: matmull\n")
    with pytest.raises(sweeps.SweepError, match="there is no kernel 'matmull'"):
        sweeps.sweep(str(spec), str(tmp_path / "s.sqlite"), shards=2)
    assert sweeps.main([str(tmp_path / "none.yaml")]) == 1


def test_ray_with_a_killed_worker(whole, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    import ray

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(
        [str(Path(sweeps.__file__).resolve().parents[1]), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        spec, expected = whole
        store = tmp_path / "ray.sqlite"
        marker = tmp_path / "killed"
        dead = str(marker)

        def kill_once(text, shard, count, tool=None):
            # The first worker that gets the second shard is killed midway.
            if shard == 2 and not os.path.exists(dead):
                Path(dead).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return sweeps.run_shard(text, shard, count, tool)

        monkeypatch.setattr(sweeps, "run_shard", kill_once)
        assert sweeps.sweep(spec, str(store), executor="ray", shards=6, tool=TOOL) == 6
        assert marker.exists(), "a worker was killed"
        assert rows(store) == expected
    finally:
        ray.shutdown()
