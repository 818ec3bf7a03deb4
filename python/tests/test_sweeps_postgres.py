"""The sweep into PostgreSQL: a server of its own on the loopback interface, in a temporary directory."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import sweep_cases as cases

from trnsim import sweeps
from trnsim.cluster import shards
from trnsim.cluster.stores import PostgresStore

pytestmark = pytest.mark.skipif(cases.TOOL is None, reason="the program trnsim is not built")


def _server_program(name: str) -> str | None:
    """A program of the server, which Debian keeps out of PATH."""
    found = [shutil.which(name), *sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)]
    return next((path for path in found if path), None)


@pytest.fixture(scope="module")
def server():
    """Its URL without a database."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")
    initdb, postgres = _server_program("initdb"), _server_program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("there is no PostgreSQL server here (Debian: apt-get install postgresql)")
    # The server does not run as root.
    user = None
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("the server does not run as root, and there is no user 'postgres'")
    owner = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    folder = tempfile.mkdtemp(prefix="trnsim-postgres-")
    process = None
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        made = subprocess.run([initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "trnsim", "--no-sync"],
                              capture_output=True, text=True, check=False, cwd=folder, **owner)
        assert made.returncode == 0, made.stderr
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen([postgres, "-D", f"{folder}/data", "-k", folder, "-p", str(port), "-F",
                                        "-c", "listen_addresses=127.0.0.1"], stderr=log, cwd=folder, **owner)
        url = f"postgresql://trnsim@127.0.0.1:{port}"
        for _ in range(300):
            try:
                psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None, Path(f"{folder}/log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server, request):
    """The URL of an empty database."""
    import psycopg

    name = "".join(c if c.isalnum() else "_" for c in request.node.name).lower()[:60]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def rows(url: str) -> list:
    import psycopg

    with psycopg.connect(url) as connection:
        return connection.execute("SELECT * FROM result ORDER BY rung, id").fetchall()


@pytest.mark.parametrize("text", [cases.GRID, cases.HALVING, cases.PROGRAMS], ids=["grid", "halving", "programs"])
def test_results_are_those_of_sqlite(text, tmp_path, database):
    spec = cases.write(text, tmp_path)
    expected = cases.expected(spec, tmp_path)
    assert sweeps.sweep(spec, database, shards=5) > 0
    assert rows(database) == expected
    assert sweeps.sweep(spec, database, shards=5) == 0, "nothing runs twice"


def test_a_killed_driver_loses_and_doubles_nothing(tmp_path, database):
    spec = cases.write(cases.HALVING, tmp_path)
    expected = cases.expected(spec, tmp_path)
    environment = os.environ | {"PYTHONPATH": str(Path(sweeps.__file__).resolve().parents[1]), "TRNSIM": cases.TOOL}
    command = [sys.executable, "-m", "trnsim.sweeps", spec, "--store", database, "--shards", "6"]
    begin = time.monotonic()
    for fraction in (0.3, 0.6, 0.9):
        driver = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(fraction)
        driver.kill()
        driver.wait()
    assert time.monotonic() - begin < 60
    assert sweeps.main(command[3:]) == 0
    assert rows(database) == expected


def test_a_shard_that_comes_twice_counts_once(tmp_path, database):
    import psycopg

    spec = cases.write(cases.GRID, tmp_path)
    # Two drivers that know nothing of each other.
    first, second = PostgresStore(database, cases.TOOL), PostgresStore(database, cases.TOOL)
    first.open(spec)
    second.open(spec)
    content = shards.run_shard(shards.Round(shards.Work.pack(spec), 0, 5), 2, cases.TOOL)
    first.add(0, 2, 5, content)
    once = rows(database)
    second.add(0, 2, 5, content)
    assert rows(database) == once
    assert first.done(0, 5) == second.done(0, 5) == {2}
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE result SET total_time_ps = total_time_ps + 1 WHERE id = (SELECT min(id) FROM result)")
    with pytest.raises(sweeps.SweepError, match="has another result for 'matmul "):
        first.add(0, 2, 5, content)
    assert len(rows(database)) == len(once)


def test_other_sweeps_are_refused(tmp_path, database):
    spec = cases.write(cases.GRID, tmp_path)
    sweeps.sweep(spec, database, shards=2)
    Path(spec).write_text(cases.GRID.replace("k: 128", "k: 256"))
    with pytest.raises(sweeps.SweepError, match="holds results of another sweep: sweep differ"):
        sweeps.sweep(spec, database, shards=2)
    # A schema is a store of its own.
    import psycopg

    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA other")
    assert sweeps.sweep(spec, f"{database}?options=-csearch_path%3Dother", shards=2) == 2


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    spec = cases.write(cases.GRID, tmp_path)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(sweeps.SweepError, match=r"needs psycopg\n  help: pip install 'psycopg\[binary\]'"):
            sweeps.sweep(spec, "postgresql://host/db")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")
    with pytest.raises(sweeps.SweepError, match="check the URL and the server"):
        sweeps.sweep(spec, "postgresql://me:secret@127.0.0.1:1/none")
    with pytest.raises(sweeps.SweepError) as caught:
        sweeps.sweep(spec, "postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
