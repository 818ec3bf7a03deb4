"""`trnsim mcp`: the protocol's lines, where the package `mcp` is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trnsim
from trnsim import agents

KERNEL = """import nki
import nki.isa as nisa
import nki.language as nl

@nki.jit
def doubled(x):
    tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out
"""


def test_without_the_package_a_remedy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("mcp.server.mcpserver", "mcp.server.fastmcp"):
        monkeypatch.setitem(sys.modules, name, None)
    assert agents.main() == 1
    assert capsys.readouterr().err == ("error: trnsim mcp needs the package mcp, which is not installed\n  help: pip install mcp\n")


def test_the_protocol(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    (tmp_path / "reference.py").write_text("def twice(x):\n    return 2 * x\n")
    sources = os.path.dirname(os.path.dirname(trnsim.__file__))
    process = subprocess.Popen([sys.executable, "-m", "trnsim.agents", "--reference", "reference.py:twice", "--workers", "1"],
                               cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": sources})
    assert process.stdin is not None and process.stdout is not None
    numbers = iter(range(1, 100))

    def call(method: str, **parameters: Any) -> dict[str, Any]:
        number = next(numbers)
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n")
        process.stdin.flush()
        while True:
            message: dict[str, Any] = json.loads(process.stdout.readline())
            if message.get("id") == number:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found

    def evaluated(**arguments: Any) -> dict[str, Any]:
        result = call("tools/call", name="evaluate", arguments=arguments)
        assert not result.get("isError"), result
        found: dict[str, Any] = json.loads(result["content"][0]["text"])
        return found

    try:
        started = call("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"})
        assert started["serverInfo"]["name"] == "trnsim" and "Trainium" in started["instructions"]
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n")
        tools = call("tools/list")["tools"]
        assert [tool["name"] for tool in tools] == ["evaluate"]
        assert set(tools[0]["inputSchema"]["properties"]) >= {"source", "kernel", "reference", "inputs", "rules"}
        answer = evaluated(source=KERNEL, inputs={"x": "float32[128, 64]"})
        assert answer["correct"] is True and answer["time_us"] > 0 and answer["source"]["file"] == "candidate.py"
        crashed = evaluated(source=KERNEL.replace("    return out", "    import os; os._exit(1)"), inputs={"x": "float32[128, 64]"})
        assert crashed["failure"]["kind"] == "exit"
        assert evaluated(source=KERNEL.replace("2.0", "3.0"), inputs={"x": "float32[128, 64]"})["correct"] is False
    finally:
        process.stdin.close()
        process.wait(20)
