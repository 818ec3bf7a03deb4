"""Traces of Python kernels and of the tool, read by a decoder that shares nothing with who writes them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl
import trnsim
from perfetto_decoder import Trace, decompressed, has_zstd
from trnsim.core.tool import find_tool

TOOL = find_tool()

zstd = pytest.mark.skipif(not has_zstd(), reason="the program zstd is not installed")
tool = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")


@nki.jit
def double(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for row in nl.affine_range(x.shape[0] // 128):
        tile = nl.ndarray((128, x.shape[1]), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x[row * 128:(row + 1) * 128, :])
        nisa.tensor_scalar(dst=tile, data=tile, op0=nl.multiply, operand0=2.0)
        nisa.dma_copy(dst=out[row * 128:(row + 1) * 128, :], src=tile)
    return out


X = np.ones((512, 256), np.float32)


def read(path: Path) -> Trace:
    return Trace(decompressed(str(path)))


@zstd
def test_a_kernels_trace(tmp_path):
    result = trnsim.simulate(double, X, trace=str(tmp_path / "a.pftrace.zst"))
    trace = read(tmp_path / "a.pftrace.zst")
    names = {name for track, name, *_ in trace.slices if trace.tracks[track].name.startswith("q")}
    assert names == {"load x", "store out"}
    assert trace.rows()[0] in ("Vector", "Scalar") and trace.rows()[-1] == "source lines"
    assert any("test_traces.py:" in name for _, name, *_ in trace.slices)
    assert max(end for *_, end in trace.slices) == round(result.report.json["total_time"] * 1e9)
    limit = 716
    assert 0 < max(trace.counters["HBM Throughput"]) <= limit
    assert all(values[-1] == 0 for values in trace.counters.values())


@zstd
def test_what_a_trace_shows(tmp_path, monkeypatch):
    trnsim.simulate(double, X, trace=str(tmp_path / "a"), trace_flows="none", trace_detail="lean")
    lean = read(tmp_path / "a")
    assert not lean.flow_begins and "source lines" not in lean.rows()
    trnsim.simulate(double, X, trace=str(tmp_path / "b"), trace_window="..2us", trace_flows="critical")
    early = read(tmp_path / "b")
    assert early.slices and all(begin < 2000 for _, _, begin, _ in early.slices)
    assert early.flow_begins
    monkeypatch.setenv("TRNSIM_TRACE", str(tmp_path / "c"))
    monkeypatch.setenv("TRNSIM_TRACE_FLOWS", "none")
    double(X)
    assert not read(tmp_path / "c").flow_begins
    with pytest.raises(trnsim.TrnsimError, match="FROM..TO"):
        trnsim.simulate(double, X, trace=str(tmp_path / "d"), trace_window="soon")
    assert not (tmp_path / "d").exists()


@zstd
def test_several_cores(tmp_path):
    trnsim.simulate(double[2], X, trace=str(tmp_path / "a"))
    trace = read(tmp_path / "a")
    assert trace.sequences == {1, 2}
    groups = [track for track in trace.tracks.values() if track.name.startswith("NeuronCore")]
    assert len(groups) == 1 and groups[0].parent == 1
    assert len({trace.tracks[track].parent for track, *_ in trace.slices}) == 2


@zstd
def test_scripts(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("""import numpy as np, nki, nki.isa as nisa, nki.language as nl
@nki.jit
def copy(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(dst=out, src=x)
    return out
copy(np.ones((128, 64), np.float32))
""")
    package = os.path.dirname(os.path.dirname(trnsim.__file__))
    subprocess.run([sys.executable, "-m", "trnsim", "--trace", "a", "--flows", "critical", "--trace-window", "..1ms", "script.py"],
                   check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": package})
    trace = read(tmp_path / "a")
    assert "copy x to out" in {name for _, name, *_ in trace.slices}
    assert trace.flow_begins


# From this machine alone


@pytest.fixture
def shown(tmp_path) -> Iterator[tuple[int, bytes, subprocess.Popen[str]]]:
    """A server with a trace and a viewer: its port, the trace's packets, its process."""
    trnsim.simulate(double, X, trace=str(tmp_path / "a.pftrace.zst"))
    viewer = tmp_path / "ui"
    (viewer / "v1").mkdir(parents=True)
    (viewer / "index.html").write_text("<title>viewer</title>")
    (viewer / "v1" / "engine.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret").write_text("secret")
    (viewer / "link").symlink_to(tmp_path / "secret")
    assert TOOL is not None
    process = subprocess.Popen([TOOL, "open", "a.pftrace.zst", "--ui", "ui", "--port", "0"], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               # Ctrl-C is ignored by what a shell without job control began in the background.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stdout is not None
    address = process.stdout.readline()
    port = int(address.split(":")[2].split("/")[0])
    assert address == f"http://127.0.0.1:{port}/#!/?url=http://127.0.0.1:{port}/trace.pftrace\n"
    yield port, decompressed(str(tmp_path / "a.pftrace.zst")), process
    if process.poll() is None:
        process.kill()
    process.communicate()


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@zstd
@tool
def test_open_answers(shown):
    port, packets, process = shown
    status, headers, body = get(port, "/trace.pftrace", Origin="https://ui.perfetto.dev")
    assert (status, body) == (200, packets)
    assert headers["Access-Control-Allow-Origin"] == "https://ui.perfetto.dev"
    _, headers, _ = get(port, "/trace.pftrace", Origin="https://elsewhere.example")
    assert "Access-Control-Allow-Origin" not in headers
    status, headers, body = get(port, "/trace.pftrace", "OPTIONS", Origin="https://ui.perfetto.dev")
    assert status == 204 and headers["Access-Control-Allow-Private-Network"] == "true" and not body
    status, headers, body = get(port, "/?openFromAndroidBugTool")
    assert status == 200 and body == b"<title>viewer</title>" and headers["Content-Type"].startswith("text/html")
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, headers, body = get(port, "/v1/engine.wasm", "HEAD")
    assert status == 200 and headers["Content-Type"] == "application/wasm" and headers["Content-Length"] == "4" and not body
    # A connection that says nothing keeps nobody waiting.
    with socket.create_connection(("127.0.0.1", port)):
        assert get(port, "/index.html")[0] == 200
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and errors == "answering until Ctrl-C\n"


@zstd
@tool
@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/v1/..%2f..%2fsecret", "/link", "/v1", "/a.pftrace.zst", "/none",
                                  "/%00", "/%zz"])
def test_open_shows_nothing_else(shown, path):
    status, _, body = get(shown[0], path)
    assert status == 404 and b"secret" not in body


@zstd
@tool
def test_open_is_for_this_machine(shown):
    port = shown[0]
    assert get(port, "/", Host="attacker.example")[0] == 403
    assert get(port, "/", Host=f"localhost:{port}")[0] == 200
    assert get(port, "/", "POST")[0] == 405
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.settimeout(20)
        try:
            raw.sendall(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 9000)
            assert raw.recv(1000) == b""
        except ConnectionError:
            pass
    # Bound to the loopback interface alone.
    with open("/proc/net/tcp", encoding="ascii") as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


@tool
def test_open_pages(tmp_path):
    (tmp_path / "a.html").write_text("<title>page</title>")
    process = subprocess.Popen([str(TOOL), "open", "a.html", "--port", "0"], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().split(":")[2].split("/")[0])
        assert get(port, "/")[2] == b"<title>page</title>"
        assert get(port, "/trace.pftrace")[0] == 404
        # Its port is taken.
        second = subprocess.run([str(TOOL), "open", "a.html", "--port", str(port)], cwd=tmp_path, text=True, capture_output=True)
        assert second.returncode == 1 and "--port 0" in second.stderr
    finally:
        process.kill()
        process.communicate()


@tool
def test_open_says_what_is_missing(tmp_path):
    for arguments, text in ((["none.pftrace.zst"], "check the path"), (["a.pftrace.zst", "--ui", "."], "index.html")):
        (tmp_path / "a.pftrace.zst").write_bytes(b"")
        found = subprocess.run([str(TOOL), "open", *arguments], cwd=tmp_path, text=True, capture_output=True,
                               env={key: value for key, value in os.environ.items() if key != "TRNSIM_PERFETTO_UI"})
        assert found.returncode == 1 and text in found.stderr
